"""Known submissions and the verdict each must get: `tests/submissions/<assignment>/<label>/`.

`answers.py` holds a student's answers in percent format (`# %% count_bigrams`); the notebook is the release with these answers in it.
`expected.toml` says what must come out. Used by the demo, by the tests and by `make bank`.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursegrader.errors import CourseFault
from coursegrader.verdict import ExerciseResult, Verdict

_HEADING = re.compile(r"^# %% *(\+ after )?(\w+) *$", re.MULTILINE)


@dataclass(frozen=True)
class Known:
    """A known submission.

    Attributes:
        score: exercise -> points it must get; those not listed must get all, or none where `default` is "untouched".
        says: exercise -> text, or id of a misconception, that its feedback must hold.
        slow: its code runs into a time limit.
    """

    label: str
    folder: Path
    description: str
    honest: bool
    status: str
    default: str
    score: Mapping[str, float]
    says: Mapping[str, str]
    delete: tuple[str, ...]
    duplicate: tuple[str, ...]
    slow: bool

    def notebook(self, release: Mapping[str, Any], solutions: Mapping[str, str]) -> bytes:
        """The notebook as the student would have handed it in.

        Args:
            release: the released notebook, nbformat JSON.
            solutions: exercise -> the reference answer, for what `answers.py` leaves out.
        """
        raw = self.folder / "notebook.ipynb"
        if raw.is_file():
            return raw.read_bytes()
        answers, extras = self._answers()
        notebook = copy.deepcopy(dict(release))
        cells: list[dict[str, Any]] = []
        for cell in notebook["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            exercise = (
                grade_id.removesuffix("-solution") if cell["metadata"].get("nbgrader", {}).get("solution") else ""
            )
            if exercise and exercise in answers:
                cell["source"] = answers[exercise]
            elif exercise and self.default == "full" and exercise in solutions:
                cell["source"] = solutions[exercise]
            if grade_id not in self.delete:
                cells.append(cell)
            if grade_id in self.duplicate:
                cells.append({**copy.deepcopy(cell), "id": f"copy-{len(cells)}"})
            for position, source in enumerate(extras.get(exercise, ()) if exercise else ()):
                extra = {"cell_type": "code", "id": f"extra-{len(cells)}-{position}", "metadata": {}, "source": source}
                cells.append({**extra, "outputs": [], "execution_count": None})
        unknown = (set(answers) | set(extras)) - set(solutions)
        if unknown:
            raise CourseFault(f"{self.folder}/answers.py answers unknown exercises: {', '.join(sorted(unknown))}")
        notebook["cells"] = cells
        return json.dumps(notebook, ensure_ascii=False, indent=1).encode()

    def answered(self) -> frozenset[str]:
        """Exercises that `answers.py` answers."""
        return frozenset(self._answers()[0])

    def cells(self) -> list[str]:
        """The code of `answers.py`, answers and extra cells, in the order written."""
        path = self.folder / "answers.py"
        return _HEADING.split(path.read_text(encoding="utf-8"))[3::3] if path.is_file() else []

    def _answers(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        path = self.folder / "answers.py"
        answers: dict[str, str] = {}
        extras: dict[str, list[str]] = {}
        if path.is_file():
            parts = _HEADING.split(path.read_text(encoding="utf-8"))
            for after, exercise, source in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
                if after:
                    extras.setdefault(exercise, []).append(source.strip("\n"))
                else:
                    answers[exercise] = source.strip("\n")
        return answers, extras

    def expected_score(self, exercise: ExerciseResult) -> float | None:
        """What the exercise must get; None where a teacher decides."""
        if exercise.manual:
            return None
        if exercise.id in self.score:
            return float(self.score[exercise.id])
        return 0.0 if self.default == "untouched" or self.status == "rejected" else exercise.max_points

    def differences(self, verdict: Verdict) -> list[str]:
        """How a verdict differs from the one this submission must get; empty when it is right."""
        found = []
        if verdict.status != self.status:
            found.append(f"status {verdict.status}, expected {self.status} {verdict.reason}".rstrip())
        for exercise in verdict.exercises:
            expected = self.expected_score(exercise)
            if expected is not None and exercise.score != expected:
                failed = "; ".join(
                    f"{check.name}: {check.reason or check.fault or check.message}"
                    for check in exercise.checks
                    if not check.passed
                )
                found.append(f"{exercise.id}: {exercise.score} points, expected {expected} ({failed})")
            if exercise.id in self.says and not _says(exercise, self.says[exercise.id]):
                found.append(f"{exercise.id}: feedback does not say {self.says[exercise.id]!r}")
        return found


def _says(exercise: ExerciseResult, words: str) -> bool:
    failed = [check for check in exercise.checks if not check.passed]
    return any(
        words == check.misconception or words in f"{check.message} {check.reason} {check.expected} {check.actual}"
        for check in failed
    )


def load_bank(folder: Path) -> Iterator[Known]:
    """Every known submission of an assignment, in the order of labels.

    Args:
        folder: tests/submissions/<assignment>.
    """
    for path in sorted(folder.glob("*/expected.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        yield Known(
            label=path.parent.name,
            folder=path.parent,
            description=data["description"],
            honest=bool(data.get("honest", True)),
            status=data.get("status", "graded"),
            default=data.get("default", "full"),
            score=data.get("score", {}),
            says=data.get("says", {}),
            delete=tuple(data.get("delete", ())),
            duplicate=tuple(data.get("duplicate", ())),
            slow=bool(data.get("slow", False)),
        )


def solutions_of(source: Mapping[str, Any]) -> dict[str, str]:
    """The reference answer of each exercise, from the notebook with solutions."""
    return {
        cell["metadata"]["nbgrader"]["grade_id"].removesuffix("-solution"): "".join(cell["source"])
        for cell in source["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
