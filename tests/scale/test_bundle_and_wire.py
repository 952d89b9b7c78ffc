"""What travels: a course known by its content, submissions and results as bytes; and what a worker refuses."""

from __future__ import annotations

import io
import shutil
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from coursegrader import worker
from coursegrader.cluster import Scheduler, grading, scheduler_of, task
from coursegrader.cluster.bundle import Bundle, pack, unpack
from coursegrader.cluster.match import differences, fingerprint
from coursegrader.cluster.task import Wanted, accept, answer, grade_packed
from coursegrader.cluster.wire import pack_fault, pack_result, pack_task, unpack_result, unpack_task
from coursegrader.course import load_course
from coursegrader.errors import CourseFault, MachineFault, OutOfPatience
from coursegrader.patience import Patience
from coursegrader.sandbox.confinement import Mode
from coursegrader.submission import Submission
from tests.pipeline.small_course import NAME, Class, write_config


def test_equal_courses_give_equal_bundles_and_the_same_version_elsewhere(klass: Class, tmp_path: Path) -> None:
    shutil.copytree(klass.root, tmp_path / "copy")
    first, second = pack(klass.course, NAME), pack(load_course(tmp_path / "copy", only=[]), NAME)
    assert first == second
    there = unpack(first, tmp_path / "worker")
    assert unpack(first, tmp_path / "worker") == there
    assert load_course(there, only=[]).version(NAME) == klass.course.version(NAME)
    changed = klass.root / "grading_tests" / NAME / "test_total.py"
    changed.write_text(changed.read_text() + "\n# another check\n")
    assert pack(klass.course, NAME).digest != first.digest


def test_a_bundle_holds_no_work_of_students_nor_the_address_of_the_gradebook(klass: Class, tmp_path: Path) -> None:
    klass.hand_in("zoe")
    write_config(klass.root, "c.CourseDirectory.db_url = 'postgresql://grader:hunter2@db/course'\n")
    there = unpack(pack(klass.course, NAME), tmp_path)
    files = [path for path in there.rglob("*") if path.is_file()]
    assert {path.relative_to(there).parts[0] for path in files} <= {
        "course_config.py", "data", "grading_tests", "reference", "release", "source",
    }  # fmt: skip
    assert not any(b"hunter2" in path.read_bytes() for path in files)
    assert not [path for path in files if path.suffix == ".db"]


def test_a_bundle_that_is_damaged_or_leads_elsewhere_is_refused(klass: Class, tmp_path: Path) -> None:
    good = pack(klass.course, NAME)
    with pytest.raises(MachineFault, match="damaged"):
        unpack(Bundle(good.digest, good.content[:-1] + b"x"), tmp_path / "a")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        info = tarfile.TarInfo("../outside.py")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(MachineFault, match="no plain file"):
        unpack(Bundle(sha256(buffer.getvalue()).hexdigest(), buffer.getvalue()), tmp_path / "b")
    assert not (tmp_path / "outside.py").exists()
    assert list((tmp_path / "b").iterdir()) == []


def test_a_course_that_is_not_plain_data_or_not_built_cannot_travel(klass: Class) -> None:
    course = klass.course
    shutil.rmtree(klass.root / "release")
    with pytest.raises(CourseFault, match="not built"):
        pack(course, NAME)
    object.__setattr__(course, "data", {**course.data, "title": object()})
    with pytest.raises(CourseFault, match="plain data"):
        pack(course, NAME)


@pytest.mark.parametrize("notebook", [None, b"", b"\xff\x00{", b"x" * 100_000])
def test_a_task_travels_whole(notebook: bytes | None) -> None:
    item = Submission("zoé\\x1b", NAME, notebook, problem="vide", warnings=("é",))
    assert unpack_task(pack_task(item, None)) == (item, None)
    for patience in (Patience(1.5), Patience(1.5, 0.2)):
        assert unpack_task(pack_task(item, patience)) == (item, patience)


