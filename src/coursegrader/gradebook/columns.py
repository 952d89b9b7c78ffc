"""From Arrow columns to tidy pandas columns: text by its code, dates in UTC, lookups by a sorted dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coursegrader.errors import MachineFault

Codes = np.ndarray[Any, np.dtype[np.int64]]


def texts_of(column: pa.ChunkedArray) -> list[str]:
    """Text, "" where there is none."""
    return [value or "" for value in column.to_pylist()]


def codes_of(values: pa.ChunkedArray, known: Sequence[str]) -> Codes:
    """Where each value stands in `known`; -1 where it does not.

    Example:
        >>> codes_of(pa.chunked_array([["b", "x", "a"]]), ["a", "b"])
        array([ 1, -1,  0])
    """
    found = pc.index_in(values, value_set=pa.array(known, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def text_series(codes: Codes, known: Sequence[str]) -> pd.Series[str]:
    """Text from its codes, without a Python string a row."""
    coded = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(known, pa.string()))
    return arrow_text(coded.dictionary_decode())


def arrow_text(values: pa.Array | pa.ChunkedArray) -> pd.Series[str]:
    """Arrow's text as a pandas series of dtype `str`."""
    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return pd.Series(pd.array(pc.cast(flat, pa.large_string()), dtype="str"))


def utc(values: Sequence[Any], what: str, whose: Callable[[int], str] | None = None) -> pd.Series[pd.Timestamp]:
    """Dates as nbgrader writes them (naive, UTC) as datetime64[us, UTC].

    Args:
        what: what the dates are, for a message.
        whose: says in words whose the row of a number is.

    Raises:
        MachineFault: one is no date; nothing is guessed.
    """
    given = pd.Series(list(values), dtype="object")
    dates = pd.to_datetime(given, utc=True, errors="coerce", format="ISO8601")
    broken = given[dates.isna() & given.notna()]
    if len(broken):
        of = f" ({whose(int(broken.index[0]))})" if whose else ""
        raise MachineFault(
            f"the gradebook has {broken.iloc[0]!r} as {what}{of}, which is no date ({len(broken)} such row(s))",
            hint="Somebody edited it by hand? Nothing was changed; correct that value (after a copy), then try again.",
        )
    return dates.dt.as_unit("us")


def extensions(values: Sequence[str | None]) -> pd.Series[pd.Timedelta]:
    """nbgrader's extensions: an interval in PostgreSQL, in SQLite a date counted from 1970 (SQLAlchemy's Interval)."""
    text = pd.Series(list(values), dtype="object")
    dated = text.str.contains(r"^\d{4}-", na=False)
    spans = pd.to_timedelta(text.where(~dated), errors="coerce").astype("timedelta64[us]")
    since = pd.to_datetime(text.where(dated), errors="coerce", format="ISO8601") - pd.Timestamp(0)
    return spans.fillna(since.astype("timedelta64[us]")).fillna(pd.Timedelta(0))


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """A frame's rows with their columns as attributes; what type a column has, its documentation says."""
    return frame.itertuples()
