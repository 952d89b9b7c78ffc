"""Tables as files. Nothing in a cell is left for a spreadsheet to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def defuse(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it; anything else as it is (OWASP, "CSV Injection").

    Example:
        >>> defuse("=1+1"), defuse(-1.5), defuse("Zoé")
        ("'=1+1", -1.5, 'Zoé')
    """
    if not isinstance(value, str):
        return value
    stripped = value.lstrip(" \u00a0\u200b\ufeff")
    return f"'{value}" if stripped.startswith(_STARTERS) else value


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A table with its index as UTF-8 CSV with a byte-order mark, which spreadsheets need to show accents."""
    safe = table.reset_index().map(defuse)
    safe.columns = [defuse(column) for column in safe.columns]
    safe.to_csv(path, index=False, encoding="utf-8-sig")
