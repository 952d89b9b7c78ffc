"""Huge pages: what a process holds is the same afterwards, and a region is never cut wrongly."""

from __future__ import annotations

import os

import pytest

from coursegrader.sandbox import huge_pages


def test_only_anonymous_writable_memory_is_taken_and_whole_pages_of_it() -> None:
    maps = (
        "00400000-00900000 rw-p 00000000 00:00 0      [heap]\n"
        "7f0000100000-7f0000700000 rw-p 00000000 00:00 0 \n"
        "7f0001000000-7f0001200000 rw-p 00000000 08:01 12  /usr/lib/libc.so.6\n"
        "7f0002000000-7f0002400000 r--p 00000000 00:00 0 \n"
        "7f0003000000-7f0003100000 rw-p 00000000 00:00 0 \n"
        "7ffee0000000-7ffee0400000 rw-p 00000000 00:00 0      [stack]"
    )
    assert huge_pages._regions(maps) == [(0x400000, 0x800000), (0x7F0000200000, 0x7F0000600000)]


def test_memory_keeps_its_content_and_a_fork_its_own() -> None:
    blocks = [bytes([n]) * (5 << 20) for n in range(4)]
    if huge_pages.collapse() == 0:
        pytest.skip("this kernel makes no huge pages on request")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if all(block == bytes([n]) * (5 << 20) for n, block in enumerate(blocks)) else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert all(block == bytes([n]) * (5 << 20) for n, block in enumerate(blocks))
