"""An embedded IPython shell that records what cells show, as nbformat outputs.

No kernel and no ZMQ: nothing that a student controls listens on the trusted side, and a cell costs a function call. Made once in the
warm parent, so that a forked child finds it ready.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import leading_empty_lines
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from coursegrader.sandbox.recorder import Output, Recorder

_CELL_FILE = re.compile(r"<cell ([^>]*)>")
# In a kernel a loop runs whatever a cell does: these need one, and the others cannot be called where one runs.
_NEEDS_A_LOOP = re.compile(r"\b(create_task|get_running_loop|ensure_future|call_soon|call_later)\(")
_BRINGS_A_LOOP = re.compile(r"\basyncio\.(run|Runner)\(|\brun_(until_complete|forever)\(")


class RecordedStream(io.TextIOBase):
    """A text stream whose writes go to the recorder of the running cell."""

    def __init__(self, shell: GradingShell, name: str) -> None:
        self._shell, self._name = shell, name

    def write(self, text: str) -> int:
        self._shell.recorder.stream(self._name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self._name == "stdout" else 2

    def isatty(self) -> bool:
        return False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    def publish(
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        plain, size = _plain(data)
        name = (transient or {}).get("display_id")
        name = name if isinstance(name, str) else None
        recorder = self.shell.recorder
        if not (update and name is not None and recorder.update(plain, size, name)):
            recorder.add({"output_type": "display_data", "data": plain, "metadata": {}}, size, name)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.recorder.clear(wait)


class _Hook(DisplayHook):  # type: ignore[misc]
    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def finish_displayhook(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        plain, size = _plain(format_dict)
        output = {
            "output_type": "execute_result",
            "execution_count": self.shell.execution_count,
            "data": plain,
            "metadata": {},
        }
        self.shell.recorder.add(output, size)


def _leading_empty_lines(lines: list[str]) -> list[str]:
    """Drop empty lines at a cell's start only where IPython's syntax needs it: else the lines that errors name would be off."""
    rest: list[str] = leading_empty_lines(lines)
    return rest if rest and (rest[0].startswith("%%") or rest[0][0].isspace()) else lines


class _Compiler(CachingCompiler):  # type: ignore[misc]
    """Names the "file" of a cell after the cell, so that a traceback says which one and on which line."""

    cell_name = "?"

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"<cell {self.cell_name}>"


class GradingShell(InteractiveShell):  # type: ignore[misc]
    """`InteractiveShell` with recorded outputs, no history, no terminal and no GUI."""

    recorder = Recorder(1 << 20)

    def __init__(self, **options: Any) -> None:
        super().__init__(displayhook_class=_Hook, display_pub_class=_Publisher, compiler_class=_Compiler, **options)
        self.history_manager.enabled = False
        cleanups = self.input_transformer_manager.cleanup_transforms
        cleanups[cleanups.index(leading_empty_lines)] = _leading_empty_lines
        self.streams = RecordedStream(self, "stdout"), RecordedStream(self, "stderr")
        self.user_ns["display"] = display

    def init_history(self) -> None:
        from traitlets.config import Config

        self.config.merge(Config({"HistoryManager": {"hist_file": ":memory:", "enabled": False}}))
        super().init_history()

    def ask_exit(self) -> None:
        """`exit()` and `quit()`: the cell ends there, as by `sys.exit()`; in a notebook they end the kernel, and nothing after them would run."""
        raise SystemExit

    def enable_gui(self, gui: Any = None) -> None:
        """No event loop runs here."""

    def should_run_async(self, raw_cell: str, **known: Any) -> bool:
        """Whether a loop runs while the cell does: where it awaits something, and where it starts what a later cell awaits."""
        if super().should_run_async(raw_cell, **known):
            return True
        parsed = known.get("preprocessing_exc_tuple") is None
        return parsed and bool(_NEEDS_A_LOOP.search(raw_cell)) and not _BRINGS_A_LOOP.search(raw_cell)

    def system(self, cmd: str) -> None:
        """`!command`: its output is recorded; stderr with it, as a terminal would show it.

        By way of a file: a pipe would stay open for as long as what the command left running in the background, and the cell would wait for it.
        """
        with tempfile.TemporaryFile() as file:
            try:
                done = subprocess.run(
                    self.var_expand(cmd, depth=1), shell=True, stdout=file, stderr=subprocess.STDOUT, check=False
                )
                self.user_ns["_exit_code"] = done.returncode
            finally:
                file.seek(0)
                self.recorder.stream("stdout", file.read(self.recorder.limit).decode("utf-8", "replace"))
                self.recorder.dropped += os.fstat(file.fileno()).st_size - file.tell()

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            message = str(evalue)
        except Exception:
            message = "<unprintable>"
        self.recorder.error(str(etype.__name__), message, list(stb))

    def execute(self, source: str, name: str, limit: int) -> tuple[bool, list[Output], int | None]:
        """Run one cell.

        Args:
            source: as in the notebook, magics included.
            name: of the cell, for tracebacks.
            limit: bytes of output kept.

        Returns:
            Whether it ran to its end, its outputs, and its execution count.
        """
        self.recorder = Recorder(limit)
        self.compile.cell_name = name
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.streams
        try:
            result = self.run_cell(source, store_history=True)
        finally:
            sys.stdout, sys.stderr = before
            self.recorder.stream("stdout", _drain_descriptors())
        return bool(result.success), self.recorder.take(), result.execution_count


def student_line(error: BaseException) -> tuple[str | None, int | None]:
    """The deepest line of a cell of the student's in an exception's traceback: name of the cell and line, or (None, None)."""
    found: tuple[str | None, int | None] = (None, None)
    trace = error.__traceback__
    while trace is not None:
        match = _CELL_FILE.fullmatch(trace.tb_frame.f_code.co_filename)
        if match:
            found = match.group(1), trace.tb_lineno
        trace = trace.tb_next
    return found


_captured: tuple[int, int] | None = None


def capture_descriptors() -> None:
    """Point file descriptors 1 and 2 at a file: what C code and subprocesses print is read after the cell."""
    global _captured
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), ".descriptors")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    _captured = _file_of(fd)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def _file_of(fd: int) -> tuple[int, int]:
    info = os.fstat(fd)
    return info.st_dev, info.st_ino


def _drain_descriptors() -> str:
    try:
        if _file_of(1) != _captured:
            return ""  # the notebook has put another file there, which is not ours to empty
        size = os.fstat(1).st_size
        if size == 0:
            return ""
        data = os.pread(1, min(size, 1 << 20), 0)
        os.ftruncate(1, 0)
    except OSError:
        return ""
    return data.decode("utf-8", "replace")


def _plain(data: Any) -> tuple[dict[str, Any], int]:
    """A mime bundle as JSON values, and about how many bytes it takes: bytes become base64 as nbformat wants it, anything odd its repr.

    What is nested is measured, too: a figure's points come as one dict. None of them may fail later, where it would take the process with it.
    """
    plain: dict[str, Any] = {}
    size = 0
    for key, value in dict(data).items():
        if isinstance(value, list | dict):
            try:
                size += len(json.dumps(value))
            except (TypeError, ValueError, RecursionError):
                value = repr(value)
        elif isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")
        elif not isinstance(value, str | int | float | bool):
            value = repr(value)
        size += len(value) if isinstance(value, str) else 64
        plain[str(key)] = value
    return plain, size


def working_directory() -> Path:
    """Where the student's code runs."""
    return Path.cwd()