def test_results_and_faults_travel_and_noise_is_the_machines_fault(klass: Class, mode: Mode) -> None:
    klass.hand_in("zoe")
    result = worker.grade_one(klass.root, mode, Submission("zoe", NAME, b"{}"))
    again = unpack_result(pack_result(result))
    assert again == result
    assert again.verdict.digest == result.verdict.digest
    moving = OutOfPatience("p")
    moving.stuck = 0.25
    for fault in (CourseFault("c", hint="h"), MachineFault("m"), moving):
        with pytest.raises(type(fault)) as raised:
            unpack_result(pack_fault(fault))
        assert (raised.value.message, raised.value.hint) == (fault.message, fault.hint)
        assert getattr(raised.value, "stuck", None) == getattr(fault, "stuck", None)
    for noise in (b"", b"noise", pack_task(Submission("a", "b", None), None)):
        with pytest.raises(MachineFault, match="no result"):
            unpack_result(noise)


def wanted_of(klass: Class, mode: Mode) -> tuple[Wanted, Bundle]:
    bundle = pack(klass.course, NAME)
    return Wanted(bundle.digest, NAME, klass.course.version(NAME), mode.label, fingerprint()), bundle


def test_a_worker_accepts_what_it_can_grade_and_grades_alike(klass: Class, mode: Mode, tmp_path: Path) -> None:
    wanted, bundle = wanted_of(klass, mode)
    assert answer(wanted.key) is None
    assert accept(wanted, bundle.content, tmp_path, threads=1), answer(wanted.key)
    assert answer(wanted.key) == ""
    item = Submission("zoe", NAME, klass.hand_in("zoe", double=None).read_bytes())
    here = worker.grade_one(klass.root, mode, item)
    there = unpack_result(grade_packed(wanted.key, pack_task(item, None)))
    assert (there.verdict.digest, there.notebook, there.page) == (here.verdict.digest, here.notebook, here.page)


@pytest.mark.parametrize("what", ["engine", "torch", "version", "isolation", "threads", "damaged"])
def test_a_worker_refuses_what_it_would_grade_otherwise(
    what: str, klass: Class, mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bundle = wanted_of(klass, mode)
    values = {**vars(good), "fingerprint": dict(good.fingerprint)}
    threads, content = 1, bundle.content
    if what in ("engine", "torch"):
        values["fingerprint"][what] = "another"
    elif what == "version":
        values["version"] = "0" * 64
    elif what == "isolation":
        monkeypatch.setattr(grading, "best_mode", lambda: (Mode.NONE, "no namespaces"))
    elif what == "threads":
        threads = 4
    else:
        content = content[:-1]
    wanted = Wanted(**values)
    assert not accept(wanted, content, tmp_path, threads)
    assert {"threads": "--nthreads 1", "isolation": "no namespaces"}.get(what, what) in str(answer(wanted.key))
    assert grade_packed(wanted.key, pack_task(Submission("a", NAME, b"{}"), None)) == task.REFUSED


def test_the_fingerprint_knows_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    here = fingerprint()
    assert {"engine", "torch", "numpy", "python"} <= set(here)
    assert differences(here, here) == []
    assert differences(here, {}) == [f"{name} is missing here, the coordinator has {here[name]}" for name in here]


def test_where_the_scheduler_is_said_wrongly_it_is_said_what_to_write(klass: Class, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("ca", "cert", "key")]
    with pytest.raises(CourseFault, match="no address"):
        Scheduler("localhost:8786")
    with pytest.raises(CourseFault, match="uses no certificates"):
        Scheduler("tcp://h:1", *files)
    with pytest.raises(CourseFault, match="only ca"):
        Scheduler("tls://h:1", files[0])
    with pytest.raises(MachineFault, match="is not there"):
        Scheduler("tls://h:1", *files)
    with pytest.raises(CourseFault, match="needs certificates"):
        Scheduler("tls://h:1").security()
    course = klass.course
    assert scheduler_of(course, None, None, None, None) is None
    object.__setattr__(course, "data", {**course.data, "scheduler": "tcp://h:1"})
    assert scheduler_of(course, None, None, None, None) == Scheduler("tcp://h:1")
    assert scheduler_of(course, "local", None, None, None) is None
    assert scheduler_of(course, "tcp://other:2", None, None, None) == Scheduler("tcp://other:2")
    assert course.version(NAME) == klass.course.version(NAME)  # where it is graded is no part of a grade
