"""The filter, run by a small interpreter of classic BPF: both machines' programs are checked here, on either machine."""

from __future__ import annotations

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from coursegrader.sandbox.confinement import bpf, seccomp
from coursegrader.sandbox.confinement.syscall_numbers import numbers

ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ENOSYS, EPERM = bpf.deny(errno.ENOSYS), bpf.deny(errno.EPERM)
MACHINES = pytest.mark.parametrize("machine", sorted(ARCH))


def verdict(program: bytes, number: int, *arguments: int, arch: int) -> int:
    """What the filter decides on a call."""
    data = struct.pack(
        "<iIQ6Q", number if number < 1 << 31 else number - (1 << 32), arch, 0, *arguments, *[0] * (6 - len(arguments))
    )
    code = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    at, word = 0, 0
    while True:
        operation, yes, no, k = code[at]
        at += 1
        if operation == bpf.LOAD:
            (word,) = struct.unpack_from("<I", data, k)
        elif operation == bpf.RETURN:
            return int(k)
        elif operation == bpf.JUMP:
            at += k
        else:
            test = {bpf.EQUAL: word == k, bpf.AT_LEAST: word >= k, bpf.ANY_BIT: bool(word & k)}[operation]
            at += yes if test else no


def decide(machine: str, name: str, *arguments: int, signals: bool = True) -> int:
    """What the filter of a machine decides on a call by name."""
    return verdict(seccomp.program(machine, signals), numbers(machine)[name], *arguments, arch=ARCH[machine])


@MACHINES
def test_every_number_gets_the_verdict_of_its_name(machine: str) -> None:
    program = seccomp.program(machine)
    number = numbers(machine)
    name_of = {value: name for name, value in number.items()}
    checked = {"clone", "fcntl", "socketpair", *seccomp._ALLOWED_VALUES}
    attacks, absent = set(seccomp._ATTACKS.split()), set(seccomp._ABSENT.split())
    signals = set(seccomp._SIGNALS.split())
    for value in range(600):
        name = name_of.get(value, "")
        if name in checked:
            continue
        expected = (
            bpf.ALLOW
            if name in seccomp.allowed() | signals
            else bpf.KILL
            if name in attacks
            else ENOSYS
            if name in absent
            else EPERM
        )
        assert verdict(program, value, arch=ARCH[machine]) == expected, (value, name)


@MACHINES
def test_program_fits_and_ends(machine: str) -> None:
    program = seccomp.program(machine)
    assert len(program) % 8 == 0
    assert len(program) // 8 <= 4096  # BPF_MAXINSNS
    longest = max(k for operation, _, _, k in struct.iter_unpack("<HBBI", program) if operation == bpf.JUMP)
    assert longest < len(program) // 8


@MACHINES
def test_other_architectures_end_the_process(machine: str) -> None:
    for arch in (0x40000003, 0x40000028, *(set(ARCH.values()) - {ARCH[machine]})):
        assert verdict(seccomp.program(machine), numbers(machine)["write"], arch=arch) == bpf.KILL


def test_x32_ends_the_process() -> None:
    for number in (0x40000000, 0x40000001, 0x40000209, 0xFFFFFFFF):
        assert verdict(seccomp.program("x86_64"), number, arch=ARCH["x86_64"]) == bpf.KILL


@MACHINES
def test_clone_makes_threads_and_processes_but_no_namespaces(machine: str) -> None:
    thread, fork, vfork = 0x3D0F00, 0x1200011, 0x4111
    for flags in (thread, fork, vfork):
        assert decide(machine, "clone", flags) == bpf.ALLOW
    for bit in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x8000):
        assert decide(machine, "clone", fork | bit) == EPERM
    assert decide(machine, "clone3") == ENOSYS


