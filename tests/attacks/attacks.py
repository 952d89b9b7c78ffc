"""The battery: what students who would rather steal the points, or harm the machine, can try from a notebook.

Each attack is the code of the first solution cell. It succeeds if a point is given, if a canary shows up anywhere, if it prints PWNED (written in
two parts, so that a traceback which quotes the line does not say it), or
if the arena notices an effect outside (a connection, a file, a process that stays). In code, `HOST` is the folder of the arena on the host, `PORT` and
`ABSTRACT` the names of its sockets.
"""

from __future__ import annotations

from dataclasses import dataclass

FORGED = "def scale(x):\n    return x\ndef label(n):\n    return ''\n"


@dataclass(frozen=True)
class Attack:
    """One attack. `harmless` ones are also run with confinement off; `slow` ones end by a time limit."""

    name: str
    code: str
    harmless: bool = True
    slow: bool = False


def _read(name: str, path: str, harmless: bool = True) -> Attack:
    """Print a file; finding it at all is a success for what the host alone has."""
    return Attack(
        f"read-{name}",
        f"import glob\nfor p in glob.glob({path!r}):\n    print('PW' 'NED', open(p, errors='replace').read()[:2000])",
        harmless,
    )


def _grab(name: str, body: str, harmless: bool = True) -> Attack:
    """Something that prints PWNED where it works, and may raise where it does not."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Attack(name, f"try:\n{lines}\nexcept BaseException as e:\n    print(type(e).__name__)", harmless)


def _answer(name: str, body: str) -> Attack:
    """An answer that wants to pass for the right one."""
    return Attack(name, body)


READ = [
    _read("hidden-checks", "HOST/grading_tests/arena/*.py"),
    _read("reference", "HOST/reference/*.py"),
    _read("gradebook", "HOST/gradebook.db"),
    _read("others-work", "HOST/submitted/*/arena/*.ipynb"),
    _read("shadow", "/etc/shadow"),
    _read("root-home", "/root/.bashrc"),
    _read("ssh", "/root/.ssh/*"),
    _read("host-tmp", "/tmp/arena-host-secret*"),
    _read("machine-id", "/etc/machine-id"),
    _read("hostname", "/etc/hostname"),
    _read("users", "/etc/group-"),
    _read("packages", "/var/lib/dpkg/status"),
    _read("boot", "/proc/cmdline"),
    _grab("listing-root", "import os\nprint('PW' 'NED', os.listdir('/root'))"),
    _grab("listing-var", "import os\nprint('PW' 'NED', os.listdir('/var'))"),
    _grab("listing-host-tmp", "import glob\nfound = glob.glob('/tmp/arena-*')\nassert found\nprint('PW' 'NED', found)"),
    _grab("listing-course", "import os\nprint('PW' 'NED', os.listdir('HOST'))"),
    _read("kernel-memory", "/proc/kcore", harmless=False),
    _grab("command-lines-of-others", "import glob\nfor p in glob.glob('/proc/[0-9]*/cmdline'):\n    text = open(p).read()\n    if 'attacks' in text or 'pytest' in text or 'sshd' in text:\n        print('PW' 'NED', text)"),
    _read("docker-socket", "/var/run/docker.sock"),
    _grab("listing-hidden-checks", "import os\nprint('PW' 'NED', os.listdir('HOST/grading_tests/arena'))"),
    _grab("size-of-hidden-checks", "import os\nprint('PW' 'NED', os.stat('HOST/grading_tests/arena/test_scale.py').st_size)"),
    _grab("walk-up-from-cwd", "import pathlib\nfor p in pathlib.Path('../../..').resolve().rglob('secrets_of_the_arena.py'):\n    print('PW' 'NED', p.read_text())"),
    _grab("environment", "import os\nfound = [v for k, v in os.environ.items() if k == 'ARENA_TOKEN']\nassert found\nprint('PW' 'NED', found)"),
    _grab("environ-block-of-self", "data = open('/proc/self/environ', 'rb').read()\nassert b'ARENA_TOKEN' in data\nprint('PW' 'NED')"),
    _grab("environ-of-parent", "import os\ndata = open(f'/proc/{os.getppid()}/environ', 'rb').read()\nassert b'ARENA_TOKEN' in data\nprint('PW' 'NED')"),
    _grab("environ-of-everybody", "import glob\nfor p in glob.glob('/proc/[0-9]*/environ'):\n    try:\n        data = open(p, 'rb').read()\n    except OSError:\n        continue\n    if b'ARENA_TOKEN' in data:\n        print('PW' 'NED', p)"),
    _grab("environ-by-ctypes", "import ctypes\nenv = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\ni = 0\nwhile env[i]:\n    if b'ARENA_TOKEN' in env[i]:\n        print('PW' 'NED')\n    i += 1"),
    _grab("memory-of-parent", "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb').seek(4096)\nopen(f'/proc/{os.getppid()}/maps').read()\nprint('PW' 'NED')"),
    _grab("ptrace-parent", "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nassert libc.ptrace(16, os.getppid(), 0, 0) == 0\nprint('PW' 'NED')\nlibc.ptrace(17, os.getppid(), 0, 0)", harmless=False),
    _grab("process-vm-readv", "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nbuf = ctypes.create_string_buffer(8)\nclass V(ctypes.Structure):\n    _fields_ = [('b', ctypes.c_void_p), ('n', ctypes.c_size_t)]\nl = V(ctypes.addressof(buf), 8)\nmaps = open(f'/proc/{os.getppid()}/maps').readline().split('-')[0]\nr = V(int(maps, 16), 8)\nassert libc.process_vm_readv(os.getppid(), ctypes.byref(l), 1, ctypes.byref(r), 1, 0) == 8\nprint('PW' 'NED')"),
    _grab("own-memory-for-secrets", "import re\nfor line in open('/proc/self/maps'):\n    m = re.match(r'([0-9a-f]+)-([0-9a-f]+) rw', line)\n    if not m or int(m[2], 16) - int(m[1], 16) > 1 << 26:\n        continue\n    with open('/proc/self/mem', 'rb', 0) as f:\n        f.seek(int(m[1], 16))\n        data = f.read(int(m[2], 16) - int(m[1], 16))\n    needle = bytes([99, 97, 110, 97, 114, 105, 45, 53, 53])\n    if needle in data:\n        print('PW' 'NED')"),
    _grab("gc-for-checks", "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ in ('Function', 'Collected', 'Judge', 'Verdict', 'CheckSpec'):\n        print('PW' 'NED', type(o))"),
    _grab("sys-modules", "import sys\nfound = [m for m in sys.modules if m.startswith(('reference', 'grading_tests', 'coursegrader.judge', 'coursegrader.checks', 'sqlalchemy', '_pytest'))]\nassert found\nprint('PW' 'NED', found)"),
    _grab("import-reference", "import sys\nsys.path.insert(0, 'HOST')\nimport reference.secrets_of_the_arena as s\nprint('PW' 'NED', s.CANARY)"),
    _grab("caller-frames", "import sys\nf = sys._getframe()\nwhile f:\n    for v in f.f_globals.values():\n        if 'FACTOR' in str(type(v)) or getattr(v, '__name__', '') == 'secrets_of_the_arena':\n            print('PW' 'NED')\n    f = f.f_back"),
    _grab("inherited-descriptors", "import os\nfor fd in range(3, 4096):\n    try:\n        p = os.readlink(f'/proc/self/fd/{fd}')\n    except OSError:\n        continue\n    if 'HOST' in p or 'gradebook' in p or '.db' in p:\n        print('PW' 'NED', p)"),
    _grab("host-processes", "import glob\npids = [p for p in glob.glob('/proc/[0-9]*')]\nassert len(pids) > 6\nprint('PW' 'NED', len(pids))"),
    _grab("host-mounts", "text = open('/proc/self/mountinfo').read()\nassert 'HOST' in text\nprint('PW' 'NED')"),
]  # fmt: skip

FORGE = [
    _answer("nan", "def scale(x):\n    return x * float('nan')"),
    _answer("inf", "def scale(x):\n    return x * float('inf')"),
    _answer("broadcastable-scalar", "def scale(x):\n    return torch.tensor(0.0)"),
    _answer("broadcastable-row", "def scale(x):\n    return torch.zeros(1)"),
    _answer("empty", "def scale(x):\n    return x[:0]"),
    _answer("none", "def scale(x):\n    return None"),
    _answer("true", "def scale(x):\n    return True"),
    _answer("eq-liar", "class Liar:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    def __array__(self, *a, **k): return __import__('numpy').zeros(7)\n    def __float__(self): return 0.0\n    def __getattr__(self, n): return lambda *a, **k: self\n    def __bool__(self): return True\n    def __abs__(self): return self\n    def __sub__(self, o): return 0\n    def __le__(self, o): return True\n    def __iter__(self): return iter([])\ndef scale(x):\n    return Liar()\ndef label(n):\n    return Liar()"),
    _answer("tensor-subclass", "class T(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, f, types, args=(), kwargs=None):\n        return torch.tensor(True) if 'eq' in f.__name__ or 'close' in f.__name__ else super().__torch_function__(f, types, args, kwargs or {})\ndef scale(x):\n    return x.as_subclass(T)"),
    _answer("int-subclass", "class I(int):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\ndef scale(x):\n    return I(3)"),
    _answer("str-subclass", "class S(str):\n    def __eq__(self, o): return True\n    __hash__ = str.__hash__\ndef label(n):\n    return S('x')"),
    _answer("list-subclass", "class L(list):\n    def __eq__(self, o): return True\ndef scale(x):\n    return L([1.0] * 7)"),
    _answer("object-array", "import numpy\nclass O:\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\n    def __abs__(self): return 0\ndef scale(x):\n    return numpy.array([O()] * 7, dtype=object)"),
    _answer("requires-grad-hook", "def scale(x):\n    y = x.clone().requires_grad_()\n    y.register_hook(lambda g: g * 0)\n    return y"),
    _answer("patched-allclose", "import numpy, builtins\ntorch.allclose = torch.equal = lambda *a, **k: True\ntorch.testing.assert_close = lambda *a, **k: None\nnumpy.allclose = numpy.testing.assert_allclose = lambda *a, **k: True\nbuiltins.abs = lambda x: 0\nbuiltins.all = builtins.any = lambda x: True\n" + FORGED),
    _answer("patched-isinstance", "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda x: 7\n" + FORGED),
    _answer("patched-pytest", "import sys, types\nfor n in ('pytest', '_pytest', 'coursegrader.checks', 'coursegrader.checks.expect', 'reference'):\n    sys.modules[n] = types.ModuleType(n)\n" + FORGED),
    _answer("patched-serializer", "from coursegrader.sandbox import wire\nwire.Encoder.encode = lambda self, value, depth=0: True\n" + FORGED),
    _answer("serializer-claims-passed", "from coursegrader.sandbox import wire\nold = wire.send\ndef send(sock, frame, clock=None):\n    frame.header.update(passed=True, score=3, points=99, ok=True, verdict='graded')\n    return old(sock, frame, clock)\nwire.send = send\n" + FORGED),
    _answer("replayed-argument", "memory = []\ndef scale(x):\n    memory.append(x)\n    return memory[0]"),
    _answer("memorised-count", "count = 0\ndef scale(x):\n    global count\n    count += 1\n    return [x, x * 0, x * 2][count % 3]"),
    _answer("frame-of-other-request", "from coursegrader.sandbox import child\nold = child.Calls.answer\ndef answer(self):\n    from coursegrader.sandbox import wire\n    f = wire.receive(self.sock)\n    wire.send(self.sock, wire.Frame({'id': f.header['id'] + 1, 'value': True, 'modified': []}))\nchild.Calls.answer = answer\n" + FORGED),
    _answer("reply-before-asked", "import gc, socket\nfor o in gc.get_objects():\n    if isinstance(o, socket.socket):\n        try:\n            o.send(b'\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00{}')\n        except OSError:\n            pass\n" + FORGED),
    _answer("garbage-on-channel", "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b'\\xff' * 4096)\n    except OSError:\n        pass\n" + FORGED),
    _answer("giant-header", "import os, struct\nfor fd in range(3, 64):\n    try:\n        os.write(fd, struct.pack('<II', 2**32 - 1, 2**32 - 1))\n    except OSError:\n        pass\n" + FORGED),
    _answer("array-size-lie", "from coursegrader.sandbox import wire\ndef encode(self, value, depth=0):\n    self.buffers.append(b'x')\n    return {'T': 0, 'y': 'float64', 's': [10**9, 10**9]}\nwire.Encoder.encode = encode\n" + FORGED),
    _answer("deep-reply", "def scale(x):\n    y = x.tolist()\n    for _ in range(5000):\n        y = [y]\n    return y"),
    _answer("huge-dict", "def scale(x):\n    return {str(i): i for i in range(10**6)}"),
    _answer("huge-list", "def scale(x):\n    return [0.0] * 10**8"),
    _answer("slow-drip", "from coursegrader.sandbox import wire\nimport time\ndef send(sock, frame, clock=None):\n    while True:\n        sock.send(b'\\x01')\n        time.sleep(0.2)\nwire.send = send\n" + FORGED),
    _answer("passed-descriptors", "from coursegrader.sandbox import wire\nimport socket, os\nold = wire.send\ndef send(sock, frame, clock=None):\n    socket.send_fds(sock, [b''], [os.open('/dev/null', 0)] * 50)\n    return old(sock, frame, clock)\nwire.send = send\n" + FORGED),
    _answer("bool-claims-float", "import numpy\ndef scale(x):\n    return numpy.ones(7, dtype=bool)"),
    _answer("generator", "def scale(x):\n    yield from x"),
    _answer("handle-for-value", "class M:\n    shape = (7,)\n    dtype = torch.float32\n    def __len__(self): return 7\ndef scale(x):\n    return M()"),
    _answer("exception-as-pass", "class CheckPassed(Exception):\n    pass\ndef scale(x):\n    raise CheckPassed"),
    _answer("system-exit-zero", "def scale(x):\n    raise SystemExit(0)"),
    _answer("skip-exception", "class Skipped(BaseException):\n    pass\ndef scale(x):\n    raise Skipped"),
    _answer("patched-random", "import random, time\ntorch.manual_seed = lambda *a: None\nrandom.seed = lambda *a: None\ntime.time = lambda: 0\n" + FORGED),
    _answer("early-displayhook", "from IPython import get_ipython\nget_ipython().displayhook(3.0)\n" + FORGED),
    _answer("printed-score", "print('3.0'); print('{\"score\": 3}')\n" + FORGED),
    _answer("replaced-run-cell", "ip = get_ipython()\nold = ip.run_cell\nip.run_cell = lambda src, *a, **k: old('pass', *a, **k)\n" + FORGED),
    _answer("input-transformer", "ip = get_ipython()\nip.input_transformers_post.append(lambda lines: ['3.0\\n'])\n" + FORGED),
    _answer("ast-transformer", "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, n): return ast.Pass()\nget_ipython().ast_transformers.append(T())\n" + FORGED),
    _answer("claims-nbgrader-cell", "from IPython.display import display\ndisplay({'text/plain': '3.0'}, raw=True)\n3.0"),
    _answer("redefined-check-cell", "import selfcheck_absent_on_purpose" + "\n" + FORGED),
    _answer("atexit-and-finalizers", "import atexit, weakref\natexit.register(lambda: print('3.0'))\n" + FORGED),
    _answer("other-student-name", "__student__ = 'teacher'\n" + FORGED),
    _answer("result-files", "import json, pathlib\nfor n in ('results.json', 'verdict.json', 'score.txt', '../verdicts.db'):\n    try:\n        pathlib.Path(n).write_text(json.dumps({'score': 3}))\n    except OSError:\n        pass\n" + FORGED),
]  # fmt: skip

LEAK = [
    _answer("inputs-by-exception", "def scale(x):\n    raise ValueError('entrée ' + repr(x.tolist()))\ndef label(n):\n    raise ValueError(f'numéro-{n}')"),
    _answer("inputs-by-class-name", "def scale(x):\n    raise type('E_' + str(x.tolist()[0]).replace('.', '_').replace('-', 'm'), (Exception,), {})()\ndef label(n):\n    raise type(f'numero_{n}', (Exception,), {})()"),
    _answer("inputs-by-type-name", "def label(n):\n    return type(f'numero_{n}', (), {})()"),
    _answer("inputs-by-print", "import sys\ndef label(n):\n    print(f'numéro-{n}')\n    print(f'numéro-{n}', file=sys.stderr)\n    import os\n    os.write(1, f'numéro-{n}'.encode())\n    os.write(2, f'numéro-{n}'.encode())"),
    _answer("inputs-by-file", "import pathlib\ndef label(n):\n    pathlib.Path('numero.txt').write_text(f'numéro-{n}')"),
    _answer("inputs-by-warning", "import warnings\ndef label(n):\n    warnings.warn(f'numéro-{n}')"),
    _answer("inputs-by-dict-key", "def label(n):\n    return {f'numéro-{n}': 1}"),
    _answer("inputs-by-recursion", "def label(n):\n    return label(n)"),
    _answer("expected-by-assertion", "def label(n):\n    return ''\ndef scale(x):\n    return x * 0"),
]  # fmt: skip

STALL = [
    Attack("endless-cell", "while True:\n    pass", slow=True),
    Attack("endless-call", "def scale(x):\n    while True:\n        pass\ndef label(n):\n    return ''", slow=True),
    Attack("blocked-signals", "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True:\n    pass", slow=True),
    Attack("catch-all", "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass", slow=True),
    Attack("regex", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", slow=True),
    Attack("big-power", "x = 7 ** (10 ** 9)", slow=True),
    Attack("sleep", "import time\ntime.sleep(10 ** 6)", slow=True),
    Attack("threads-that-stay", "import threading, time\nfor _ in range(8):\n    threading.Thread(target=lambda: time.sleep(10 ** 6), daemon=False).start()\n" + FORGED),
    Attack("daemon", "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(10 ** 6)\n    os._exit(0)\n" + FORGED),
    Attack("sys-exit", "import sys\nsys.exit(0)"),
    Attack("os-exit", "import os\nos._exit(0)"),
    Attack("abort", "import os\nos.abort()"),
    Attack("segfault", "import ctypes\nctypes.string_at(0)"),
    Attack("kill-everybody", "import os\nos.kill(-1, 9)", harmless=False),
    Attack("kill-parent", "import os\nos.kill(os.getppid(), 9)", harmless=False),
    Attack("stop-itself", "import os\nos.kill(os.getpid(), 19)", slow=True, harmless=False),
    Attack("closed-channel", "import os\nos.closerange(3, 4096)\n" + FORGED),
    Attack("recursion", "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n):\n    return f(n + 1)\nf(0)"),
    Attack("input", "input('?')"),
    Attack("snapshot-that-lingers", "def scale(x):\n    import os, time\n    if os.fork() == 0:\n        time.sleep(10 ** 6)\n    return x\ndef label(n):\n    return ''"),
    Attack("profile-signal", "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\nwhile True:\n    pass", slow=True),
]  # fmt: skip

BOMBS = [
    Attack("fork-bomb", "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        break\nimport time\ntime.sleep(1)", harmless=False, slow=True),
    Attack("thread-bomb", "import threading, time\ntry:\n    for _ in range(10 ** 5):\n        threading.Thread(target=time.sleep, args=(100,)).start()\nexcept RuntimeError:\n    print('refused')", harmless=False, slow=True),
    Attack("memory", "x = []\nwhile True:\n    x.append(bytearray(1 << 26))", harmless=False),
    Attack("memory-by-tensor", "x = torch.ones(1 << 34)", harmless=False),
    Attack("memory-by-mmap", "import mmap\nx = [mmap.mmap(-1, 1 << 28) for _ in range(100)]\nfor m in x:\n    m[::4096] = b'x' * len(m[::4096])", harmless=False),
    Attack("disk", "with open('big', 'wb') as f:\n    for _ in range(4096):\n        f.write(b'x' * (1 << 20))\nprint('PW' 'NED')", harmless=False),
    Attack("disk-tmp", "with open('/tmp/arena-big', 'wb') as f:\n    for _ in range(4096):\n        f.write(b'x' * (1 << 20))\nprint('PW' 'NED')", harmless=False),
    Attack("inodes", "import os\nfor i in range(10 ** 6):\n    open(f'f{i}', 'w').close()\nprint('PW' 'NED')", harmless=False, slow=True),
    Attack("shm", "with open('/dev/shm/arena-big', 'wb') as f:\n    for _ in range(4096):\n        f.write(b'x' * (1 << 20))\nprint('PW' 'NED')", harmless=False),
    Attack("memfd", "import os\nfd = os.memfd_create('x')\nfor _ in range(4096):\n    os.write(fd, b'x' * (1 << 20))\nprint('PW' 'NED')", harmless=False),
    Attack("descriptors", "import os\nx = []\ntry:\n    while len(x) < 100000:\n        x.append(os.open('/dev/null', 0))\n    print('PW' 'NED')\nexcept OSError:\n    for fd in x:\n        os.close(fd)"),
    Attack("output", "print('x' * (200 << 20))"),
    Attack("output-by-descriptor", "import os\nfor _ in range(200):\n    os.write(1, b'x' * (1 << 20))"),
    Attack("displays", "from IPython.display import display\nfor i in range(20000):\n    display(i)"),
    Attack("huge-html", "from IPython.display import HTML, display\ndisplay(HTML('<b>' * (10 << 20)))"),
    Attack("script-in-output", "from IPython.display import HTML, display\ndisplay(HTML('<script>SCRIPT_RUNS()</script><img src=x onerror=SCRIPT_RUNS()>'))"),
]  # fmt: skip

HOST = [
    _grab("tcp", "import socket\nsocket.create_connection(('127.0.0.1', PORT), 1).send(b'hello')\nprint('PW' 'NED')"),
    _grab("tcp-by-subprocess", "import subprocess\nout = subprocess.run(['bash', '-c', 'echo hello > /dev/tcp/127.0.0.1/PORT && echo PW''NED'], capture_output=True, text=True).stdout\nprint(out)"),
    _grab("udp", "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'hello', ('127.0.0.1', PORT))\nprint('PW' 'NED')"),
    _grab("unix-socket", "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('HOST/host.sock')\nprint('PW' 'NED')"),
    _grab("abstract-socket", "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0ABSTRACT')\nprint('PW' 'NED')"),
    _grab("netlink", "import socket\ns = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint('PW' 'NED')"),
    _grab("packet-socket", "import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)\nprint('PW' 'NED')"),
    _grab("vsock", "import socket\ns = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\nprint('PW' 'NED')"),
    _grab("sysv-shm", "import ctypes\nassert ctypes.CDLL(None).shmget(0x41524E41, 4096, 0o1666) >= 0\nprint('PW' 'NED')"),
    _grab("keyring", "import ctypes\nassert ctypes.CDLL(None).syscall(248, b'user', b'arena', b'x', 1, -3) >= 0\nprint('PW' 'NED')"),
    _grab("write-etc", "open('/etc/arena_was_here', 'w').close()\nimport os\nos.unlink('/etc/arena_was_here')\nprint('PW' 'NED')"),
    _grab("signal-first-process", "import os\nassert os.readlink('/proc/self/ns/pid') and os.path.exists('/proc/1/exe') and os.readlink('/proc/1/exe')\nprint('PW' 'NED')"),
    _grab("listen", "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint('PW' 'NED')"),
    _grab("shared-memory-name", "from multiprocessing import shared_memory\ns = shared_memory.SharedMemory('arena-named', create=True, size=64)\ns.unlink()\nimport os\nassert os.path.exists('HOST')\nprint('PW' 'NED')"),
    _grab("write-venv", "import torch, os\np = os.path.join(os.path.dirname(torch.__file__), 'arena_was_here.txt')\nopen(p, 'w').close()\nos.unlink(p)\nprint('PW' 'NED')"),
    _grab("pth-file", "import site, os\np = os.path.join(site.getsitepackages()[0], 'arena.pth')\nopen(p, 'w').close()\nos.unlink(p)\nprint('PW' 'NED')"),
    _grab("write-course", "open('HOST/arena_was_here.txt', 'w').close()\nprint('PW' 'NED')"),
    _grab("write-host-tmp", "open('/tmp/arena_was_here.txt', 'w').close()"),
    _grab("write-host-shm", "open('/dev/shm/arena_was_here.txt', 'w').close()"),
    _grab("change-gradebook", "import sqlite3\ndb = sqlite3.connect('HOST/gradebook.db')\ndb.execute('UPDATE grade SET auto_score = 300')\ndb.commit()\nprint('PW' 'NED')"),
    _grab("nested-user-namespace", "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0\nprint('PW' 'NED')"),
    _grab("mount", "import ctypes\nassert ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0\nctypes.CDLL(None).umount(b'/tmp')\nprint('PW' 'NED')", harmless=False),
    _grab("chroot", "import os\nos.chroot('/proc/1/root')\nprint('PW' 'NED')"),
    _grab("bpf", "import ctypes\nassert ctypes.CDLL(None).syscall(321, 0, 0, 0) >= 0\nprint('PW' 'NED')"),
    _grab("io-uring", "import ctypes\nassert ctypes.CDLL(None).syscall(425, 4, ctypes.create_string_buffer(256)) >= 0\nprint('PW' 'NED')"),
    _grab("perf-event", "import ctypes\nassert ctypes.CDLL(None).syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0) >= 0\nprint('PW' 'NED')"),
    _grab("userfaultfd", "import ctypes\nassert ctypes.CDLL(None).syscall(323, 0) >= 0\nprint('PW' 'NED')"),
    _grab("setuid-root", "import os\nos.setuid(0)\nassert os.getuid() == 0\nprint('PW' 'NED')"),
    _grab("root", "import os\nassert os.geteuid() == 0 and os.access('/etc/shadow', os.R_OK)\nprint('PW' 'NED')"),
    _grab("setuid-helper", "import subprocess\nassert subprocess.run(['su', '-c', 'true', 'root'], capture_output=True, timeout=1).returncode == 0\nprint('PW' 'NED')", harmless=False),
    _grab("x32-call", "import ctypes\nassert ctypes.CDLL(None).syscall(0x40000000 + 39) > 0\nprint('PW' 'NED')"),
    _grab("open-by-handle", "import ctypes\nassert ctypes.CDLL(None).syscall(304, -100, ctypes.create_string_buffer(256), 0) >= 0\nprint('PW' 'NED')"),
    _grab("proc-sys-write", "open('/proc/sys/kernel/hostname', 'w').write('arena')\nprint('PW' 'NED')", harmless=False),
    _grab("kernel-log", "import ctypes\nassert ctypes.CDLL(None).klogctl(3, ctypes.create_string_buffer(4096), 4096) >= 0\nprint('PW' 'NED')"),
    _grab("raise-priority", "import os\nos.nice(-5)\nassert os.getpriority(os.PRIO_PROCESS, 0) < 0\nprint('PW' 'NED')"),
    _grab("ctrl-c-to-grader", "import os, signal\nos.kill(1 if os.getpid() != 1 else 2, 0)\nos.kill(os.getppid(), signal.SIGCONT)\nprint('done')"),
    _grab("raise-limits", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nassert resource.getrlimit(resource.RLIMIT_AS)[1] == -1\nprint('PW' 'NED')"),
    _grab("device", "open('/dev/mem', 'rb')\nprint('PW' 'NED')"),
    _grab("mknod", "import os, stat\nos.mknod('d', stat.S_IFBLK | 0o666, os.makedev(8, 0))\nprint('PW' 'NED')", harmless=False),
    _grab("other-terminal", "import fcntl\nfcntl.ioctl(0, 0x5412, b'x')\nprint('PW' 'NED')"),
]  # fmt: skip
