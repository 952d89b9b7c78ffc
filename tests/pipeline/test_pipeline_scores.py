"""What students hand in, graded for real: points, reasons, rows and files."""

from __future__ import annotations

from tests.pipeline.small_course import POINTS, Class, scores


def test_right_answers_get_all_points(klass: Class) -> None:
    klass.hand_in("zoé")
    verdict = klass.verdicts()["zoé"]
    assert scores(verdict) == {**POINTS, "explain": None}
    assert verdict.status == "graded"
    assert klass.rows("zoé") == {
        "double": (2.0, None, None, 0),
        "total": (3.0, None, None, 0),
        "Tally": (2.0, None, None, 0),
        "explain": (None, None, None, 1),
    }
