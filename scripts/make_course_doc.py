"""Write docs/course.md: every exercise with its reference module, points, and what its hidden checks look at.

.venv/bin/python scripts/make_course_doc.py
"""

from __future__ import annotations

import ast
from pathlib import Path

from coursegrader.course import Assignment, Course, load_course
from coursegrader.judge import Judge

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# The course

Made by `scripts/make_course_doc.py` from `course_config.py`, `reference/` and `grading_tests/`; a test holds it to them.

An exercise has one name: of the function in `reference/`, of the grade cell, of the file of checks, of the gradebook's column. Beside each check
stands what a student reads when it fails. Thresholds and false-alarm rates are derived in `docs/calibration/` and beside the checks.
"""


def page(course: Course) -> str:
    """The whole page as Markdown."""
    modules = reference_modules(course.root)
    lines = [HEAD]
    for assignment in course.assignments:
        if assignment.written:
            lines += _written(assignment)
            continue
        judge = Judge(course.root, assignment.id, course.seed)
        lines += [f"## {assignment.id}: {assignment.title}", ""]
        lines += [
            "| exercise | reference | points | check: what the student reads when it fails |",
            "|---|---|---|---|",
        ]
        for exercise in assignment.exercises:
            specs = [spec for spec in judge.specs if spec.exercise == exercise.id]
            checks = "<br>".join(f"`{spec.name}` ({spec.points:g}): {spec.message}" for spec in specs).replace(
                "|", "\\|"
            )
            lines.append(f"| `{exercise.id}` | `{modules[exercise.id]}` | {exercise.points:g} | {checks} |")
        lines.append("")
    return "\n".join(lines)


def _written(assignment: Assignment) -> list[str]:
    """Questions that a teacher reads, as in the steps of the project (docs/milestones.md)."""
    lines = [f"## {assignment.id}: {assignment.title}", "", "| question | points |", "|---|---|"]
    lines += [f"| `{exercise.id}` | {exercise.points:g} |" for exercise in assignment.exercises]
    return [*lines, ""]


def reference_modules(root: Path) -> dict[str, str]:
    """Public functions and classes of reference/, with their module."""
    found: dict[str, str] = {}
    for path in sorted((root / "reference").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = f"reference/{path.name}"
    return found


if __name__ == "__main__":
    (ROOT / "docs" / "course.md").write_text(page(load_course(ROOT)), encoding="utf-8")
