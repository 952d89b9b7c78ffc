"""The class as one HTML page, and each student's own figures: frames in, self-contained pages out."""

from coursegrader.report.write import Written, write_report

__all__ = ["Written", "write_report"]
