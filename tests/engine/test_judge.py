"""How hidden checks are collected and what each way of ending means."""

from __future__ import annotations

import inspect
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from coursegrader.checks import StudentError
from coursegrader.errors import CourseFault, MachineFault
from coursegrader.judge import Judge
from coursegrader.judge.explain import explain
from coursegrader.judge.student import Handle, Student
from coursegrader.sandbox.wire import Remote
from coursegrader.snapshot import CallFailed
from coursegrader.verdict import CheckResult

NAME = "01-juge"
HEAD = "import pytest\nfrom coursegrader.checks import StudentError, check, expect\nfrom coursegrader.errors import MachineFault\n"


class FakeSession:
    """A session whose functions are these; `snapshots` counts the forks."""

    def __init__(self, **functions: Callable[..., Any]) -> None:
        self.functions, self.snapshots = functions, 0

    modified_inputs = ()
    inputs_with_gradient = ()

    def snapshot(self) -> FakeSession:
        self.snapshots += 1
        return self

    def __enter__(self) -> FakeSession:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, name: str, args: Any, kwargs: Any, on: int | None = None) -> Any:
        return self.functions[name](*args, **kwargs)


def write(root: Path, **files: str) -> Path:
    folder = root / "grading_tests" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (folder / f"{name}.py").write_text(HEAD + body)
    return root


def body(code: str, name: str = "test_it", points: float = 1) -> str:
    return f'\n@check(points={points}, message="Non !")\ndef {name}(student):\n    {code}\n'


def judge(root: Path) -> Judge:
    return Judge(root, NAME, 7)


def outcome(root: Path, code: str, **functions: Callable[..., Any]) -> CheckResult:
    write(root, test_f=body(code))
    ((result,),) = judge(root).run(FakeSession(**functions)).values()  # type: ignore[arg-type]
    return result


@pytest.mark.parametrize(
    ("code", "passed", "message", "reason"),
    [
        ("pass", True, "", ""),
        ("assert student.f(2) == 4", True, "", ""),
        ("assert student.f(2) == 5, 'the secret'", False, "Non !", ""),
        ("pytest.fail('the secret')", False, "Non !", ""),
        ("expect.equal(student.f(2), 5, what='f')", False, "Non !", "« f » vaut 4 au lieu de 5."),
        ("raise StudentError('raised', 'Aïe.')", False, "Non !", "Aïe."),
    ],
)
def test_a_check_passes_or_says_why_not(code: str, passed: bool, message: str, reason: str, tmp_path: Path) -> None:
    result = outcome(tmp_path, code, f=lambda x: 2 * x)
    assert (result.passed, result.message, result.reason, result.fault) == (passed, message, reason, "")
    assert "secret" not in str(result)


@pytest.mark.parametrize(
    "code",
    [
        "raise KeyError('x')",
        "1 / 0",
        "pytest.skip('later')",
        "pytest.xfail('later')",
        "raise SystemExit(0)",
        "undefined",
        "student.f(object())",
        "class Mine(AssertionError): pass\n    raise Mine('x')",
    ],
)
def test_a_check_that_crashes_is_no_fault_of_the_student(code: str, tmp_path: Path) -> None:
    result = outcome(tmp_path, code, f=abs)
    assert result.passed is None
    assert result.fault
    assert "pas compté contre vous" in result.message


def test_a_fixture_that_crashes_is_no_fault_of_the_student(tmp_path: Path) -> None:
    fixture = "@pytest.fixture\ndef broken():\n    raise ValueError('in the fixture')\n"
    write(
        tmp_path, test_f=fixture + body("pass").replace("(student)", "(student, broken)") + body("pass", "test_other")
    )
    first, second = judge(tmp_path).run(FakeSession())["f"]  # type: ignore[arg-type]
    assert (first.passed, first.fault) == (None, "ValueError: in the fixture")
    assert second.passed is True


def test_what_is_told_of_a_fault_is_the_same_from_run_to_run(tmp_path: Path) -> None:
    faults = {outcome(tmp_path, "raise RuntimeError(object())").fault for _ in range(3)}
    assert faults == {"RuntimeError: <object object at 0x…>"}


