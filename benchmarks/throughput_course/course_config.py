"""The course of the throughput benchmark: one assignment of five one-point exercises."""

from pathlib import Path

COURSE = {
    "id": "bench",
    "title": "Banc d'essai",
    "language": "fr",
    "timezone": "Europe/Zurich",
    "seed": 1,
    "assignments": [
        {
            "id": "bench",
            "title": "Cinq exercices",
            "release": "2026-01-01 08:00",
            "due": "2030-01-01 08:00",
            "exercises": {"count_matrix": 1, "normalize": 1, "one_hot": 1, "cross_entropy": 1, "train": 1},
        },
    ],
}

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = COURSE["id"]
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).resolve().parent / 'gradebook.db'}"
c.CourseDirectory.ignore = [".*", "*.pyc", "__pycache__", "bench.md"]
