"""What the cells of a notebook show, gathered as nbformat outputs within bounds: of size and of number."""

from __future__ import annotations

from typing import Any

Output = dict[str, Any]
OVERHEAD = 200  # what an output costs besides its text: ten thousand tiny ones are no tiny reply
MAX_OUTPUTS = 400  # of a cell, besides an error and the note of what was left out: fewer than the trusted side takes
MAX_PIECES = 200  # from there on text joins what came before on its stream: a figure after a training has room
FOR_AN_ERROR = 32 << 10  # bytes of a cell that nothing else takes: what it printed must not hide where it failed


class Recorder:
    """Collects the outputs of one cell, up to a number of bytes and of outputs; what comes after is counted and dropped.

    Text is dropped by its size alone: where there are too many outputs, it joins the last one of its stream. An error has room of its own: it may
    come after megabytes of text, or after a thousand lines that went to stdout and stderr by turns.

    Args:
        limit: bytes kept of all outputs of a cell together.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.reserve = min(FOR_AN_ERROR, limit // 8)
        self.outputs: list[Output] = []
        self.size = 0
        self.dropped = 0
        self.dropped_outputs = 0
        self._clears_next = False
        self._displays: dict[str, list[Output]] = {}
        self._display_size: dict[str, int] = {}

    def stream(self, name: str, text: str) -> None:
        """Append text to stdout or stderr, joined with what came just before on the same stream."""
        self._clear_if_asked()
        last = self.outputs[-1] if self.outputs else None
        if last is not None and not _is_stream(last, name) and len(self.outputs) >= MAX_PIECES:
            last = next((output for output in reversed(self.outputs) if _is_stream(output, name)), None)
        joined = last is not None and _is_stream(last, name)
        room = self.limit - self.reserve - self.size - (0 if joined else OVERHEAD)
        if len(text) > room:
            self.dropped += len(text) - max(room, 0)
            text = text[: max(room, 0)]
        if not text:
            return
        if joined and last is not None:
            last["parts"].append(text)
        else:
            self.size += OVERHEAD
            self.outputs.append({"output_type": "stream", "name": name, "parts": [text]})
        self.size += len(text)

    def add(self, output: Output, size: int, display_id: str | None = None) -> None:
        """Append a display or a result of about `size` bytes.

        Args:
            display_id: by which `update` may find it again.
        """
        self._clear_if_asked()
        if size + OVERHEAD > self.limit - self.reserve - self.size:
            self.dropped += size + OVERHEAD
            return
        if len(self.outputs) >= MAX_OUTPUTS:
            self.dropped_outputs += 1
            return
        self.size += size + OVERHEAD
        self.outputs.append(output)
        if display_id is not None:
            if display_id in self._displays:  # shown twice under one id: as large as what comes now, both
                self.update(output["data"], size, display_id)
            self._displays.setdefault(display_id, []).append(output)
            self._display_size[display_id] = size

    def error(self, name: str, message: str, trace: list[str]) -> None:
        """Append an error; of one that is too large, what tells most: the beginning of its text and the end of its traceback."""
        self._clear_if_asked()
        room = self.limit - self.size - OVERHEAD
        if len(message) + sum(map(len, trace)) > room:
            message, trace = message[: room // 4], ["\n".join(trace)[-(room // 2) :]] if room > 1 else []
        size = len(message) + sum(map(len, trace)) + OVERHEAD
        if size > self.limit - self.size:
            self.dropped += size
            return
        self.size += size
        self.outputs.append({"output_type": "error", "ename": name, "evalue": message, "traceback": trace})

    def update(self, data: dict[str, Any], size: int, display_id: str) -> bool:
        """Put other data into what this cell has displayed under an id, as progress bars do; False where it has displayed nothing there."""
        shown = self._displays.get(display_id)
        if shown is None:
            return False
        more = len(shown) * (size - self._display_size[display_id])
        if more > self.limit - self.reserve - self.size:
            self.dropped += size
            return True
        self.size += more
        self._display_size[display_id] = size
        for output in shown:
            output["data"] = data
        return True

    def clear(self, wait: bool = False) -> None:
        """Forget what was shown so far, as progress bars ask for; with `wait`, as soon as something else is shown."""
        self._clears_next = wait
        if not wait:
            self.outputs.clear()
            self._displays.clear()
            self.size = self.dropped = self.dropped_outputs = 0

    def _clear_if_asked(self) -> None:
        if self._clears_next:
            self.clear()

    def take(self) -> list[Output]:
        """The outputs so far, in nbformat's form."""
        done: list[Output] = []
        for output in self.outputs:
            if output["output_type"] == "stream":
                output = {"output_type": "stream", "name": output["name"], "text": "".join(output["parts"])}
            done.append(output)
        if self.dropped:
            done.append(_note(f"{self.dropped} octets de plus"))
        if self.dropped_outputs:
            done.append(_note(f"{self.dropped_outputs} affichages de plus"))
        return done


def _is_stream(output: Output, name: str) -> bool:
    return bool(output["output_type"] == "stream" and output["name"] == name)


def _note(what: str) -> Output:
    return {"output_type": "stream", "name": "stdout", "text": f"\n[… {what}, non conservés]\n"}
