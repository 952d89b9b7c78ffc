"""A class list from a CSV file, as Moodle, Excel or a person writes it, into nbgrader's table of students.

First a plan, which only reads: who is new, who changes, what is wrong. Then, if nothing is wrong, all of it in one transaction. Nobody is ever
removed, and an empty field never empties one in the gradebook.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy
import sqlalchemy.exc
from nbgrader.api import Base

from coursegrader.errors import CourseFault, MachineFault
from coursegrader.gradebook.export import undo_defuse

MOST_BYTES = 20_000_000
LONGEST = 128  # characters, as nbgrader's columns have it
# headings as Moodle (French, English), Canvas and people write them: lower case, without accents and punctuation
HEADINGS = {
    "student": (
        "id",
        "identifiant",
        "student",
        "student id",
        "username",
        "nom dutilisateur",
        "login",
        "sis user id",
        "utilisateur",
    ),
    "number": ("numero didentification", "id number", "matricule", "numero"),
    "last_name": ("nom", "nom de famille", "last name", "surname", "lastname", "family name"),
    "first_name": ("prenom", "first name", "firstname", "given name"),
    "email": (
        "email",
        "e mail",
        "courriel",
        "adresse de courriel",
        "email address",
        "adresse e mail",
        "mail",
        "adresse mail",
    ),
    "lms_user_id": ("lms user id", "lms id", "moodle id", "canvas id"),
}
FIELDS = ("last_name", "first_name", "email", "lms_user_id")


@dataclass(frozen=True)
class Person:
    """A line of the list; `line` counts from 1, the heading included."""

    line: int
    student: str
    last_name: str
    first_name: str
    email: str
    lms_user_id: str


@dataclass
class Plan:
    """What an import would do. With `mistakes` it does nothing; `warnings` are for a second look."""

    new: list[Person] = field(default_factory=list)
    changed: list[tuple[Person, str]] = field(default_factory=list)
    same: int = 0
    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_class_list(path: Path) -> tuple[list[Person], list[str]]:
    """The people of a file, and what is wrong with it, by line.

    Args:
        path: CSV with a line of headings; separated by commas, semicolons or tabs; UTF-8 with or without byte-order mark, UTF-16 as Excel's "Unicode
            text", or Windows' Western encoding.

    Raises:
        CourseFault: the file is no such table.
    """
    rows = _rows(path)
    if not rows:
        raise CourseFault(f"{path} is empty", hint="Its first line names the columns: id,last name,first name,email")
    columns = _columns(path, rows[0])
    people, mistakes = [], []
    for number, row in enumerate(rows[1:], 2):
        cells = [undo_defuse(_tidy(cell)) for cell in row]
        if not any(cells):
            continue
        if len(row) > len(rows[0]) and any(cells[len(rows[0]) :]):
            mistakes.append(f"line {number}: {len(row)} cells under {len(rows[0])} headings; is a separator in a name?")
            continue
        person, wrong = _person(
            number, {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
        )
        people.append(person)
        mistakes += wrong
    return people, mistakes


def plan_import(path: Path, known: Mapping[str, Mapping[str, str]]) -> Plan:
    """What importing a file would do.

    Args:
        path: the class list.
        known: student id -> last_name, first_name, email, lms_user_id, as the gradebook has them.
    """
    people, mistakes = read_class_list(path)
    plan = Plan(mistakes=mistakes)
    times = Counter(person.student for person in people if person.student)
    seen: dict[str, Person] = {}
    for person in people:
        if not person.student:
            continue
        if person.student in seen:
            if seen[person.student] != Person(seen[person.student].line, *_values(person)):
                plan.mistakes.append(
                    f"line {person.line}: {person.student} stands there {times[person.student]} times, differently"
                )
            continue
        seen[person.student] = person
        _plan_one(plan, person, known.get(person.student))
    close: dict[str, list[str]] = {}
    for student in {*known, *seen}:
        close.setdefault(_plain(student), []).append(student)
    plan.warnings += [
        f"{' and '.join(sorted(ids))} differ only in case or accents" for ids in close.values() if len(ids) > 1
    ]
    _warn_of_names(plan, list(seen.values()))
    repeated = sum(count - 1 for count in times.values() if count > 1)
    if repeated and not plan.mistakes:
        plan.warnings.append(f"{repeated} line(s) repeat another one word for word and count once")
    return plan


def apply_plan(plan: Plan, db_url: str) -> None:
    """Do what a plan says, in one transaction.

    Raises:
        CourseFault: there are mistakes in it.
        MachineFault: the database did not take it; nothing was changed.
    """
    if plan.mistakes:
        raise CourseFault.collected("The class list needs mending; nothing was imported:", plan.mistakes)
    table = Base.metadata.tables["student"]
    engine = sqlalchemy.create_engine(db_url)
    try:
        with engine.begin() as connection:
            if plan.new:
                rows = [
                    {"id": person.student, **{n: getattr(person, n) or None for n in FIELDS}} for person in plan.new
                ]
                connection.execute(table.insert(), rows)
            for person, _ in plan.changed:
                given = {name: getattr(person, name) for name in FIELDS if getattr(person, name)}
                connection.execute(table.update().where(table.c.id == person.student).values(**given))
    except sqlalchemy.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise MachineFault(
            f"the gradebook did not take the list: {said}", hint="Nothing was changed. Is it locked by another program?"
        ) from error
    finally:
        engine.dispose()


def _values(person: Person) -> tuple[str, str, str, str, str]:
    return person.student, person.last_name, person.first_name, person.email, person.lms_user_id


def _plan_one(plan: Plan, person: Person, known: Mapping[str, str] | None) -> None:
    if known is None:
        plan.new.append(person)
        return
    changes = [
        f"{name} {known[name] or '(none)'} -> {getattr(person, name)}"
        for name in FIELDS
        if getattr(person, name) and getattr(person, name) != known[name]
    ]
    if changes:
        plan.changed.append((person, "; ".join(changes)))
    else:
        plan.same += 1


def _warn_of_names(plan: Plan, people: Sequence[Person]) -> None:
    names: dict[str, list[str]] = {}
    for person in people:
        full = f"{person.first_name} {person.last_name}".strip()
        if not full:
            plan.warnings.append(f"line {person.line}: {person.student} has no name; pages show the id")
        else:
            names.setdefault(_plain(full), []).append(person.student)
    for ids in names.values():
        if len(ids) > 1:
            plan.warnings.append(f"{', '.join(sorted(ids))} have the same name; pages show the id beside it")
    mails = Counter(person.email.casefold() for person in people if person.email)
    plan.warnings += [f"{count} people have the address {mail}" for mail, count in mails.items() if count > 1]


def _person(line: int, cells: Mapping[str, str]) -> tuple[Person, list[str]]:
    given = {name: cells.get(name, "") for name in FIELDS}
    student = cells.get("student") or cells.get("number") or given["email"].partition("@")[0]
    wrong = []
    if not student:
        who = f"{given['first_name']} {given['last_name']}".strip() or "this person"
        wrong.append(f"line {line}: {who} has no id; nbgrader needs one (the name of their folder in submitted/)")
    elif student.startswith(".") or "/" in student or "\\" in student or not student.isprintable() or "+" in student:
        wrong.append(
            f"line {line}: {student!r} cannot be an id: it becomes a folder's name; leave out / \\ + and a dot in front"
        )
    for name, value in (("id", student), *given.items()):
        if len(value) > LONGEST:
            wrong.append(f"line {line}: {name} has {len(value)} characters; nbgrader keeps {LONGEST}")
    if given["email"] and given["email"].count("@") != 1:
        wrong.append(f"line {line}: {given['email']!r} is no e-mail address")
    return Person(line, student, **given), wrong


def _columns(path: Path, head: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, name in enumerate(head):
        plain = _heading(name)
        for column, names in HEADINGS.items():
            if plain in names and column not in columns:
                columns[column] = place
    if not columns.keys() & {"student", "number", "email"}:
        raise CourseFault(
            f"{path}: no column of ids among {', '.join(map(repr, head[:8]))}",
            hint="The first line names the columns, for example: id,last name,first name,email",
        )
    return columns


def _rows(path: Path) -> list[list[str]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseFault(f"{path} cannot be read: {error.strerror or error}", hint="Is the name right?") from error
    if len(data) > MOST_BYTES or data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise CourseFault(f"{path} is no CSV file", hint="In Excel: Save as > CSV UTF-8.")
    content = _decoded(path, data)
    first, _, rest = content.partition("\n")
    separator = ""
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint
        separator, content = first.strip()[4], rest
    head = content.partition("\n")[0]
    separator = separator or max(";\t,", key=lambda mark: (head.count(mark), mark == ","))
    try:
        return list(csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise CourseFault(f"{path} is no CSV file: {error}", hint="Is a quotation mark missing?") from error


def _decoded(path: Path, data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            content = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in content:
            return content
    raise CourseFault(f"{path} is no text file", hint="In Excel: Save as > CSV UTF-8.")


def _tidy(cell: str) -> str:
    """Composed letters, single blanks, nothing invisible at the ends: what two programs write differently and people take for the same."""
    return " ".join(unicodedata.normalize("NFC", cell).replace("\ufeff", "").replace("\u200b", "").split())


def _heading(name: str) -> str:
    letters = "".join(char if char.isalnum() else " " for char in _plain(name).replace("'", "").replace("’", ""))
    return " ".join(letters.split())


def _plain(name: str) -> str:
    parts = unicodedata.normalize("NFKD", _tidy(name).casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))
