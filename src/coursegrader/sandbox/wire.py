"""Frames and values between the trusted process and a student's process.

One frame is ``u32 header length, u32 buffer count, u64 sizes[]``, a JSON header and the raw buffers. Nothing is ever pickled: the
receiving side builds only None, bool, int, float, str, list, tuple, dict, NumPy arrays and torch tensors, each of its exact base type,
and every size is checked before memory for it is taken. What is neither stays with the student as a `Handle`.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

MAX_HEADER = 4 << 20
MAX_BODY = 64 << 20
MAX_BUFFERS = 20_000
MAX_NODES = 200_000
MAX_DEPTH = 8
MAX_TEXT = 64 << 10
MAX_RANK = 8
PACKED_LIST = 32  # lists longer than this and of one scalar type travel as one buffer instead of one JSON node an item
MAX_PACKED = 4_000_000  # items of such lists, all together: as Python objects they take many times their buffer
MAX_SAME_HASH = 100  # keys of one dict or set with the same hash: chosen ones make building it quadratic
_GENERATOR_NODES = 200  # a torch.Generator takes kilobytes, and one node of JSON

_PREFIX = struct.Struct("<II")
_DTYPES: dict[str, torch.dtype] = {
    "bool": torch.bool,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class WireError(Exception):
    """The other side broke the protocol: the session with it is over."""


class Unsupported(Exception):
    """A value of this type does not travel. `args[0]` is the name of its class, `args[1]` what is wrong with it."""


@dataclass(frozen=True)
class Generator:
    """Stands for ``torch.Generator().manual_seed(seed)``, made where it is needed.

    Example:
        >>> Generator(7)
        Generator(seed=7)
    """

    seed: int


@dataclass(frozen=True)
class Remote:
    """An object that lives in the student's process: its number there and the name of its class (a claim, for messages only)."""

    number: int
    class_name: str = "object"


@dataclass
class Frame:
    """A JSON header and the buffers that its values refer to."""

    header: dict[str, Any]
    buffers: list[Any] = field(default_factory=list)


class Clock:
    """A deadline on this side's monotonic clock, in seconds from now.

    Example:
        >>> Clock(5.0).left() <= 5.0
        True
    """

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the deadline; raises TimeoutError when it has passed."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left


