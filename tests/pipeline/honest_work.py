"""What honest notebooks do besides answering: each a cell, with what must be seen of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A cell, and text that its outputs must hold. `after` cells that came before it in the same notebook may be used."""

    source: str
    shown: str = "fait"


FIGURES = {
    "inline": Work("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('é')\nplt.show()", "image/png"),
    "figure-without-show": Work("fig, ax = plt.subplots()\nax.bar(['a', 'b'], [1, 2]);\n", "image/png"),
    "imshow-with-text": Work(
        "plt.figure(figsize=(8, 8))\nplt.imshow(torch.rand(27, 27), cmap='Blues')\nfor i in range(27):\n    for j in range(27):\n        plt.text(j, i, 'ab', ha='center', fontsize=5)\nplt.axis('off')\nplt.show()",
        "image/png",
    ),
    "savefig": Work("import os\nplt.plot([1, 2])\nplt.savefig('courbe.png'); plt.savefig('courbe.pdf'); plt.savefig('courbe.svg')\nplt.close()\nassert os.path.getsize('courbe.png') > 1000\nprint('fait')"),
    "many-figures": Work("for n in range(25):\n    plt.figure()\n    plt.plot([n, 1])\nplt.show()", "image/png"),
    "animated-bar": Work("from IPython.display import clear_output\nfor n in range(5):\n    clear_output(wait=True)\n    print('étape', n)", "étape 4"),
    "notebook-backend": Work("%config InlineBackend.figure_format = 'retina'\nplt.plot([1, 2]); plt.show()", "image/png"),
    "pandas-plot": Work("import pandas as pd\npd.DataFrame({'a': [1, 2, 3]}).plot()\nplt.show()", "image/png"),
    "latex": Work("from IPython.display import Latex, Markdown, Math\ndisplay(Math(r'\\frac{a}{b}'), Markdown('**gras**'), Latex('$x$'))", "gras"),
    "image": Work("from IPython.display import Image\nImage('courbe.png')", "image/png"),
    "frame": Work("df = pd.DataFrame({'lettre': list('abc'), 'n': [1, 2, 3]})\ndf", "<table"),
    "describe": Work("display(df.describe(), df.head()); df.to_csv('t.csv', index=False); pd.read_csv('t.csv').groupby('lettre').n.sum()", "lettre"),
    "styled": Work("df.to_html()[:20] and display(df)", "<table"),
    "histogram": Work("plt.hist(torch.randn(1000).numpy(), bins=50)\nplt.legend(['a']); plt.tight_layout(); plt.show()", "image/png"),
}  # fmt: skip

