"""Whatever a student's process writes on the channel, the trusted side ends with a value or a protocol error, soon."""

from __future__ import annotations

import array
import contextlib
import json
import os
import random
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursegrader.sandbox import wire
from coursegrader.sandbox.wire import Clock, Decoder, Encoder, Frame, WireError

EXPECTED = (WireError, TimeoutError, EOFError)
TAGS = ("f", "l", "t", "e", "d", "ls", "li", "lf", "a", "T", "g", "h", "y", "s", "r", "n", "c", "?")


@contextlib.contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def read(data: bytes, seconds: float = 0.5) -> Any:
    """What the trusted side makes of these bytes, after which the channel is closed."""
    with pair() as (student, trusted):
        student.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(data) + 4096)
        student.settimeout(seconds)
        with contextlib.suppress(OSError):
            student.sendall(data)
        student.close()
        frame = wire.receive(trusted, Clock(seconds))
        return Decoder(frame).decode(frame.header.get("value"))


def pack(header: bytes, sizes: list[int], body: bytes = b"", length: int | None = None) -> bytes:
    """A frame whose numbers need not be true."""
    prefix = struct.pack("<II", len(header) if length is None else length, len(sizes) & 0xFFFFFFFF)
    return prefix + struct.pack(f"<{len(sizes)}Q", *sizes) + header + body


LEAVES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    2**62,
    2**63,
    2**64,
    -(2**63),
    10**30,
    1.5,
    float("nan"),
    float("inf"),
]
LEAVES += [
    "",
    "float32",
    "bool",
    "object",
    "0x1p9999",
    "nan",
    "0x1p3",
    "\ud800",
    "é\0",
    "a" * 99,
    [],
    {},
    [[]],
    [[1, 2]],
    [3, 2],
]


class Choices:
    """Decisions read off bytes, which hypothesis chooses and shrinks quickly."""

    def __init__(self, data: bytes) -> None:
        self.data = iter(data)

    def below(self, bound: int) -> int:
        return next(self.data, 0) % bound

    def form(self, depth: int = 0) -> Any:
        """Something like an encoded value, right more often than chance would have it."""
        kind = self.below(8) if depth < 11 else 0
        if kind < 2:
            return LEAVES[self.below(len(LEAVES))]
        if kind == 2:
            return [self.form(depth + 1) for _ in range(self.below(4))]
        if kind == 3:
            return {TAGS[self.below(3) + 1]: [self.form(depth + 1) for _ in range(self.below(4))]}
        if kind == 4:
            return {"d": [[self.form(depth + 1), self.form(depth + 1)] for _ in range(self.below(4))]}
        if kind == 5:
            return {
                ("a", "T")[self.below(2)]: self.below(4),
                "y": ("bool", "uint8", "int64")[self.below(3)],
                "s": [self.below(9)],
            }
        if kind == 6:
            return {("ls", "li", "lf")[self.below(3)]: self.below(4), "n": self.below(4)}
        return {TAGS[self.below(len(TAGS))]: self.form(depth + 1) for _ in range(self.below(4))}

    def frame(self) -> bytes:
        """A frame whose sizes are mostly true."""
        buffers = [bytes(self.below(256) for _ in range((0, 1, 8, 16)[self.below(4)])) for _ in range(self.below(4))]
        sizes = [len(b) for b in buffers]
        if buffers and (lie := self.below(8)) > 5:
            sizes[0] += 2 ** (20 * (lie - 5))
        header = json.dumps({"value": self.form()}).encode("utf-8", "surrogatepass")
        return pack(header, sizes, b"".join(buffers))


@given(st.binary(max_size=80), st.booleans())
@settings(max_examples=10_000, deadline=2000, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_frame_brings_the_trusted_side_down(data: bytes, raw: bool) -> None:
    with contextlib.suppress(*EXPECTED):
        read(data if raw else Choices(data).frame())


def test_mutated_frames_give_a_value_or_a_protocol_error() -> None:
    encoder = Encoder()
    value = {"a": [1, 2.5, "é", None], "b": (True, {"x"}), "l": list(range(50)), "s": ["ab"] * 40}
    form = encoder.encode(value)
    true = pack(json.dumps({"value": form}).encode(), [len(b) for b in encoder.buffers], b"".join(encoder.buffers))
    assert read(true) == value
    rng = random.Random(5)
    outcomes = {"value": 0, "refused": 0}
    for _ in range(3000):
        data = bytearray(true)
        for _ in range(rng.choice((1, 1, 2, 8))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        try:
            read(bytes(data))
            outcomes["value"] += 1
        except EXPECTED:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100, outcomes  # the mutations reach both ends


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<II", 2**32 - 1, 0),
        struct.pack("<II", 10, 2**32 - 1),
        struct.pack("<IIQ", 10, 1, 2**64 - 1),
        struct.pack("<IIQ", 10, 1, wire.MAX_BODY + 1),
        struct.pack("<II", 2, 64) + struct.pack("<64Q", *[2**58] * 64),
        struct.pack("<II", wire.MAX_HEADER, 0) + b"x",
        pack(b"[" * 1_000_000, []),
        pack(b'{"value":' + b'{"l":[' * 100_000, []),
        pack(b'{"value":' + b"9" * 100_000 + b"}", []),
        pack(b'{"value":' + b"[" * 5000 + b"]" * 5000 + b"}", []),
        pack(b"[]", []),
        pack(b"null", []),
        pack(b"\xff\xfe\x00", []),
        pack(b"", []),
        b"\0",
        b"",
        os.urandom(10_000),
    ],
    ids=range(17),
)
def test_lies_about_sizes_and_depth_end_at_once_and_take_no_memory(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with pytest.raises(EXPECTED):
        read(data, seconds=60)
    assert time.monotonic() - started < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KB


def test_a_closed_channel_is_told_from_a_frame_cut_short() -> None:
    with pytest.raises(EOFError):
        read(b"")
    with pytest.raises(WireError, match="cut short"):
        read(b"\1\0\0")


def test_a_slow_drip_ends_at_the_deadline() -> None:
    with pair() as (student, trusted):
        ended = threading.Event()

        def drip() -> None:
            data = pack(b'{"value":1}' + b" " * 500, [])
            for byte in data:
                if ended.wait(0.02):
                    return
                with contextlib.suppress(OSError):
                    student.send(bytes([byte]))

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        try:
            with pytest.raises(TimeoutError):
                wire.receive(trusted, Clock(0.4))
            assert time.monotonic() - started < 10
        finally:
            ended.set()
            thread.join()


def test_a_reader_that_does_not_read_ends_at_the_deadline() -> None:
    with pair() as (trusted, _):
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.send(trusted, Frame({}, [bytes(32 << 20)]), Clock(0.3))
        assert time.monotonic() - started < 10


def test_descriptors_that_are_passed_are_not_taken() -> None:
    with pair() as (student, trusted), open(os.devnull) as passed:
        data = pack(b'{"value":1}', [])
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [passed.fileno()] * 50))]
        before = set(os.listdir("/proc/self/fd"))
        student.sendmsg([data], rights)
        assert wire.receive(trusted, Clock(1)).header == {"value": 1}
        assert set(os.listdir("/proc/self/fd")) == before


def test_two_frames_in_one_write_are_two_frames() -> None:
    with pair() as (student, trusted):
        student.sendall(pack(b'{"value":1}', []) + pack(b'{"value":2}', [3], b"abc"))
        assert wire.receive(trusted, Clock(1)).header["value"] == 1
        assert bytes(wire.receive(trusted, Clock(1)).buffers[0]) == b"abc"
