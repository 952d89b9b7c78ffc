"""Write docs/course.md: the course map, then every exercise with its reference module, points, and what its hidden checks look at.

    .venv/bin/python scripts/make_course_doc.py

The map comes from docs/course_map.toml: an exercise that stands under no topic there, or a name that is nowhere in the
course, ends in a line that says which, and nothing is written.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

from coursegrader.course import Assignment, Course, load_course
from coursegrader.judge import Judge

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# The course

Made by `scripts/make_course_doc.py` from `course_config.py`, `reference/` and `grading_tests/`; a test holds it to them.

An exercise has one name: of the function in `reference/`, of the grade cell, of the file of checks, of the gradebook's column. Beside each check
stands what a student reads when it fails; below the table, how each file of checks is to be read: what it compares, and how
often it can be wrong. The calibration tables are those of `docs/calibration/`, each made by the program it names.

Pictures show a place of a notebook in JupyterLab, as released and as a student who solved it sees it; `scripts/screenshots.py` makes
those of 01, 04, 09, 10 and 11.
"""
MAP = """## The course map

Which topic of the course's slides is taught and graded where. It comes from `docs/course_map.toml`; a test holds it to the
course: every name in it exists, and every exercise of every assignment stands under a topic.
"""


def page(course: Course) -> str:
    """The whole page as Markdown."""
    modules = reference_modules(course.root)
    topics = load_topics(course.root)
    faults = map_faults(course, topics)
    if faults:
        raise SystemExit("\n".join(faults))
    specs = {a.id: Judge(course.root, a.id, course.seed).specs for a in course.assignments if not a.written}
    checks: dict[str, list[str]] = {}
    for spec in (spec for own in specs.values() for spec in own):
        checks.setdefault(spec.exercise, []).append(spec.name)
    lines = [HEAD, MAP, *map_table(course, topics, checks), ""]
    for assignment in course.assignments:
        if assignment.written:
            lines += _written(assignment)
            continue
        lines += [f"## {assignment.id}: {assignment.title}", "", *pictures(course.root, assignment.id)]
        lines += [
            "| exercise | reference | points | check: what the student reads when it fails |",
            "|---|---|---|---|",
        ]
        for exercise in assignment.exercises:
            own = [spec for spec in specs[assignment.id] if spec.exercise == exercise.id]
            told = "<br>".join(f"`{spec.name}` ({spec.points:g}): {spec.message}" for spec in own).replace("|", "\\|")
            lines.append(f"| `{exercise.id}` | `{modules[exercise.id]}` | {exercise.points:g} | {told} |")
        files = ["conftest", *(f"test_{exercise.id}" for exercise in assignment.exercises)]
        lines += ["", *filter(None, (reading(course.root, assignment.id, file) for file in files)), ""]
        lines += calibration(course.root, assignment.id)
    for title, file in (("The losses of the course", "losses.md"), ("What the checks cost", "cost.md")):
        table = course.root / "docs" / "calibration" / file
        if table.is_file():
            lines += [f"## {title}", "", table.read_text(encoding="utf-8")]
    return "\n".join(lines)


def load_topics(root: Path) -> list[dict[str, Any]]:
    """The topics of docs/course_map.toml, in the order of the course."""
    topics: list[dict[str, Any]] = tomllib.loads((root / "docs" / "course_map.toml").read_text(encoding="utf-8"))[
        "topic"
    ]
    return topics


def map_faults(course: Course, topics: list[dict[str, Any]]) -> list[str]:
    """What the map says and the course does not, or the other way round: one sentence each."""
    where = {exercise.id: assignment.id for assignment in course.assignments for exercise in assignment.exercises}
    functions = {f"{Path(file).stem}.{name}" for name, file in reference_modules(course.root).items()}
    faults, mapped = [], set()
    for topic in topics:
        place = f"docs/course_map.toml, topic « {topic['slides']} »"
        if waits(course, topic):
            continue
        if not topic["exercises"]:
            faults.append(f"{place}: no exercises; name those that teach it")
        mapped |= set(topic["exercises"])
        faults += [f"{place}: no exercise {name} in the course" for name in topic["exercises"] if name not in where]
        faults += [f"{place}: no {name} in reference/" for name in topic.get("also", []) if name not in functions]
    faults += [
        f"docs/course_map.toml: {name} of {assignment} stands under no topic; add it to the exercises of one"
        for name, assignment in where.items()
        if name not in mapped
    ]
    return faults


def waits(course: Course, topic: dict[str, Any]) -> bool:
    """Whether the topic's assignment is still to come."""
    number = topic.get("waits_for")
    return number is not None and not any(assignment.id.startswith(number) for assignment in course.assignments)


def map_table(course: Course, topics: list[dict[str, Any]], checks: dict[str, list[str]]) -> list[str]:
    """A row a topic: slides, assignments, modules and functions of reference/, hidden checks (names by exercise)."""
    modules = reference_modules(course.root)
    where = {exercise.id: assignment for assignment in course.assignments for exercise in assignment.exercises}
    lines = ["| slides | assignment | reference | hidden checks |", "|---|---|---|---|"]
    for topic in topics:
        if waits(course, topic):
            lines.append(f"| {topic['slides']} | {topic['waits_for']}, to come | | |")
            continue
        names = topic["exercises"]
        assignments = "<br>".join(dict.fromkeys(where[name].id for name in names))
        by_module: dict[str, list[str]] = {}
        for name in names:
            if name in modules:
                by_module.setdefault(modules[name], []).append(name)
        for name in topic.get("also", []):
            module, _, function = name.partition(".")
            by_module.setdefault(f"reference/{module}.py", []).append(function)
        found = "<br>".join(f"`{file}`: {', '.join(f'`{f}`' for f in own)}" for file, own in by_module.items())
        judged = [f"`{name}`: {', '.join(checks[name])}" for name in names if name in checks]
        written = [name for name in names if name not in checks]
        if written:
            judged.append(f"read by the teacher: {', '.join(f'`{name}`' for name in written)}")
        lines.append(f"| {topic['slides']} | {assignments} | {found} | {'<br>'.join(judged)} |")
    return lines


def pictures(root: Path, assignment: str) -> list[str]:
    """The notebook as released and solved, where docs/images has both."""
    files = [f"images/{assignment}-{kind}.png" for kind in ("empty", "solved")]
    if not all((root / "docs" / file).is_file() for file in files):
        return []
    return [f"![as released]({files[0]})", f"![the same assignment, solved and run]({files[1]})", ""]


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
    """The assignment's calibrations (07-gpt.md, 07-gpt-texte.md, ...), their headings two levels lower."""
    files = sorted((root / "docs" / "calibration").glob(f"{assignment}*.md"), key=lambda path: path.stem)
    return [re.sub(r"^#", "###", path.read_text(encoding="utf-8"), flags=re.MULTILINE) for path in files]


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