@MACHINES
def test_arguments_are_checked(machine: str) -> None:
    for name in ("socket", "socketpair"):
        assert decide(machine, name, 1) == bpf.ALLOW
        assert all(decide(machine, name, family) == EPERM for family in range(50) if family != 1)
    assert decide(machine, "ioctl", 0, 0x5401) == bpf.ALLOW
    assert decide(machine, "ioctl", 0, 0x5412) == EPERM  # TIOCSTI
    assert decide(machine, "ioctl", 0, 0x5412 | 1 << 40) == EPERM  # the kernel looks at 32 bits only
    assert decide(machine, "ioctl", 0, 0x541C) == EPERM  # TIOCLINUX
    assert decide(machine, "prctl", 15) == bpf.ALLOW
    assert decide(machine, "prctl", 4) == EPERM  # dumpable
    assert decide(machine, "prctl", 22) == EPERM  # seccomp
    assert decide(machine, "prctl", 36) == EPERM  # subreaper
    assert decide(machine, "prlimit64", 0) == bpf.ALLOW
    assert decide(machine, "prlimit64", 1) == EPERM
    assert decide(machine, "sched_setaffinity", 0) == bpf.ALLOW
    assert decide(machine, "sched_setaffinity", 77) == EPERM
    assert decide(machine, "setpriority", 0, 0, 5) == bpf.ALLOW
    assert decide(machine, "setpriority", 2, 0, 19) == EPERM  # all processes of the user
    assert decide(machine, "setpriority", 0, 77, 19) == EPERM
    assert all(
        decide(machine, "fcntl", 0, command) == bpf.ALLOW for command in (0, 1, 2, 3, 4, 5, 6, 7, 9, 1030, 1031, 1033)
    )
    assert all(decide(machine, "fcntl", 0, command) == EPERM for command in (8, 10, 15, 1024, 1026))


@MACHINES
def test_signals_reach_only_oneself_where_nothing_else_bounds_them(machine: str) -> None:
    program = seccomp.bind_to(seccomp.program(machine, signals=False), 4321)
    assert (
        verdict(program, numbers(machine)["pidfd_send_signal"], 4321, arch=ARCH[machine]) == EPERM
    )  # a descriptor, not a pid
    for name in ("kill", "tkill", "tgkill", "rt_sigqueueinfo"):
        number = numbers(machine)[name]
        assert verdict(program, number, 4321, arch=ARCH[machine]) == bpf.ALLOW
        for other in (1, 0, 0xFFFFFFFF, seccomp.OWN_PID, 4320):
            assert verdict(program, number, other, arch=ARCH[machine]) == EPERM
    assert decide(machine, "kill", 77) == bpf.ALLOW


def test_unknown_machine_is_an_error() -> None:
    assert numbers("riscv64") == {}
    with pytest.raises(KeyError):
        seccomp.program("riscv64")


HEADERS = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}


@MACHINES
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    header = Path(HEADERS[machine])
    if not header.exists() or (machine == "x86_64" and platform.machine() != "x86_64"):
        pytest.skip(f"no {header}")
    text = header.read_text()
    symbols = dict(re.findall(r"#define (__NR\w*) (\d+)", text))
    aliases = dict(re.findall(r"#define __NR_(\w+) (__NR3264_\w+)", text))
    found = 0
    for name, number in numbers(machine).items():
        written = symbols.get(f"__NR_{name}") or symbols.get(aliases.get(name, ""))
        if written is not None:
            found += 1
            assert int(written) == number, name
    assert found > 200


def test_assembler_searches_ranges() -> None:
    program = bpf.Program()
    program.load(bpf.NUMBER_OFFSET)
    program.search({0: 1, 1: 1, 5: "five", 9: 2}, 7)
    program.label("five")
    program.verdict(55)
    code = program.assemble()
    assert [verdict(code, number, arch=0) for number in range(11)] == [1, 1, 7, 7, 7, 55, 7, 7, 7, 2, 7]


def test_every_call_that_the_package_makes_has_a_number_on_both_machines() -> None:
    package = Path(seccomp.__file__).parent
    used = {name for file in package.glob("*.py") for name in re.findall(r"""\bcall\(\s*"(\w+)\"""", file.read_text())}
    assert {"mount", "landlock_restrict_self", "seccomp", "capset"} <= used
    for machine in ARCH:
        assert used <= set(numbers(machine)), machine