def test_a_machine_that_fails_ends_the_run_and_the_next_one_is_as_if_it_had_not(tmp_path: Path) -> None:
    fixture = "@pytest.fixture(scope='module')\ndef values():\n    return [1]\n"
    last = body("pass", "test_c").replace("(student)", "(student, values)")
    write(
        tmp_path,
        test_f=fixture + body("student.f()", "test_a").replace("(student)", "(student, values)") + last,
        test_g=body("student.f()"),
    )

    def fails() -> None:
        raise MachineFault("no disk")

    judged = judge(tmp_path)
    good = judged.run(FakeSession(f=lambda: None))  # type: ignore[arg-type]
    with pytest.raises(MachineFault, match="no disk"):
        judged.run(FakeSession(f=fails))  # type: ignore[arg-type]
    assert judged.run(FakeSession(f=lambda: None)) == good  # type: ignore[arg-type]
    assert all(check.passed for checks in good.values() for check in checks)


def test_a_process_that_has_gone_fails_every_check_with_the_reason(tmp_path: Path) -> None:
    class Gone(FakeSession):
        def snapshot(self) -> Any:
            raise CallFailed("stopped")

    write(tmp_path, test_f=body("student.f(1)") + body("student.get('x')", "test_get"), test_g=body("student.has('g')"))
    results = judge(tmp_path).run(Gone())  # type: ignore[arg-type]
    assert {(check.passed, check.fault) for checks in results.values() for check in checks} == {(False, "")}
    assert all("arrêté le programme" in check.reason for checks in results.values() for check in checks)


def test_each_check_has_a_fork_of_its_own(tmp_path: Path) -> None:
    session = FakeSession()
    write(tmp_path, test_f=body("pass", "test_a") + body("pass", "test_b"), test_g=body("pass"))
    judge(tmp_path).run(session)  # type: ignore[arg-type]
    assert session.snapshots == 3


def test_the_author_s_fault_is_told_from_a_clash_with_one_submission(tmp_path: Path) -> None:
    write(
        tmp_path, test_f=body("1 / 0", "test_broken") + body("[1][student.f()]", "test_clash") + body("pass", "test_c")
    )
    judged = judge(tmp_path)
    opened = []

    def reference() -> Any:
        opened.append(1)

        @contextmanager
        def session() -> Iterator[FakeSession]:
            yield FakeSession(f=lambda: 0)

        return session()

    for _ in range(2):
        broken, clash, fine = judged.run(FakeSession(f=lambda: 5), reference)["f"]  # type: ignore[arg-type]
        assert (broken.passed, broken.withdrawn) == (None, True)
        assert (clash.passed, clash.withdrawn) == (None, False)
        assert (fine.passed, fine.withdrawn) == (True, False)
    assert len(opened) == 1


def test_seeds_differ_from_check_to_check_and_not_from_run_to_run(tmp_path: Path) -> None:
    told = "\n@check(points=1, message='x')\ndef {}(student, seed, rng):\n    student.f(seed, rng.random())\n"
    write(tmp_path, test_f=told.format("test_a") + told.format("test_b"), test_g=told.format("test_a"))
    runs = []
    for seed in (7, 7, 8):
        seen: list[Any] = []
        Judge(tmp_path, NAME, seed).run(FakeSession(f=lambda *drawn, seen=seen: seen.append(drawn)))  # type: ignore[arg-type]
        runs.append(seen)
    assert runs[0] == runs[1]
    assert len({*runs[0], *runs[2]}) == 6


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"test_f": "def test_it(student): pass\n"}, "needs @check"),
        ({"test_f": "import nonsense_module\n" + body("pass")}, "nonsense_module"),
        ({"test_f": "def broken(:\n"}, "SyntaxError"),
        ({"conftest": "1 / 0\n", "test_f": body("pass")}, "ZeroDivisionError"),
    ],
)
def test_checks_that_cannot_be_collected_are_the_course_s_fault(
    files: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CourseFault, match=said):
        judge(write(tmp_path, **files))


def test_an_assignment_without_checks_has_none_with_a_folder_or_without(tmp_path: Path) -> None:
    """Where exercises want some, their points do not add up, which is said before anybody is graded."""
    assert judge(write(tmp_path)).points() == {}
    assert Judge(tmp_path, "02-missing", 7).points() == {}


def test_mended_checks_and_those_of_another_course_are_read_anew(tmp_path: Path) -> None:
    assert outcome(tmp_path / "a", "pass").passed is True
    assert outcome(tmp_path / "a", "assert False  # mended").passed is False
    assert outcome(tmp_path / "b", "pass").passed is True


