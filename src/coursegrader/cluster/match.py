"""Whether two machines grade alike: the same engine, to the byte, on the same libraries."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import coursegrader

LIBRARIES = ("torch", "numpy", "pandas", "ipython", "matplotlib", "pytest", "nbformat")


@cache
def fingerprint() -> dict[str, str]:
    """Versions of everything whose difference could change a verdict or its page.

    Example:
        >>> fingerprint()["coursegrader"] == coursegrader.__version__
        True
    """
    found = {"coursegrader": coursegrader.__version__, "engine": _engine(), "python": platform.python_version()}
    return found | {name: version(name) for name in LIBRARIES}


def _engine() -> str:
    """SHA-256 of the installed package's files: a version number alone would hide a local change."""
    digest = sha256()
    root = Path(coursegrader.__file__).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".toml", ".html", ".css", ".j2"):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def differences(wanted: dict[str, str], here: dict[str, str]) -> list[str]:
    """What differs, in words; empty when both grade alike.

    Example:
        >>> differences({"torch": "2.13.0"}, {"torch": "2.12.0"})
        ['torch is 2.12.0 here, the coordinator has 2.13.0']
    """
    return [
        f"{name} is {here.get(name, 'missing')} here, the coordinator has {value}"
        for name, value in wanted.items()
        if here.get(name) != value
    ]