PROCESSES = {
    "threads": Work("import threading\nfound = []\nts = [threading.Thread(target=found.append, args=(n,)) for n in range(8)]\n[t.start() for t in ts]; [t.join() for t in ts]\nassert sorted(found) == list(range(8))\nprint('fait')"),
    "thread-pool": Work("from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n    print(sum(pool.map(lambda x: x * x, range(100))), 'fait')"),
    "torch-threads": Work("torch.set_num_threads(2)\nx = torch.randn(400, 400)\nfor _ in range(5):\n    x = torch.tanh(x @ x)\ntorch.set_num_threads(1)\nprint('fait')"),
    "data-loader": Work("from torch.utils.data import DataLoader, TensorDataset\ndata = TensorDataset(torch.arange(100.0))\nprint(sum(len(b[0]) for b in DataLoader(data, batch_size=8, shuffle=True)), 'fait')", "100 fait"),
    "data-loader-workers": Work("loader = DataLoader(data, batch_size=8, num_workers=2)\nprint(sum(float(b[0].sum()) for b in loader), 'fait')", "4950.0 fait"),
    "data-loader-workers-again": Work("print(sum(len(b[0]) for _ in range(2) for b in DataLoader(data, batch_size=16, num_workers=4, persistent_workers=True)), 'fait')", "200 fait"),
    "own-dataset": Work("class Pairs(torch.utils.data.Dataset):\n    def __len__(self): return 40\n    def __getitem__(self, i): return torch.tensor([i, i + 1]), i\nprint(sum(int(y.sum()) for x, y in DataLoader(Pairs(), batch_size=4, num_workers=2)), 'fait')", "780 fait"),
    "shell": Work("!ls\n!echo fait", "selfcheck.py"),
    "shell-capture": Work("files = !ls *.py\nprint(files, 'fait')", "selfcheck.py"),
    "shell-that-leaves-something-running": Work("!sleep 1000 & echo fait"),
    "shell-variable": Work("name = 'fait'\n!echo {name} $name", "fait fait"),
    "bash-cell": Work("%%bash\nfor i in 1 2; do echo ligne $i; done", "ligne 2"),
    "run": Work("import subprocess\nprint(subprocess.run(['ls', '-a'], capture_output=True, text=True, check=True).stdout)", "selfcheck.py"),
    "run-python": Work("import sys\nprint(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout)", "42"),
    "run-inherits-stdout": Work("subprocess.run(['echo', 'directement'])\nimport os; os.system('echo aussi')", "directement"),
    "pip-list": Work("!pip list 2>/dev/null", "torch"),
    "pip-list-magic": Work("%pip list", "numpy"),
    "pip-install-fails-quietly": Work("!pip install --quiet --no-input nothing-of-that-name-9z || echo fait"),
    "nvidia-smi": Work("!nvidia-smi\nprint(torch.cuda.is_available(), 'fait')"),
    "pool": Work("import multiprocessing as mp\ndef square(x):\n    return x * x\nwith mp.Pool(2) as pool:\n    print(pool.map(square, range(5)), 'fait')", "16] fait"),
    "spawn": Work("with mp.get_context('spawn').Pool(1) as pool:\n    print(pool.map(abs, [-1, -2]), 'fait')", "[1, 2] fait"),
    "process-pool": Work("from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(2) as pool:\n    print(list(pool.map(square, [3, 4])), 'fait')", "[9, 16] fait"),
    "process-and-queue": Work("q = mp.Queue()\np = mp.Process(target=lambda: q.put('fait'))\np.start(); print(q.get(timeout=10)); p.join()"),
    "shared-tensor": Work("t = torch.zeros(3).share_memory_()\np = mp.Process(target=lambda: t.add_(1))\np.start(); p.join()\nprint(t.tolist(), 'fait')", "1.0, 1.0, 1.0] fait"),
    "asyncio": Work("import asyncio\nasync def later():\n    await asyncio.sleep(0.01)\n    return 'fait'\nprint(await later())"),
    "gather": Work("print(await asyncio.gather(later(), later()))", "'fait', 'fait'"),
    "task": Work("task = asyncio.create_task(later())\nprint(asyncio.get_running_loop().is_running(), 'fait')", "True fait"),
    "task-awaited-in-another-cell": Work("print(await task, task.done())", "fait True"),
    "own-loop": Work("async def main():\n    return await asyncio.create_task(later())\nprint(asyncio.run(main()))"),
    "async-for": Work("async def count():\n    for i in range(3):\n        yield i\nprint([i async for i in count()], 'fait')", "[0, 1, 2] fait"),
    "thread-that-prints": Work("t = threading.Thread(target=lambda: print('du fil'))\nt.start(); t.join()", "du fil"),
}  # fmt: skip

FILES = {
    "data-by-relative-path": Work("print(len(open('selfcheck.py', encoding='utf-8').read()) > 100, 'fait')", "True fait"),
    "data-by-pathlib": Work("from pathlib import Path\nprint(sorted(p.name for p in Path().glob('*.py')))", "selfcheck.py"),
    "write-and-read": Work("Path('notes.txt').write_text('é fait', encoding='utf-8')\nprint(open('notes.txt').read())"),
    "folder": Work("import os, shutil\nos.makedirs('sorties/a', exist_ok=True)\nopen('sorties/a/b.txt', 'w').close()\nprint(os.listdir('sorties/a'))\nshutil.rmtree('sorties'); print('fait')"),
    "tempfile": Work("import tempfile\nwith tempfile.TemporaryDirectory() as d, tempfile.NamedTemporaryFile('w') as f:\n    f.write('x'); f.flush()\n    print(Path(f.name).read_text(), os.path.isdir(d), 'fait')", "x True fait"),
    "torch-save": Work("m = torch.nn.Linear(3, 2)\ntorch.save(m.state_dict(), 'm.pt')\nm.load_state_dict(torch.load('m.pt'))\nprint('fait')"),
    "numpy-save": Work("import numpy as np\nnp.savez('a.npz', x=np.arange(3))\nprint(np.load('a.npz')['x'].sum(), 'fait')", "3 fait"),
    "json-pickle-csv": Work("import csv, json, pickle, gzip\njson.dump({'a': 1}, open('a.json', 'w'))\npickle.dump([1], open('a.pkl', 'wb'))\nwith gzip.open('a.gz', 'wt') as f: f.write('x')\nprint(json.load(open('a.json')), pickle.load(open('a.pkl', 'rb')), 'fait')", "[1] fait"),
    "writefile": Work("%%writefile outils.py\ndef aide():\n    return 'fait'", "outils.py"),
    "own-module": Work("import outils\nprint(outils.aide())"),
    "autoreload": Work("%load_ext autoreload\n%autoreload 2\nprint('fait')"),
    "run-magic": Work("Path('script.py').write_text(\"print('fait')\")\n%run script.py"),
    "sqlite": Work("import sqlite3\ndb = sqlite3.connect('x.db')\ndb.execute('create table t (a)'); db.execute('insert into t values (1)'); db.commit()\nprint(db.execute('select * from t').fetchall(), 'fait')", "(1,)] fait"),
    "cwd": Work("%cd -q .\n%pwd\nprint(os.path.exists(os.path.expanduser('~')), os.access('.', os.W_OK), 'fait')", "True True fait"),
    "environment": Work("%env MA_VARIABLE=3\nos.environ['A'] = 'b'\nprint(os.getenv('MA_VARIABLE'), os.getenv('USER', ''), 'fait')"),
    "who": Work("import getpass, platform, socket\nprint(platform.python_version(), os.cpu_count() > 0, len(platform.node()) >= 0, os.getpid() > 0)\nprint('fait')"),
    "mmap": Work("mm = np.memmap('mm.bin', dtype='float32', mode='w+', shape=(100,))\nmm[:] = 1; mm.flush()\nprint(float(mm.sum()), 'fait')", "100.0 fait"),
}  # fmt: skip

