"""Execute `course_config.py` the way traitlets does and hand back COURSE and nbgrader's traits."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from traitlets.config.loader import PyFileConfigLoader

from coursegrader.course.mistakes import Mistakes
from coursegrader.errors import CourseFault

CONFIG_NAME = "course_config.py"


def read_config_file(root: Path, mistakes: Mistakes) -> tuple[dict[str, Any], Any]:
    """Execute the course's configuration.

    Args:
        root: course root.
        mistakes: receives keys that stand twice in one dict, which Python drops silently.

    Returns:
        The dict COURSE and the traitlets Config.

    Raises:
        CourseFault: no such file, it fails, or it defines no dict COURSE.
    """
    path = root / CONFIG_NAME
    if not path.is_file():
        raise CourseFault(f"There is no {CONFIG_NAME} in {root}.", hint="Run the command in the course folder.")
    loader = PyFileConfigLoader(CONFIG_NAME, path=str(root))
    loader.clear()
    namespace: dict[str, Any] = {
        "c": loader.config,
        "get_config": lambda: loader.config,
        "load_subconfig": loader.load_subconfig,
        "__file__": str(path),
    }
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        _note_double_keys(tree, mistakes)
        exec(compile(tree, str(path), "exec"), namespace)
    except Exception as error:
        if "COURSE" not in namespace:
            raise CourseFault(f"{CONFIG_NAME}{_line(error, path)} fails: {type(error).__name__}: {error}") from error
        # The traits below COURSE often fail because of a mistake in it, which says more than their error.
        mistakes.add(f"{CONFIG_NAME}{_line(error, path)}".rstrip(","), f"fails: {type(error).__name__}: {error}")
    course = namespace.get("COURSE")
    if not isinstance(course, dict):
        raise CourseFault(
            f"{CONFIG_NAME} defines no dict COURSE.",
            hint='Write COURSE = {"id": ..., "assignments": [...]} at the top of the file.',
        )
    return course, loader.config


def _note_double_keys(tree: ast.Module, mistakes: Mistakes) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        seen: set[str] = set()
        for key in node.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                if key.value in seen:
                    where = f"{CONFIG_NAME}, line {key.lineno}"
                    mistakes.add(where, f'"{key.value}" stands twice in one dict; delete or rename one')
                seen.add(key.value)


def _line(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}," if error.lineno else ""
    number = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            number = trace.tb_lineno
        trace = trace.tb_next
    return f", line {number}," if number else ""
