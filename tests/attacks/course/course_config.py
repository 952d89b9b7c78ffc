"""The course that the attacks are handed in to. Nobody can know its answers: every point given is a stolen one."""

from pathlib import Path

COURSE = {
    "id": "arena",
    "title": "Arène",
    "language": "fr",
    "timezone": "Europe/Zurich",
    "seed": 1,
    "assignments": [
        {
            "id": "arena",
            "title": "Deux secrets",
            "release": "2026-01-01 08:00",
            "due": "2030-01-01 08:00",
            "exercises": {"scale": 3, "label": 1},
            "limits": {
                "call_seconds": 1,
                "call_cpu_seconds": 1,
                "cell_seconds": 2,
                "cell_cpu_seconds": 2,
                "submission_seconds": 30,
                "memory_mb": 512,
                "processes": 32,
                "disk_mb": 32,
                "output_kb": 256,
            },
        },
    ],
}

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = COURSE["id"]
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).resolve().parent / 'gradebook.db'}"
c.CourseDirectory.ignore = [".*", "*.pyc", "__pycache__", "arena.md"]
