"""Grade notebooks with otter in this process; run by throughput.py in an environment that has otter-grader."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from otter.api import grade_submission


def main() -> None:
    autograder, submitted, *students = sys.argv[1:]
    grades: dict[str, dict[str, int]] = {}
    started = time.perf_counter()
    for student in students:
        notebook = Path(submitted) / student / "bench" / "bench.ipynb"
        results = grade_submission(str(notebook), autograder, quiet=True)
        grades[student] = {name: int(file.score) for name, file in results.results.items()}
    print(json.dumps({"grades": grades, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