def test_an_assignment_may_have_the_name_of_a_python_package(tmp_path: Path) -> None:
    write(tmp_path, test_f=body("assert student.f(2) == 4"))
    (tmp_path / "grading_tests" / NAME).rename(tmp_path / "grading_tests" / "wave")
    inspect.getmodule(wave.open)  # inspect remembers where it found the package, and trips over one without a file
    assert Judge(tmp_path, "wave", 7).points() == {"f": 1.0}
    assert sys.modules["wave"] is wave
    assert inspect.getmodule(wave.open) is wave


def test_points_are_those_of_the_checks(tmp_path: Path) -> None:
    write(tmp_path, test_f=body("pass", "test_a", 1.5) + body("pass", "test_b", 0.5), test_g=body("pass", points=3))
    assert judge(tmp_path).points() == {"f": 2.0, "g": 3.0}


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (CallFailed("raised", builtin=["ValueError", "Exception"], cell="f", line=3), "ValueError, à la ligne 3"),
        (CallFailed("raised", builtin=["ValueError"], cell="other", line=3), "erreur ValueError."),
        (CallFailed("raised", builtin=["secret1234", "KeyError"], error="secret1234"), "erreur KeyError"),
        (CallFailed("raised", builtin=[], error="secret1234", message="secret1234"), "erreur Exception"),
        (CallFailed("raised", builtin=["print", "ValueError"], cell="f", line=10**9), "erreur ValueError."),
        (CallFailed("timeout", seconds=1.5), "1.5 s"),
        (CallFailed("unsupported", type="secret1234", why="x"), "type object"),
        (CallFailed("unsupported", type="generator"), "type generator"),
        (CallFailed("unsupported", type="generator", why="not a value"), "au lieu d'un générateur"),
        (CallFailed("unsupported", type="Tensor", why="as a key"), "une clé est un objet de type Tensor"),
        (CallFailed("unsupported", type="secret1234", why="dtype secret1234"), "float32, float64, int64 ou bool"),
        (CallFailed("unsupported", type="str", why="text too long"), "beaucoup trop grande"),
        (CallFailed("unsupported", type="int", why="outside 64 bits"), "plus de 64 bits"),
        (CallFailed("unsupported", type="list", why="nested too deeply"), "niveaux emboîtés"),
        (CallFailed("unsupported", type=["secret"], why=["secret"]), "type object"),
        (CallFailed("missing"), "ne définit pas « f »"),
        (
            CallFailed("raised", builtin=["TypeError"], message="'int' object is not callable"),
            "« sum », « max », « list »",
        ),
        (
            CallFailed("raised", builtin=["TypeError"], message="'secret' object is not callable: secret"),
            "n'a pas le type voulu",
        ),
        (CallFailed("not_done"), "NotImplementedError"),
        (CallFailed("not_done", elsewhere="g"), "« f » appelle votre « g », qui n'est pas encore écrite"),
        (CallFailed("raised", builtin=["ValueError"], cell="g", elsewhere="g"), "erreur ValueError dans votre « g »"),
        (CallFailed("stopped"), "a arrêté le programme"),
    ],
)
def test_a_failed_call_is_explained_without_a_word_of_the_student_s(failure: CallFailed, told: str) -> None:
    message = explain(failure, "f").message
    assert told in message
    assert "secret" not in message


def test_an_attribute_that_an_object_lacks_is_no_missing_cell() -> None:
    class Empty(FakeSession):
        def get(self, name: str, on: int | None = None) -> Any:
            raise CallFailed("missing")

    model = Handle(Student(Empty()), Remote(1, "secret"))  # type: ignore[arg-type]
    with pytest.raises(StudentError, match="n'a pas d'attribut ou de méthode « running_mean »"):
        model.get("running_mean")


def test_an_object_of_the_students_that_fails_has_a_name_for_its_author() -> None:
    class Raising(FakeSession):
        def call(self, name: str | None, args: Any, kwargs: Any, on: int | None = None) -> Any:
            raise CallFailed("raised", builtin=["RuntimeError"])

    model = Handle(Student(Raising()), Remote(1, "secret"))  # type: ignore[arg-type]
    with pytest.raises(StudentError, match="« votre classe » s'est arrêtée sur une erreur RuntimeError") as caught:
        model(2)
    assert "secret" not in caught.value.message
