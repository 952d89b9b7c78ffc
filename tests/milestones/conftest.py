"""A course of milestones without any grading: its configuration and an empty gradebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from nbgrader.api import Base

from coursegrader.course import Assignment, Course, Exercise, Milestone
from coursegrader.milestones import Ledger
from coursegrader.milestones.precheck import Finding, precheck
from coursegrader.sandbox.choose import best_mode
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import shared
from tests.milestones import hand_ins as made

NAME = "projet-2-but"
NOW = datetime(2027, 1, 20, 12, 0, tzinfo=UTC)
DUE = datetime(2027, 1, 25, 22, 59, tzinfo=UTC)


def project_course(root: Path) -> Course:
    """A project of three milestones: handed in, on site, decided."""
    exercises = (Exercise("but", 4.0, manual=True), Exercise("journal", 6.0, manual=True))
    assignment = Assignment(NAME, "But", datetime(2027, 1, 1, tzinfo=UTC), DUE, exercises)
    milestones = (
        Milestone(
            "but",
            "But et mesure",
            DUE,
            NAME,
            ("answers", "hours", "slides", "code"),
            decides="precheck",
            decide_by=datetime(2027, 1, 31, 22, 59, tzinfo=UTC),
            follows="Travaillez à votre projet.",
            weight=40.0,
        ),
        Milestone(
            "presentation", "Présentation", datetime(2027, 3, 19, 8, tzinfo=UTC), outcome="presented", weight=60.0
        ),
        Milestone("decision", "Décision", datetime(2027, 4, 30, 21, tzinfo=UTC), outcome="accepted"),
    )
    return Course(root, "projet", "Projet", "fr", "Europe/Zurich", 1, (assignment,), milestones)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with two students in nbgrader's database."""
    made = project_course(tmp_path)
    fill(made.db_url)
    return made


def fill(db_url: str) -> None:
    """nbgrader's tables and two students."""
    engine = sa.create_engine(db_url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(sa.insert(Base.metadata.tables["student"]), [{"id": "lea"}, {"id": "zoé d'Arc"}])
    engine.dispose()


@pytest.fixture
def ledger(course: Course) -> Iterator[Ledger]:
    with Ledger(course, clock=lambda: NOW) as opened:
        yield opened


def on(course: Course, db_url: str) -> Course:
    """The same course on another database."""

    class Config:
        CourseDirectory = {"db_url": db_url}  # noqa: RUF012

    return replace(course, nbgrader=Config())


@pytest.fixture(scope="session")
def mode() -> Mode:
    found, why = best_mode()
    if found is Mode.NONE:
        pytest.skip(f"this machine offers no isolation: {why}")
    return found


@pytest.fixture
def look(course: Course, mode: Mode) -> Any:
    """Put files and look at them: {check: [findings]}."""

    def run(files: dict[str, bytes], **options: Any) -> dict[str, list[Finding]]:
        made.put(course.root, "lea", NAME, files)
        found = precheck(course, course.milestone("but"), "lea", mode, shared(), **options)
        run.last = found  # type: ignore[attr-defined]
        groups: dict[str, list[Finding]] = {}
        for finding in found.findings:
            groups.setdefault(finding.check, []).append(finding)
        return groups

    return run


def said(findings: dict[str, list[Finding]]) -> str:
    return "\n".join(f"{f.ok} {f.said}" for group in findings.values() for f in group)