SHOWS = {
    "time": Work("%%time\nx = sum(range(1000))\nprint('fait')", "Wall time"),
    "timeit": Work("%timeit -n 10 -r 2 sum(range(100))", "per loop"),
    "timeit-cell": Work("%%timeit -n 5 -r 2\ny = [i for i in range(100)]", "per loop"),
    "prun-and-who": Work("%who_ls\nprint('fait')"),
    "capture": Work("%%capture kept\nprint('caché')", ""),
    "captured": Work("print(kept.stdout.strip(), 'fait')", "caché fait"),
    "big-output": Work("print('x' * 300_000)\nfor i in range(3000): print(i, 'ligne')\nprint('fait')"),
    "big-array": Work("torch.arange(10_000).reshape(100, 100)", "tensor"),
    "tqdm": Work("from tqdm import tqdm\nfor i in tqdm(range(50)): pass\nprint('fait')", "50/50"),
    "tqdm-auto": Work("from tqdm.auto import tqdm as auto, trange\nfor i in auto(range(30), desc='époque'): pass\nfor i in trange(3): pass\nprint('fait')", "fait"),
    "tqdm-notebook": Work("from tqdm.notebook import tqdm as bar\nfor i in bar(range(30)): pass\nprint('fait')", "fait"),
    "tqdm-postfix": Work("with tqdm(total=10) as t:\n    for i in range(10):\n        t.set_postfix(loss=1 / (i + 1)); t.update()\n        tqdm.write('étape')\nprint('fait')"),
    "rich": Work("from rich.progress import track\nfor i in track(range(20)): pass\nfrom rich import print as rprint\nrprint('[bold]gras[/bold]', {'a': 1})\nprint('fait')"),
    "rich-table": Work("from rich.table import Table\nfrom rich.console import Console\nt = Table('a', 'b'); t.add_row('1', '2'); Console().print(t)\nprint('fait')"),
    "carriage-return": Work("import sys\nfor i in range(20):\n    sys.stdout.write(f'\\r{i}'); sys.stdout.flush()\nprint('\\nfait', flush=True)"),
    "warnings": Work("import warnings\nwarnings.warn('attention')\nnp_w = torch.tensor([1.0]) / 0\nprint('fait')", "attention"),
    "stderr": Work("print('erreur apparente', file=sys.stderr)", "erreur apparente"),
    "logging": Work("import logging\nlogging.basicConfig(level=logging.INFO)\nlogging.info('journal'); logging.getLogger('a').warning('averti')", "journal"),
    "input": Work("try:\n    nom = input('Votre nom ? ')\nexcept Exception as e:\n    print(type(e).__name__)\nprint('fait')"),
    "sleep": Work("import time\nt0 = time.time(); time.sleep(0.3)\nprint(0.2 < time.time() - t0, 'fait')", "True fait"),
    "display": Work("display('texte', [1, 2], {'a': torch.tensor(1.0)})\ndisplay(torch.eye(2))", "tensor(1.)"),
    "updated": Work("barre = display('0 %', display_id=True)\nfor n in range(2000):\n    barre.update(f'étape {n}')\nprint('fait')", "étape 1999"),
    "two-streams": Work("for n in range(600):\n    print('perte', n)\n    print(n, '%', file=sys.stderr)\ndisplay('et ' + 'ensuite')", "et ensuite"),
    "html": Work("from IPython.display import HTML\nHTML('<b>fait</b>')"),
    "last-of-several": Work("1 + 1\n'non'; 'fait'"),
    "help": Work("?len", "number of items"),
    "help-of-own": Work("def f(x):\n    'Renvoie x.'\n    return x\nhelp(f)\nf?", "Renvoie x."),
    "underscore": Work("_ = 3\nprint(_, 'fait')"),
    "out-history": Work("print(type(Out).__name__, type(In).__name__, 'fait')", "dict list fait"),
    "error-kept": Work("try:\n    1 / 0\nexcept ZeroDivisionError:\n    import traceback; traceback.print_exc()\nprint('fait')"),
    "pretty-print": Work("from pprint import pprint\npprint({'clé': list(range(40))})", "clé"),
    "widgets": Work("import ipywidgets\nipywidgets.IntSlider()", "IntSlider"),
    "interrupt-handler": Work("import signal\nold = signal.signal(signal.SIGINT, signal.default_int_handler)\nprint('fait')"),
    "atexit": Work("import atexit\natexit.register(print, 'au revoir')\nprint('fait')"),
}  # fmt: skip

