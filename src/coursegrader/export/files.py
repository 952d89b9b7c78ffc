"""Every frame as a CSV or Parquet file. Parquet keeps types; CSV keeps text exactly, once `read_csv_table` has taken back what protects spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from coursegrader.gradebook.export import defuse, defused_series, undo_defuse
from coursegrader.gradebook.frames import Frames

NAMES = ("students", "assignments", "exercises", "submissions", "checks", "history", "milestones")
BOM = b"\xef\xbb\xbf"  # spreadsheets take UTF-8 for another encoding without it


def frames_of(frames: Frames, assignment: str | None = None) -> Iterator[tuple[str, pd.DataFrame]]:
    """The frames by name, of one assignment where one is given; those without columns are left out."""
    for name in NAMES:
        frame: pd.DataFrame = getattr(frames, name)
        if assignment is not None and "assignment" in frame.columns:
            frame = frame[frame["assignment"] == assignment]
        if len(frame.columns):
            yield name, frame


def write_csv_tables(frames: Frames, folder: Path, assignment: str | None = None, separator: str = ",") -> list[Path]:
    """A CSV file a frame: UTF-8 with byte-order mark, text in quotes, formulas defused, dates in ISO 8601 (UTC)."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in frames_of(frames, assignment):
        paths.append(folder / f"{name}.csv")
        write_csv_table(frame, paths[-1], separator)
    return paths


def write_csv_table(frame: pd.DataFrame, path: Path, separator: str = ",") -> None:
    """One frame as CSV, its index left out."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").astype("str")
        elif not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            column = defused_series(column.astype("str"))
        columns[str(defuse(name))] = pa.Array.from_pandas(column)
    with path.open("wb") as file:
        file.write(BOM)
        pyarrow.csv.write_csv(pa.table(columns), file, pyarrow.csv.WriteOptions(delimiter=separator))


def read_csv_table(path: Path, separator: str = ",") -> pd.DataFrame:
    """A table that `write_csv_table` wrote, every value as text and exactly as it was ("" where there was none)."""
    frame = pd.read_csv(path, sep=separator, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    for name in frame.columns:
        frame[name] = pd.array([undo_defuse(value) for value in frame[name]], dtype="str")
    return frame.rename(columns=undo_defuse)


def write_parquet_tables(frames: Frames, folder: Path, assignment: str | None = None) -> list[Path]:
    """A Parquet file a frame, with all types; `pandas.read_parquet` gives the same frame."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in frames_of(frames, assignment):
        paths.append(folder / f"{name}.parquet")
        frame.reset_index(drop=True).to_parquet(paths[-1], index=False)
    return paths
