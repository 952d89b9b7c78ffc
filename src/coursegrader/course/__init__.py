"""The course: what `course_config.py` says, validated, with every mistake reported at once.

Example:
    >>> from pathlib import Path
    >>> course = load_course(Path("."))                                   # doctest: +SKIP
    >>> course.assignment("01-compter-generer").points                    # doctest: +SKIP
    20.0
"""

from coursegrader.course.load import check_files, check_points, load_course
from coursegrader.course.milestone import Milestone
from coursegrader.course.model import Assignment, Course, Exercise, Limits
from coursegrader.course.policy import Late, Policy, may_release

__all__ = [
    "Assignment",
    "Course",
    "Exercise",
    "Late",
    "Limits",
    "Milestone",
    "Policy",
    "check_files",
    "check_points",
    "load_course",
    "may_release",
]