LANGUAGE = {
    "super": Work("class Bloc(torch.nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.lin = torch.nn.Linear(n, n)\n    def forward(self, x):\n        return self.lin(x).relu()\nprint(sum(p.numel() for p in Bloc(4).parameters()), 'fait')", "20 fait"),
    "dataclass": Work("from dataclasses import dataclass, field\n@dataclass\nclass Config:\n    n: int = 3\n    noms: list[str] = field(default_factory=list)\nprint(Config(n=4), 'fait')", "Config(n=4, noms=[]) fait"),
    "typing": Work("from typing import Callable, Iterator, NamedTuple, Optional, TypeVar\nT = TypeVar('T')\nclass P(NamedTuple):\n    x: int\ndef f(a: Optional[int] = None, *b: T, **c: 'Callable[[int], P]') -> Iterator[T]:\n    yield from b\nprint(P(1), list(f(1, 2)), 'fait')", "[2] fait"),
    "future": Work("from __future__ import annotations\ndef g(x: PasDefini) -> None: ...\nprint('fait')"),
    "enum-match": Work("from enum import Enum\nclass C(Enum):\n    A = 1\nmatch C.A:\n    case C.A: print('fait')"),
    "generators": Work("import itertools, functools, collections, operator, math, re, string, heapq, statistics\nprint(list(itertools.islice(itertools.count(), 3)), functools.reduce(operator.add, [1, 2]), 'fait')", "3 fait"),
    "seeds": Work("import random\nimport numpy as np\ntorch.manual_seed(0); random.seed(0); np.random.seed(0)\na = torch.rand(1).item(), random.random(), np.random.rand()\ntorch.manual_seed(0); random.seed(0); np.random.seed(0)\nprint(a == (torch.rand(1).item(), random.random(), np.random.rand()), 'fait')", "True fait"),
    "deterministic": Work("torch.use_deterministic_algorithms(True)\nprint(torch.rand(3, generator=torch.Generator().manual_seed(2147483647)).shape, 'fait')\ntorch.use_deterministic_algorithms(False)"),
    "numpy-tricks": Work("a = np.arange(12).reshape(3, 4)\nv = np.lib.stride_tricks.sliding_window_view(a, 2, axis=1)\nprint(np.einsum('ij,kj->ik', a, a).trace(), v.shape, np.unique(a % 3, return_counts=True)[1].sum(), 'fait')", "12 fait"),
    "linalg": Work("print(np.linalg.svd(np.random.rand(50, 50))[1].shape, torch.linalg.eigh(torch.eye(3))[0].sum().item(), 'fait')", "3.0 fait"),
    "training": Work("import torch.nn.functional as F\nnet = torch.nn.Sequential(torch.nn.Embedding(27, 8), torch.nn.Flatten(), torch.nn.Linear(24, 27))\nopt = torch.optim.AdamW(net.parameters(), lr=0.01)\nsched = torch.optim.lr_scheduler.StepLR(opt, 10)\nfor _ in range(30):\n    x = torch.randint(27, (32, 3))\n    loss = F.cross_entropy(net(x), x[:, 0])\n    opt.zero_grad(); loss.backward(); opt.step(); sched.step()\nprint(loss.item() < 4, 'fait')", "True fait"),
    "other-optimizers": Work("for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.LBFGS):\n    p = torch.nn.Parameter(torch.ones(3))\n    o = kind([p], lr=0.1)\n    def closure():\n        o.zero_grad(); l = (p ** 2).sum(); l.backward(); return l\n    o.step(closure)\nprint('fait')"),
    "layers": Work("print(torch.nn.Transformer(d_model=16, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=16)(torch.rand(3, 1, 16), torch.rand(3, 1, 16)).shape, torch.nn.LSTM(4, 4)(torch.rand(5, 1, 4))[0].shape, torch.nn.Conv2d(1, 2, 3)(torch.rand(1, 1, 8, 8)).shape, 'fait')"),
    "attention": Work("q = torch.rand(1, 2, 5, 8)\nprint(F.scaled_dot_product_attention(q, q, q, is_causal=True).shape, 'fait')"),
    "autograd": Work("x = torch.tensor(3.0, requires_grad=True)\n(y := x ** 2).backward()\nprint(x.grad.item(), torch.autograd.functional.hessian(lambda v: (v ** 3).sum(), torch.ones(2)).sum().item(), 'fait')", "6.0 12.0 fait"),
    "func": Work("from torch.func import grad, vmap\nprint(vmap(grad(lambda t: t ** 3))(torch.ones(2)).tolist(), 'fait')", "[3.0, 3.0] fait"),
    "jit": Work("@torch.jit.script\ndef h(x: torch.Tensor) -> torch.Tensor:\n    return x * 2\nprint(h(torch.ones(1)).item(), 'fait')", "2.0 fait"),
    "compile": Work("@torch.compile\ndef h2(x): return x * 2\nprint(torch.compile(net)(torch.zeros(1, 3, dtype=torch.int64)).shape, h2(torch.ones(1)).item(), 'fait')", "2.0 fait"),
    "half": Work("with torch.autocast('cpu', dtype=torch.bfloat16):\n    print((torch.rand(4, 4) @ torch.rand(4, 4)).dtype, 'fait')", "bfloat16 fait"),
    "profiler": Work("from torch.profiler import profile\nwith profile() as p:\n    torch.rand(10, 10) @ torch.rand(10, 10)\nprint(len(p.key_averages()) > 0, 'fait')", "True fait"),
    "memory-of-some-hundred-mb": Work("big = torch.zeros(50_000_000)\nbig += 1\nprint(big[-1].item(), 'fait'); del big", "1.0 fait"),
    "recursion-limit": Work("sys_ = __import__('sys'); sys_.setrecursionlimit(5000)\ndef r(n): return 0 if n == 0 else 1 + r(n - 1)\nprint(r(3000), 'fait')", "3000 fait"),
    "unicode": Work("nom_accentué = 'œuvre'\nprint(nom_accentué, '🎉', 'fait')", "œuvre"),
    "walrus-and-lambda": Work("f = lambda x, /, *, y=1: (z := x + y) and z\nprint(f(1), 'fait')", "2 fait"),
    "doctest": Work("import doctest\ndef d(x):\n    '''\n    >>> d(2)\n    4\n    '''\n    return 2 * x\ndoctest.testmod(verbose=False)\nprint('fait')"),
    "unittest": Work("import unittest\nclass E(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 1)\nunittest.main(argv=['x'], exit=False)\nprint('fait')"),
    "context": Work("from contextlib import contextmanager, redirect_stdout\nimport io\nb = io.StringIO()\nwith redirect_stdout(b): print('x')\nprint(repr(b.getvalue()), 'fait')"),
    "inspect": Work("import inspect\nprint(inspect.getsource(d).startswith('def d'), 'fait')", "True fait"),
    "copy-deep": Work("import copy\nprint(type(copy.deepcopy(net)).__name__, 'fait')", "Sequential fait"),
    "datetime": Work("from datetime import datetime\nfrom zoneinfo import ZoneInfo\nprint(datetime.now(ZoneInfo('Europe/Paris')).year > 2000, 'fait')", "True fait"),
    "collections": Work("from collections import Counter, defaultdict, deque\nprint(Counter('aab').most_common(1), 'fait')"),
    "sympy-like-import-error": Work("try:\n    import pas_installe\nexcept ImportError as e:\n    print('fait')"),
}  # fmt: skip

WORK: dict[str, dict[str, Work]] = {
    "figures": FIGURES,
    "processes": PROCESSES,
    "files": FILES,
    "shows": SHOWS,
    "language": LANGUAGE,
}
