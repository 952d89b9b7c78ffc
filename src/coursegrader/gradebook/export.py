"""Tables as files. Nothing in a cell is left for a spreadsheet to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

_UNSEEN = r" \u00a0\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # blanks, and marks that a program may drop
_BLANK = rf"[{_UNSEEN}]*"
_STARTER = r"[=+\-@\t\r\n|%＝＋－＠]"
# At the start of a cell; and after a separator of the other dialect, where a French or English spreadsheet would start a new one.
_RISKY = re.compile(rf"^(?='*{_BLANK}{_STARTER})|(?<=[;\t\r\n])(?=['\"{_UNSEEN}]*[=+\-@＝＋－＠])")
_DEFUSED = re.compile(rf"^'(?='*{_BLANK}{_STARTER})|(?<=[;\t\r\n])'(?=['\"{_UNSEEN}]*[=+\-@＝＋－＠])")


def defuse(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it; anything else as it is (OWASP, "CSV Injection").

    Example:
        >>> defuse("=1+1"), defuse(-1.5), defuse("Zoé"), defuse("a;=1+1")
        ("'=1+1", -1.5, 'Zoé', "a;'=1+1")
    """
    return _RISKY.sub("'", value) if isinstance(value, str) else value


def undo_defuse(value: str) -> str:
    """What `defuse` was given.

    Example:
        >>> undo_defuse("'=1+1"), undo_defuse("'t Hooft")
        ('=1+1', "'t Hooft")
    """
    return _DEFUSED.sub("", value)


def defused_series(series: pd.Series[Any]) -> pd.Series[Any]:
    """`defuse` on a column; each different value is looked at once."""
    codes, values = pd.factorize(series)
    safe = pd.Series([defuse(value) for value in values], dtype="str")
    return pd.Series(safe.take(codes).array, index=series.index) if len(values) else series


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A table with its index as UTF-8 CSV with a byte-order mark, which spreadsheets need to show accents."""
    safe = table.reset_index().map(defuse)
    safe.columns = [defuse(column) for column in safe.columns]
    safe.to_csv(path, index=False, encoding="utf-8-sig")
