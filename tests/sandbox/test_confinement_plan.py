"""Plans and what is worked out from them, without a child."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import (
    Limits,
    Mode,
    Plan,
    cgroups,
    landlock,
    make_plan,
    paths,
    recipe,
    rootfs,
    slots,
    spawn,
)


def test_plan_travels_as_json() -> None:
    plan = Plan(
        Mode.FULL_ROOT,
        Limits(processes=7),
        60900,
        60901,
        ("/usr",),
        {"a/b.bin": bytes(range(256))},
        ("/sys/fs/cgroup",),
    )
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "a\0b"])
def test_work_file_stays_in_the_working_directory(name: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        Plan(Mode.NONE, work_files={name: b""})


@pytest.mark.parametrize("value", [0, -1, 1.5])
def test_limits_are_positive_whole_numbers(value: float) -> None:
    with pytest.raises(ValueError, match="memory_bytes"):
        Limits(memory_bytes=value)  # type: ignore[arg-type]


def test_modes_have_a_word_for_people() -> None:
    assert [mode.label for mode in Mode] == ["full", "full", "reduced", "off"]


def test_readable_paths_hold_the_interpreter_and_no_secret() -> None:
    found = paths.readable_paths()
    real = os.path.realpath(sys.executable)
    assert any(real == path or real.startswith(f"{path}/") for path in found)
    assert any(sys.prefix == path or sys.prefix.startswith(f"{path}/") for path in found)
    assert not {"/", "/etc", "/home", "/root", "/var", "/etc/passwd", "/etc/shadow", str(Path.cwd())} & set(found)
    assert not any(a != b and a.startswith(f"{b}/") and not Path(b).is_symlink() for a in found for b in found)


def test_path_that_a_user_cannot_pass_is_named(tmp_path: Path) -> None:
    base = Path("/tmp") / f"coursegrader-test-{os.getpid()}"
    inner = base / "private" / "lib"
    inner.mkdir(parents=True)
    try:
        for directory in (base, base / "private", inner):
            directory.chmod(0o755)
        nobody = 60991
        assert paths.unreadable(str(inner), nobody, nobody) is None
        (base / "private").chmod(0o700)
        assert paths.unreadable(str(inner), nobody, nobody) == str(base / "private")
        assert paths.unreadable(str(inner), os.getuid(), os.getgid()) is None
        assert paths.unreadable(str(base / "nothing"), nobody, nobody) == str(base / "nothing")
    finally:
        (base / "private").chmod(0o755)
        inner.rmdir()
        (base / "private").rmdir()
        base.rmdir()


def test_root_file_system_shows_devices_and_libraries_but_no_terminal() -> None:
    root = rootfs.prepare(make_plan(Mode.FULL_ROOT))
    seen = {bind.path for bind in root.binds} | {path for path, _ in root.links}
    assert {"/dev/null", "/dev/urandom", "/usr"} <= seen
    assert not any(
        path.startswith(("/dev/tty", "/dev/pts", "/dev/ptmx", "/dev/mem", "/dev/kvm", "/root", "/home"))
        for path in seen
    )


def test_landlock_asks_only_for_rights_that_the_kernel_knows() -> None:
    assert landlock.handled(1) == (1 << 13) - 1
    assert landlock.handled(4) == (1 << 15) - 1
    assert landlock.handled(5) == (1 << 16) - 1
    assert landlock.handled(99) == (1 << 17) - 1
    assert not landlock.READ & landlock.WRITE & 0b1110000000010  # reading allows no writing, making or removing


@pytest.mark.parametrize("mode", [Mode.FULL_ROOT, Mode.FULL_USER])
def test_mode_of_another_user_is_refused_by_name(mode: Mode) -> None:
    if (mode is Mode.FULL_ROOT) == (os.geteuid() == 0):
        pytest.skip("this user may have this mode")
    with pytest.raises(MachineFault, match=f"mode {mode.value}"):
        recipe.recipe_for(Plan(mode))


def test_reduced_mode_needs_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    with pytest.raises(MachineFault, match="needs Landlock"):
        recipe.recipe_for(Plan(Mode.REDUCED))


def test_slots_run_out_with_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "SLOTS", 2)
    plan = Plan(Mode.REDUCED, uid=60980)
    taken = [slots.take(plan), slots.take(plan)]
    try:
        with pytest.raises(MachineFault, match="all 2 slots are taken"):
            slots.take(plan)
        slots.release(taken.pop(0))
        again = slots.take(plan)
        assert again.uid == (60980 if os.geteuid() == 0 else os.geteuid())
        taken.append(again)
    finally:
        for slot in taken:
            slots.release(slot)


def test_control_groups_are_found_set_and_removed() -> None:
    found = cgroups.discover()
    if not found:
        pytest.skip("no control group can be written here")
    groups = cgroups.open_groups(
        found, f"test-{os.getpid()}", Limits(memory_bytes=64 << 20, disk_bytes=1 << 20, processes=9)
    )
    try:
        assert cgroups.members(groups) == set()
        said = {
            name: (Path(group) / name).read_text().strip()
            for group in groups
            for name in os.listdir(group)
            if name == "pids.max"
        }
        assert set(said.values()) <= {"11"}
        if cgroups.limits_memory(found):
            names = ("memory.limit_in_bytes", "memory.max")
            limits = [
                int((Path(group) / name).read_text())
                for group in groups
                for name in names
                if (Path(group) / name).exists()
            ]
            assert limits == [(64 + 1 + 128) << 20]
    finally:
        cgroups.close_groups(groups)
    assert not any(Path(group).exists() for group in groups)


def test_version_2_is_used_where_controllers_are_handed_down(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory\n")
    assert cgroups.limits_memory((str(tmp_path),))
    (tmp_path / "cgroup.subtree_control").write_text("cpu pids\n")
    assert not cgroups.limits_memory((str(tmp_path),))


def test_off_runs_the_body_and_says_how_it_ended() -> None:
    from coursegrader.sandbox.confinement import destroy

    read, write = os.pipe()
    plan = make_plan(Mode.NONE, work_files={"a.txt": b"x"})

    def body() -> None:
        os.write(write, Path("a.txt").read_bytes() + os.environ["HOME"].encode())
        os._exit(5)

    child = spawn(plan, [write], body)  # type: ignore[arg-type]
    os.close(write)
    said = os.read(read, 1000)
    os.close(read)
    assert destroy(child, patience=5) == 5
    assert said.startswith(b"x/")
    assert not Path(child.directory).exists()
