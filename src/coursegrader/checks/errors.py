"""The two ways in which a check fails for the student: a value is wrong, or there is no value."""

from __future__ import annotations

from coursegrader.messages import text


class CheckFailed(AssertionError):
    """A value is not what the check asked for.

    Args:
        message: one sentence or two for the student.
        expected: what was asked for, in a few words; never an array in full.
        actual: what came, in a few words.
        misconception: id in the catalogue of misconceptions, when the value is a known wrong one.

    Example:
        >>> CheckFailed("« n » vaut 2 au lieu de 3.", expected="3", actual="2").expected
        '3'
    """

    def __init__(
        self, message: str, *, expected: str | None = None, actual: str | None = None, misconception: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.actual = actual
        self.misconception = misconception


class StudentError(Exception):
    """The student's code gave no value to judge.

    Args:
        reason: what happened, as a key: "missing", "raised", "timeout", ...
        message: the same for the student; without it, the text `session.<reason>` with `fields` filled in.

    Example:
        >>> StudentError("raised", "count_bigrams a levé une erreur.").reason
        'raised'
    """

    def __init__(self, reason: str, message: str | None = None, **fields: object) -> None:
        self.reason = reason
        self.message = text(f"session.{reason}", **fields) if message is None else message
        super().__init__(self.message)
