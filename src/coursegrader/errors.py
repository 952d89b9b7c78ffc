"""Three kinds of faults: the course author's, the student's, the machine's.

Whose fault it is decides what happens next. A submission's fault costs points and is explained to the student; a fault
of the course or of the machine never lowers a grade and is shown to the instructor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self


class CoursegraderError(Exception):
    """Base of every error that coursegrader raises on purpose.

    Args:
        message: what is wrong, one or several lines.
        hint: what to do next, when that is known.

    Example:
        >>> print(CoursegraderError("The disk is full.", hint="Free 100 MB."))
        The disk is full.
        Free 100 MB.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments get lost in BaseException's own pickling, and errors travel between grading processes.
        return _rebuild, (type(self), self.args, dict(vars(self)))


class CourseFault(CoursegraderError):
    """The course is wrong: its configuration, a text, a reference function or a hidden check.

    Args:
        message: what is wrong.
        hint: what to do next.
        mistakes: the single mistakes, when several were collected before this was raised.

    Example:
        >>> CourseFault.collected("2 mistakes:", ["due: no date", "release: no date"]).mistakes
        ('due: no date', 'release: no date')
    """

    def __init__(self, message: str, *, hint: str | None = None, mistakes: Iterable[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.mistakes = tuple(mistakes)

    @classmethod
    def collected(cls, heading: str, mistakes: Sequence[str], *, hint: str | None = None) -> Self:
        """One fault that lists all mistakes under a heading, so that an author mends them in one go."""
        return cls("\n".join([heading, *(f"  - {mistake}" for mistake in mistakes)]), hint=hint, mistakes=mistakes)


class WrongUsage(CourseFault):
    """Somebody asked for what the course does not have or does not allow: nothing in it needs mending (exit code 2)."""


class SubmissionFault(CoursegraderError):
    """The submission is wrong: unreadable, too large, without a notebook.

    Args:
        reason: key of the French text that the student reads (`locales/fr.toml`).
        message: the same for the instructor, in English.
        hint: what to do next.
    """

    def __init__(self, reason: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class MachineFault(CoursegraderError):
    """The machine or the installation is wrong: no sandbox, no disk, a database that does not answer."""


class OutOfPatience(CoursegraderError):
    """A submission took longer than it was given for now: nothing is known of it yet, it has to run again with more time.

    Attributes:
        stuck: the share, 0 to 1, that its last step had of the time since its first: near 1 in a loop, small in a long notebook.
    """

    stuck: float = 1.0


def how_to_install(extra: str) -> str:
    """The hint where an optional package is missing: coursegrader is installed from its folder, not from an index.

    Example:
        >>> how_to_install("cluster")
        "pip install '.[cluster]', in coursegrader's folder"
    """
    return f"pip install '.[{extra}]', in coursegrader's folder"


def _rebuild(kind: type[CoursegraderError], args: tuple[Any, ...], state: dict[str, Any]) -> CoursegraderError:
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(state)
    return error
