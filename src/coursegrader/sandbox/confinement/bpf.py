"""A small assembler for the seccomp filter: labels, forward jumps, and a binary search over system call numbers.

Classic BPF has only forward jumps, with 8-bit offsets when conditional; the search therefore pairs each comparison with an
unconditional jump, whose offset has 32 bits. Source: `linux/filter.h`, `linux/seccomp.h`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP = 0x05  # BPF_JMP | BPF_JA
EQUAL = 0x15
AT_LEAST = 0x35
ANY_BIT = 0x45
RETURN = 0x06

NUMBER_OFFSET = 0
ARCH_OFFSET = 4

ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERRNO = 0x00050000


def deny(error: int) -> int:
    """The verdict "fails with this errno"."""
    return _ERRNO | error


def argument_offset(index: int) -> int:
    """Where the low 32 bits of an argument lie in `struct seccomp_data`, on a little-endian machine."""
    return 16 + 8 * index


class Program:
    """Instructions under construction.

    Example:
        >>> program = Program()
        >>> program.verdict(ALLOW)
        >>> program.assemble().hex()
        '060000000000ff7f'
    """

    def __init__(self) -> None:
        self._code: list[tuple[int, int, int, int]] = []
        self._labels: dict[str, int] = {}
        self._jumps: dict[int, str] = {}

    def load(self, offset: int) -> None:
        """Load a 32-bit word of the call's data."""
        self._code.append((LOAD, 0, 0, offset))

    def verdict(self, value: int) -> None:
        """Decide."""
        self._code.append((RETURN, 0, 0, value))

    def when(self, test: int, operand: int, value: int) -> None:
        """Decide if the loaded word passes the test, else go on."""
        self._code.append((test, 0, 1, operand))
        self.verdict(value)

    def unless(self, test: int, operand: int, value: int) -> None:
        """Decide if the loaded word fails the test, else go on."""
        self._code.append((test, 1, 0, operand))
        self.verdict(value)

    def label(self, name: str) -> None:
        """Name the next instruction."""
        self._labels[name] = len(self._code)

    def jump(self, name: str) -> None:
        """Go to a label further down."""
        self._jumps[len(self._code)] = name
        self._code.append((JUMP, 0, 0, 0))

    def search(self, table: Mapping[int, int | str], otherwise: int) -> None:
        """Decide on the loaded word by binary search.

        Args:
            table: from a word to a verdict, or to the label that decides.
            otherwise: the verdict for all other words.
        """
        self._branch(_ranges(table, otherwise))

    def _branch(self, ranges: list[tuple[int, int | str]]) -> None:
        if len(ranges) == 1:
            outcome = ranges[0][1]
            if isinstance(outcome, str):
                self.jump(outcome)
            else:
                self.verdict(outcome)
            return
        middle = len(ranges) // 2
        self._code.append((AT_LEAST, 0, 1, ranges[middle][0]))
        at = len(self._code)
        self._code.append((JUMP, 0, 0, 0))
        self._branch(ranges[:middle])
        self._code[at] = (JUMP, 0, 0, len(self._code) - at - 1)
        self._branch(ranges[middle:])

    def assemble(self) -> bytes:
        """The program as an array of `struct sock_filter`."""
        code = list(self._code)
        for at, name in self._jumps.items():
            code[at] = (JUMP, 0, 0, self._labels[name] - at - 1)
        return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def _ranges(table: Mapping[int, int | str], otherwise: int) -> list[tuple[int, int | str]]:
    """The table as (first word, outcome) of consecutive ranges that cover all words."""
    ranges: list[tuple[int, int | str]] = [(0, table.get(0, otherwise))]
    for word in sorted({word + step for word in table for step in (0, 1)} - {0}):
        outcome = table.get(word, otherwise)
        if outcome != ranges[-1][1]:
            ranges.append((word, outcome))
    return ranges
