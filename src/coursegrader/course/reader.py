"""From the plain dict COURSE to a `Course`, noting every mistake on the way."""

from __future__ import annotations

import dataclasses
import difflib
import keyword
import math
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from coursegrader.course.limits import read_limits
from coursegrader.course.machines import note_machines
from coursegrader.course.milestone import read_milestones
from coursegrader.course.mistakes import Mistakes
from coursegrader.course.model import Assignment, Course, Exercise, Limits
from coursegrader.course.policies import read_extensions, read_policy
from coursegrader.course.policy import Policy
from coursegrader.course.table import STAND_IN, Table

ASSIGNMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LONGEST_ID = 40  # notebook cell ids hold 64 characters and get endings such as "-solution-after-12"
HIDDEN_FOLDERS = {"reference", "grading_tests", "source", "tests", "submitted", "autograded", "feedback"}


def read_course(root: Path, data: dict[str, Any], nbgrader: Any, mistakes: Mistakes) -> Course:
    """The course that COURSE describes; wrong values are replaced by harmless ones and noted.

    Args:
        root: course root.
        data: the dict COURSE.
        nbgrader: the traitlets Config of the same file.
        mistakes: receives what is wrong; the result is only to be used when it stays empty.
    """
    table = Table(data, "COURSE", mistakes)
    table.keys(
        ["id", "title", "language", "timezone", "seed", "assignments"],
        ["milestones", "limits", "policy", "extensions", "scheduler", "cache"],
    )
    note_machines(table.data, mistakes)
    zone = _zone(table)
    limits = read_limits(data.get("limits", {}), "limits", Limits(), mistakes)
    policy = read_policy(data.get("policy", {}), "policy", Policy(), mistakes)
    assignments = tuple(
        _assignment(n, entry, zone, limits, policy, mistakes) for n, entry in enumerate(table.items("assignments"))
    )
    extensions = read_extensions(data.get("extensions", {}), assignments, zone, mistakes)
    assignments = tuple(dataclasses.replace(a, extensions=_of(a.id, extensions)) for a in assignments)
    dates = {assignment.id: (assignment.release, assignment.due) for assignment in assignments}
    milestones = read_milestones(table.items("milestones"), dates, zone, mistakes)
    _note_duplicates("assignments", "id", [assignment.id for assignment in assignments], mistakes)
    _note_duplicates("milestones", "id", [milestone.id for milestone in milestones], mistakes)
    exercises = [exercise.id for assignment in assignments for exercise in assignment.exercises]
    _note_duplicates("assignments", "exercise", exercises, mistakes)
    return Course(
        root=root,
        id=_identifier(table, "id", ASSIGNMENT_ID, "letters, digits, - and _"),
        title=table.text("title"),
        language=table.text("language", "fr"),
        timezone=zone.key,
        seed=table.integer("seed"),
        assignments=assignments,
        milestones=milestones,
        limits=limits,
        extensions=extensions,
        nbgrader=nbgrader,
        data=data,
    )


def _zone(table: Table) -> ZoneInfo:
    name = table.text("timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        table.wrong("timezone", f'"{name}" is no time zone. {_zone_hint(name)}')
        return ZoneInfo("UTC")


def _zone_hint(name: str) -> str:
    # A city alone is the likeliest mistake: "Zurich", "Genève".
    zones = sorted(available_timezones())
    city = name.rpartition("/")[2].lower()
    close = [zone for zone in zones if zone.rpartition("/")[2].lower() == city] or difflib.get_close_matches(
        name, zones
    )
    return f'Did you mean "{close[0]}"?' if close else 'Write one such as "Europe/Zurich".'


def _of(assignment: str, extensions: Mapping[str, Mapping[str, datetime]]) -> dict[str, datetime]:
    return {student: dates[assignment] for student, dates in extensions.items() if assignment in dates}


def _assignment(
    number: int, entry: Any, zone: ZoneInfo, limits: Limits, policy: Policy, mistakes: Mistakes
) -> Assignment:
    table = Table(entry, f"assignments[{number}]", mistakes)
    name = _identifier(table, "id", ASSIGNMENT_ID, "letters, digits, - and _, such as 01-compter-generer")
    if name:
        table.where = f"assignment {name}"
    table.keys(["id", "title", "release", "due", "exercises"], ["files", "limits", "policy"])
    release, due = table.date("release", zone), table.deadline("due", zone)
    if release and due and due <= release:
        table.wrong("due", f'not after the release, "{table.data["release"]}"; write a later date')
    if "limits" in table.data:
        limits = read_limits(table.data["limits"], f"{table.where}, limits", limits, mistakes)
    if "policy" in table.data:
        policy = read_policy(table.data["policy"], f"{table.where}, policy", policy, mistakes)
    return Assignment(
        id=name,
        title=table.text("title"),
        release=release or STAND_IN,
        due=due or STAND_IN,
        exercises=_exercises(table),
        files=_files(table, name),
        limits=limits,
        policy=policy,
    )


def _identifier(table: Table, key: str, pattern: re.Pattern[str], allowed: str) -> str:
    name = table.text(key)
    if name and (not pattern.fullmatch(name) or len(name) > LONGEST_ID):
        table.wrong(key, f'"{name}" is no id; write at most {LONGEST_ID} {allowed}')
    return name


def _exercises(table: Table) -> tuple[Exercise, ...]:
    entries = table.data.get("exercises", {})
    if not isinstance(entries, dict) or (not entries and "exercises" in table.data):
        table.wrong("exercises", f'{entries!r} names no exercise; write {{"count_bigrams": 3, ...}}')
        return ()
    return tuple(_exercise(table, name, value) for name, value in entries.items())


def _exercise(table: Table, name: Any, value: Any) -> Exercise:
    where = f"{table.where}, exercise {name}"
    plain = isinstance(name, str) and name.isidentifier() and name.isascii() and not keyword.iskeyword(name)
    if not plain or len(name) > LONGEST_ID:
        rule = f"at most {LONGEST_ID} letters, digits and _"
        table.mistakes.add(where, f"no Python name; write the name of the function in reference/, {rule}")
    manual = False
    if isinstance(value, dict):
        own = Table(value, where, table.mistakes)
        own.keys(["points"], ["manual"])
        manual, value = own.flag("manual"), value.get("points", 1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        table.mistakes.add(where, f"{value!r} is no number of points; write a number above 0, without quotes")
        value = 1
    elif not math.isfinite(value) or value <= 0:
        table.mistakes.add(where, f"{value!r} points; write a number above 0")
        value = 1
    return Exercise(str(name), float(value), manual)


def _files(table: Table, assignment: str) -> tuple[str, ...]:
    taken = {"selfcheck.py", "keycheck.py", f"{assignment}.ipynb", f"{assignment}.md"}
    files: list[str] = []
    for name in table.items("files"):
        if not isinstance(name, str) or not name:
            table.wrong("files", f'{name!r} is no path; write one such as "data/names/prenoms.txt"')
            continue
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            table.wrong("files", f'"{name}" leaves the course; write a path relative to the course folder')
        elif path.parts[0] in HIDDEN_FOLDERS:
            table.wrong("files", f'"{name}" would hand out {path.parts[0]}/; move what students need to data/')
        elif path.name in taken:
            table.wrong("files", f'"{name}": the released folder already holds a {path.name}; rename this one')
        else:
            taken.add(path.name)
            files.append(path.as_posix())
    return tuple(files)


def _note_duplicates(where: str, noun: str, ids: list[str], mistakes: Mistakes) -> None:
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        mistakes.add(where, f'the {noun} "{name}" stands there {ids.count(name)} times; rename one')
