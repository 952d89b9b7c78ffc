"""The gradebook as files for other programs: tables, a workbook, learning platforms, an autograder's results."""

from coursegrader.export.files import read_csv_table, write_csv_tables, write_parquet_tables
from coursegrader.export.platforms import write_canvas, write_moodle
from coursegrader.export.results import write_results
from coursegrader.export.workbook import write_workbook

__all__ = [
    "read_csv_table",
    "write_canvas",
    "write_csv_tables",
    "write_moodle",
    "write_parquet_tables",
    "write_results",
    "write_workbook",
]
