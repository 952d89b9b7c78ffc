"""From the instructor's text and the reference solutions to what students receive.

`source` reads the text and splices the solutions in, `release` lets nbgrader strip them, `validate` and `leaks` look at
the result. Nothing here imports nbgrader or jupytext before it is needed: they take more than a second.
"""

from coursegrader.build.leaks import check_leaks, find_leaks
from coursegrader.build.release import build_release, release_differences, release_is_current
from coursegrader.build.source import build_source

__all__ = ["build_release", "build_source", "check_leaks", "find_leaks", "release_differences", "release_is_current"]