def send(sock: socket.socket, frame: Frame, clock: Clock | None = None) -> None:
    """Write one frame.

    Raises:
        TimeoutError: the other side does not read.
        OSError: it has gone.
    """
    header = json.dumps(frame.header, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    views = [memoryview(buffer).cast("B") if len(buffer) else memoryview(b"") for buffer in frame.buffers]
    prefix = _PREFIX.pack(len(header), len(views)) + struct.pack(f"<{len(views)}Q", *(v.nbytes for v in views))
    parts: list[Any] = [prefix + header, *views]
    for part in parts:
        if clock is not None:
            sock.settimeout(clock.left())
        sock.sendall(part)


def receive(sock: socket.socket, clock: Clock | None = None) -> Frame:
    """Read one frame, checking every size before its memory is taken.

    Raises:
        WireError: a frame over a limit, cut short, or not a JSON object.
        TimeoutError: not whole before the deadline, however slowly it drips.
        EOFError: the other side closed the channel between two frames.
    """
    prefix = _read(sock, _PREFIX.size, clock, at_start=True)
    header_size, count = _PREFIX.unpack(prefix)
    if header_size > MAX_HEADER or count > MAX_BUFFERS:
        raise WireError(f"header of {header_size} bytes and {count} buffers")
    sizes = struct.unpack(f"<{count}Q", _read(sock, 8 * count, clock))
    if sum(sizes) > MAX_BODY:
        raise WireError(f"body of {sum(sizes)} bytes")
    try:
        header = json.loads(_read(sock, header_size, clock))
    except (ValueError, RecursionError) as error:
        raise WireError("header is not JSON") from error
    if type(header) is not dict:
        raise WireError("header is not an object")
    return Frame(header, [_read(sock, size, clock) for size in sizes])


def _read(sock: socket.socket, size: int, clock: Clock | None, at_start: bool = False) -> bytearray:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        if clock is not None:
            sock.settimeout(clock.left())
        got = sock.recv_into(view[done:], min(size - done, 1 << 20))
        if got == 0:
            if at_start and done == 0:
                raise EOFError("channel closed")
            raise WireError("frame cut short")
        done += got
    return data


class Encoder:
    """Turns values into JSON with buffers beside it.

    Args:
        keep: what to do with an object that does not travel: returns the number it is kept under. Without it, `Unsupported`.

    Example:
        >>> Encoder().encode((1, "a"))
        {'t': [1, 'a']}
    """

    def __init__(self, keep: Callable[[Any], int] | None = None, limit_text: bool = False) -> None:
        self.buffers: list[Any] = []
        self._keep = keep
        self._limit_text = limit_text
        self._nodes = 0
        self._bytes = 0
        self._packed_items = 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        """The JSON form of `value`; its buffers gather in `self.buffers`."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Unsupported(type(value).__name__, "too many items")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            if not -(2**63) <= value < 2**63:
                raise Unsupported("int", "outside 64 bits")
            return value
        if kind is float:
            return {"f": value.hex()}
        if kind is str:
            if self._limit_text and len(value) > MAX_TEXT:
                raise Unsupported("str", "text too long")
            return value
        if isinstance(value, torch.Tensor):
            return self._array(_to_numpy(value), "T", value)
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value), "a", value)
        if kind is Generator:
            return {"g": value.seed}
        if kind is Remote:
            return {"h": value.number, "c": value.class_name}
        if isinstance(value, list | tuple | dict | set | frozenset):
            if depth >= MAX_DEPTH:
                raise Unsupported(kind.__name__, "nested too deeply")
            return self._container(value, depth)
        if self._keep is None:
            raise Unsupported(kind.__name__, "does not travel")
        return {"h": self._keep(value), "c": kind.__name__[:80]}

    def _container(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return {"d": [[self._key(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()]}
        if isinstance(value, set | frozenset):
            return {"e": [self._key(item, depth + 1) for item in value]}
        tag = "t" if isinstance(value, tuple) else "l"
        if tag == "l" and len(value) > PACKED_LIST and (packed := self._packed(value)) is not None:
            return packed
        return {tag: [self.encode(item, depth + 1) for item in value]}

    def _key(self, key: Any, depth: int) -> Any:
        """A key of a dict, or an item of a set: NumPy's scalars become the equal Python ones, as an array cannot be a key over there."""
        if isinstance(key, np.bool_ | np.integer | np.floating | np.str_):
            key = key.item()
        elif type(key) is tuple:
            if depth >= MAX_DEPTH:
                raise Unsupported("tuple", "nested too deeply")
            return {"t": [self._key(item, depth + 1) for item in key]}
        elif isinstance(key, torch.Tensor | np.ndarray | np.generic | frozenset):
            raise Unsupported(type(key).__name__, "as a key")
        return self.encode(key, depth)

    def _packed(self, value: list[Any]) -> Any:
        kinds = set(map(type, value))
        if len(kinds) == 1 and kinds <= {str, int, float}:
            self._packed_items += len(value)
            if self._packed_items > MAX_PACKED:
                raise Unsupported("list", "too many items")
        if kinds == {str} and not any("\n" in item for item in value):
            return {"ls": self._buffer("\n".join(value).encode("utf-8", "surrogatepass")), "n": len(value)}
        if kinds == {int} and all(-(2**63) <= item < 2**63 for item in value):
            return {"li": self._buffer(np.array(value, dtype=np.int64).tobytes())}
        if kinds == {float}:
            return {"lf": self._buffer(np.array(value, dtype=np.float64).tobytes())}
        return None

    def _array(self, array: np.ndarray[Any, Any], tag: str, value: Any) -> Any:
        name = array.dtype.name
        if name not in _DTYPES or array.ndim > MAX_RANK:
            raise Unsupported(type(value).__name__, f"dtype {name}, rank {array.ndim}")
        out: dict[str, Any] = {
            tag: self._buffer(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()),
            "y": name,
            "s": list(array.shape),
        }
        if tag == "T" and bool(value.requires_grad):
            out["r"] = True
        return out

    def _buffer(self, data: bytes) -> int:
        self._bytes += len(data)
        if self._bytes > MAX_BODY or len(self.buffers) >= MAX_BUFFERS:
            raise Unsupported("array", "too large")
        self.buffers.append(data)
        return len(self.buffers) - 1


def _to_numpy(value: torch.Tensor) -> np.ndarray[Any, Any]:
    if value.dtype not in _NAMES:
        raise Unsupported("Tensor", f"dtype {value.dtype}")
    if value.layout is not torch.strided:
        value = value.to_dense()
    return np.asarray(value.detach().cpu().resolve_conj().resolve_neg().contiguous().numpy())


class Decoder:
    """Builds values of exact base types out of a received frame.

    Args:
        frame: as received; nothing in it is believed.
        remote: what a handle becomes; `Remote` on the trusted side, the object itself in the student's process.

    Example:
        >>> Decoder(Frame({}, [])).decode({"t": [1, {"f": "nan"}]})
        (1, nan)
    """

    def __init__(self, frame: Frame, remote: Callable[[int, str], Any] = Remote) -> None:
        self._buffers = frame.buffers
        self._remote = remote
        self._nodes = 0
        self._packed_items = 0
        self._used: set[int] = set()

    def decode(self, form: Any, depth: int = 0) -> Any:
        """The value that `form` stands for.

        Raises:
            WireError: not a form that `Encoder` writes.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH + 1:
            raise WireError("too many items or too deep")
        if form is None or type(form) in (bool, str):
            return form
        if type(form) is int:
            if not -(2**63) <= form < 2**63:
                raise WireError("integer outside 64 bits")
            return form
        if type(form) is not dict:
            raise WireError("unknown form")
        try:
            return self._tagged(form, depth)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError, RuntimeError) as error:
            raise WireError("malformed value") from error

    def _tagged(self, form: dict[str, Any], depth: int) -> Any:
        if "f" in form:
            return float.fromhex(_typed(form["f"], str))
        if "l" in form:
            return [self.decode(item, depth + 1) for item in _typed(form["l"], list)]
        if "t" in form:
            return tuple(self.decode(item, depth + 1) for item in _typed(form["t"], list))
        if "e" in form:
            return set(_spread([self.decode(item, depth + 1) for item in _typed(form["e"], list)]))
        if "d" in form:
            pairs = _typed(form["d"], list)
            keys = _spread([self.decode(key, depth + 1) for key, _ in pairs])
            return dict(zip(keys, [self.decode(value, depth + 1) for _, value in pairs], strict=True))
        if "ls" in form or "li" in form or "lf" in form:
            return self._list(form)
        if "a" in form:
            return self._array(form["a"], form)
        if "T" in form:
            tensor = torch.from_numpy(self._array(form["T"], form))
            return tensor.requires_grad_() if form.get("r") is True and tensor.is_floating_point() else tensor
        if "g" in form:
            self._nodes += _GENERATOR_NODES
            return torch.Generator().manual_seed(_typed(form["g"], int))
        if "h" in form:
            return self._remote(_typed(form["h"], int), str(form.get("c", ""))[:80])
        raise WireError("unknown form")

    def _list(self, form: dict[str, Any]) -> list[Any]:
        """A long list of one scalar type; its length is known before any of its items is made."""
        tag = next(tag for tag in ("ls", "li", "lf") if tag in form)
        data = self._buffer(form[tag])
        count = data.count(b"\n") + 1 if tag == "ls" else len(data) // 8
        self._packed_items += count
        if self._packed_items > MAX_PACKED:
            raise WireError("too many items")
        if tag != "ls":
            return np.frombuffer(data, dtype=np.int64 if tag == "li" else np.float64).tolist()  # type: ignore[no-any-return]
        if count != form["n"]:
            raise WireError("list of another length than announced")
        return data.decode("utf-8", "surrogatepass").split("\n")

    def _buffer(self, index: Any) -> bytearray:
        """A buffer, once: a few bytes of header must not multiply it."""
        index = _typed(index, int)
        if not 0 <= index < len(self._buffers) or index in self._used:
            raise WireError("no such buffer, or used twice")
        self._used.add(index)
        return self._buffers[index]  # type: ignore[no-any-return]

    def _array(self, index: Any, form: dict[str, Any]) -> np.ndarray[Any, Any]:
        name, shape, data = _typed(form["y"], str), _typed(form["s"], list), self._buffer(index)
        if name not in _DTYPES or len(shape) > MAX_RANK or any(type(n) is not int or n < 0 for n in shape):
            raise WireError("no such array")
        count = 1
        for n in shape:
            count *= n
        dtype = np.dtype(name)
        if count * dtype.itemsize != len(data):
            raise WireError("array of another size than its buffer")
        if name == "bool" and len(data) and np.frombuffer(data, dtype=np.uint8).max() > 1:
            raise WireError("bool that is neither 0 nor 1")
        return np.frombuffer(data, dtype=dtype).reshape(shape)


def _spread(keys: list[Any]) -> list[Any]:
    """The keys of a dict or set, refused where many share a hash on purpose (as tuples of chosen integers can)."""
    if len(keys) > MAX_SAME_HASH and max(Counter(map(hash, keys)).values()) > MAX_SAME_HASH:
        raise WireError("keys chosen to collide")
    return keys


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise WireError(f"{kind.__name__} expected")
    return value
