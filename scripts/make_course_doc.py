"""Write docs/course.md: every exercise with its reference module, points, and what its hidden checks look at.

.venv/bin/python scripts/make_course_doc.py
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from coursegrader.course import Assignment, Course, load_course
from coursegrader.judge import Judge

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# The course

Made by `scripts/make_course_doc.py` from `course_config.py`, `reference/` and `grading_tests/`; a test holds it to them.

An exercise has one name: of the function in `reference/`, of the grade cell, of the file of checks, of the gradebook's column. Beside each check
stands what a student reads when it fails; below the table, how each file of checks is to be read: what it compares, and how
often it can be wrong. The calibration tables are those of `docs/calibration/`, each made by the program it names.

![a notebook as released: text, formula, an exercise to fill in](images/01-compter-generer-vide.png)
![the same place, solved and run](images/01-compter-generer-resolu.png)
![another as released](images/04-plongements-vide.png)
![the same place, solved and run](images/04-plongements-resolu.png)

`scripts/screenshots.py` makes these pictures in JupyterLab.
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
        files = ["conftest", *(f"test_{exercise.id}" for exercise in assignment.exercises)]
        lines += ["", *filter(None, (reading(course.root, assignment.id, file) for file in files)), ""]
        lines += calibration(course.root, assignment.id)
    cost = course.root / "docs" / "calibration" / "cost.md"
    if cost.is_file():
        lines += ["## What the checks cost", "", cost.read_text(encoding="utf-8")]
    return "\n".join(lines)


def _written(assignment: Assignment) -> list[str]:
    """Questions that a teacher reads, as in the steps of the project (docs/milestones.md)."""
    lines = [f"## {assignment.id}: {assignment.title}", "", "| question | points |", "|---|---|"]
    lines += [f"| `{exercise.id}` | {exercise.points:g} |" for exercise in assignment.exercises]
    return [*lines, ""]


def reading(root: Path, assignment: str, file: str) -> str:
    """How the checks of a file are to be read: what their author says at the top of it; nothing of a conftest that says little."""
    path = root / "grading_tests" / assignment / f"{file}.py"
    if not path.is_file():
        return ""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split())
    if file == "conftest" and len(text) < 200:
        return ""
    return f"- {text}".replace("Hidden checks of ", "").replace("*", "\\*").replace("<", "&lt;")


def calibration(root: Path, assignment: str) -> list[str]:
    """The assignment's calibration, its headings two levels lower."""
    path = root / "docs" / "calibration" / f"{assignment}.md"
    if not path.is_file():
        return []
    return [re.sub(r"^#", "###", path.read_text(encoding="utf-8"), flags=re.MULTILINE)]


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
