"""`load_course`: read, check, and raise once with everything that is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from coursegrader.course.config_file import CONFIG_NAME, read_config_file
from coursegrader.course.files import note_missing_files
from coursegrader.course.mistakes import Mistakes, did_you_mean
from coursegrader.course.model import Assignment, Course
from coursegrader.course.reader import read_course
from coursegrader.errors import CourseFault, WrongUsage


def load_course(root: Path, only: Sequence[str] | None = None) -> Course:
    """Load the course of a folder.

    The configuration is always checked as a whole. The files it names are checked for the assignments in `only`, so
    that an assignment which is still being written does not stop the grading of another.

    Args:
        root: folder with `course_config.py`.
        only: assignment ids asked for, for example on the command line; None means all, an empty list none.

    Raises:
        CourseFault: with every mistake in `mistakes`, each saying what to write instead.
        WrongUsage: the course is right, but has none of the ids in `only`.

    Example:
        >>> load_course(Path("."), only=["01-compter-generer"]).seed          # doctest: +SKIP
        2026
    """
    root = root.resolve()
    mistakes, asked = Mistakes(), Mistakes()
    data, nbgrader = read_config_file(root, mistakes)
    course = read_course(root, data, nbgrader, mistakes)
    note_missing_files(course, _chosen(course, only, asked), mistakes)
    if asked.items and not mistakes.items:
        raise WrongUsage.collected("The course does not have what was asked for:", asked.items)
    mistakes.items += asked.items
    _raise(f"{CONFIG_NAME} and the files it names:", mistakes)
    return course


def check_files(course: Course, only: Sequence[str] | None = None) -> None:
    """Check that everything the assignments name exists.

    Raises:
        CourseFault: with every mistake in `mistakes`.
    """
    mistakes = Mistakes()
    note_missing_files(course, _chosen(course, only, mistakes), mistakes)
    _raise("Files of the course:", mistakes)


def check_points(course: Course, assignment_id: str, sums: Mapping[str, float]) -> None:
    """Compare the points that the hidden checks add up to with the points of the exercises.

    Args:
        course: the course.
        assignment_id: the assignment.
        sums: exercise id -> sum of the points of its checks.

    Raises:
        CourseFault: with every mismatch in `mistakes`.

    Example:
        >>> check_points(course, "01-compter-generer", {"count_bigrams": 2})  # doctest: +SKIP
        Traceback (most recent call last):
        coursegrader.errors.CourseFault: ...
    """
    assignment = course.assignment(assignment_id)
    place = course.checks_dir(assignment.id).relative_to(course.root).as_posix()
    mistakes = Mistakes()
    for exercise in assignment.exercises:
        where, total = f"{place}/test_{exercise.id}.py", sums.get(exercise.id)
        if exercise.manual:
            if total is not None:
                mistakes.add(where, "a written answer is graded by hand; delete its checks or its manual")
        elif total is None:
            mistakes.add(where, f"no check with points; the exercise is worth {exercise.points:g}")
        elif not math.isclose(total, exercise.points, abs_tol=1e-9):
            text = f"the checks add up to {total:g}, the exercise is worth {exercise.points:g}"
            mistakes.add(where, f"{text}; change the points there or in {CONFIG_NAME}")
    known = [exercise.id for exercise in assignment.exercises]
    for name in sorted(set(sums) - set(known)):
        mistakes.add(f"{place}/test_{name}.py", f'"{name}" is no exercise. {did_you_mean(name, known)}')
    _raise(f"Points of {assignment.id}:", mistakes)


def _chosen(course: Course, only: Sequence[str] | None, mistakes: Mistakes) -> list[Assignment]:
    known = {assignment.id: assignment for assignment in course.assignments}
    for name in only or ():
        if name not in known:
            mistakes.add(f'assignment "{name}"', f"the course has none of that id. {did_you_mean(name, known)}")
    return [known[name] for name in (known if only is None else only) if name in known]


def _raise(heading: str, mistakes: Mistakes) -> None:
    if mistakes.items:
        raise CourseFault.collected(heading, mistakes.items)
