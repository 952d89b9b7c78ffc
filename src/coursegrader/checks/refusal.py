"""That a call ends in an error, where the text of the exercise says that it must."""

from __future__ import annotations

from collections.abc import Callable

from coursegrader.checks.errors import CheckFailed, StudentError
from coursegrader.messages import text


def raises(call: Callable[[], object], *, what: str) -> None:
    """The call raises an exception, of whatever kind: which one a student's code meets first is no matter of right or wrong.

    A function that always raises would pass: call it with right arguments first. Anything else that keeps the call from
    giving a value (a missing function, a time limit) stays what it is.

    Example:
        >>> raises(lambda: student.mean_nll([], P, stoi), what="mean_nll")      # doctest: +SKIP
    """
    try:
        call()
    except StudentError as error:
        if error.reason == "raised":
            return
        if error.reason != "unsupported":  # a value came back, though none that can be read
            raise
    raise CheckFailed(text("expect.raises", what=what), expected=text("short.raises"), actual=text("short.no_raise"))
