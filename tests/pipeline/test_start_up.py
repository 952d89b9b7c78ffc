"""What a run imports before it grades: seconds a run, if one is not careful."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("pandas", "pyarrow", "nbconvert", "rfc3987_syntax", "IPython", "matplotlib", "jupyterhub", "distributed")


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_grading_imports_nothing_slow_that_it_does_not_use() -> None:
    found = python(f"import sys, coursegrader.grade\nprint([name for name in {SLOW} if name in sys.modules])")
    assert found == "[]"


def test_the_command_line_itself_imports_nothing_slow() -> None:
    code = "import sys\nfrom coursegrader.cli import make_parser\nmake_parser()\n"
    assert (
        python(f"{code}print([name for name in {(*SLOW, 'torch', 'sqlalchemy', 'nbgrader')} if name in sys.modules])")
        == "[]"
    )


def test_the_rest_of_nbgrader_is_there_when_it_is_asked_for() -> None:
    code = """
import sys
import coursegrader.gradebook.record
import nbgrader
assert "nbgrader.server_extensions" not in sys.modules
from nbgrader import __version__, load_formgrader
from nbgrader.apps import AutogradeApp
from nbgrader.api import Gradebook
assert nbgrader._jupyter_server_extension_points() == [{"module": "nbgrader"}]
assert Gradebook is nbgrader.api.Gradebook and not hasattr(nbgrader, "nothing_of_the_kind")
print(__version__)
"""
    assert python(code) == python("import nbgrader; print(nbgrader.__version__)")
