"""A tiny course of two assignments, written into a folder: every kind of cell and of hidden content, nothing real."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

COURSE: dict[str, Any] = {
    "id": "mini",
    "title": "Un tout petit cours",
    "language": "fr",
    "timezone": "Europe/Zurich",
    "seed": 7,
    "assignments": [
        {
            "id": "01-mini",
            "title": "Mise à l'échelle",
            "release": "2026-09-01 08:00",
            "due": "2026-09-08 23:59",
            "files": ["data/mots.txt"],
            "exercises": {"scale_all": 2, "Scaler": 3.5, "explain": {"points": 1, "manual": True}},
        },
        {
            "id": "02-suite",
            "title": "La suite",
            "release": "2026-09-08 08:00",
            "due": "2026-09-15 23:59",
            "exercises": {"shift": 1},
        },
    ],
    "milestones": [{"id": "m1", "title": "But", "due": "2026-10-01 12:00"}],
    "limits": {"memory_mb": 512},
}

TRAITS = """
c = get_config()
c.CourseDirectory.course_id = COURSE["id"]
c.CourseDirectory.ignore = [".*", "*~", "__pycache__", *[f"{a['id']}.md" for a in COURSE["assignments"]]]
c.ClearSolutions.code_stub = {"python": "# VOTRE CODE ICI\\nraise NotImplementedError('À compléter.')"}
c.ClearSolutions.text_stub = "VOTRE RÉPONSE ICI"
"""

SCALE = '''"""Scaling lists of numbers."""

import functools
import math


def scale_all(values: list[float], factor: float = 2.0) -> list[float]:
    """Multiplie chaque nombre par un facteur.

    Exemple
        >>> scale_all([1.0, 3.0])
        [2.0, 6.0]
    """
    # refuse infinities before anything is multiplied
    if any(math.isinf(value) for value in values):
        raise ValueError('un nombre est infini')
    scaled = [value * factor for value in values]
    return scaled


class Scaler:
    """Retient un facteur et l'applique."""

    unit = "points"

    def __init__(self, factor: float) -> None:
        """Garde le facteur."""
        self.factor = factor
        self.number_of_calls = 0

    @functools.cached_property
    def logarithm(self) -> float:
        return math.log(abs(self.factor))

    def __call__(
        self,
        values: list[float],
    ) -> list[float]:
        self.number_of_calls += 1
        return scale_all(values, factor=self.factor)
        # one call more, counted above
'''

SHIFT = '''"""Shifting lists of numbers."""


def shift(values: list[float], offset: float) -> list[float]:
    """Ajoute un nombre à chaque élément."""
    return [value + offset for value in values]
'''

CHECK_SCALE = '''"""Hidden checks of scale_all."""

from coursegrader.checks import check, expect


@check(points=2, message="Multipliez aussi les nombres négatifs de la liste.")
def test_scale_negative_numbers(student):
    values = [-1.5, 2.25, -4.125, 8.0625]
    assert student.scale_all(values) == expect.product(values, 2)
    assert student.scale_all([3.14159265]) == [6.2831853]
'''

CHECK_SCALER = """from coursegrader.checks import check


@check(points=3.5, message="Votre objet ne garde pas son facteur.")
def test_scaler_keeps_factor(student):
    assert student.Scaler(3)([1]) == [3]
"""

CHECK_SHIFT = """from coursegrader.checks import check


@check(points=1, message="Le décalage s'ajoute à chaque élément.")
def test_shift_adds(student):
    assert student.shift([1], 1) == [2]
"""

MISCONCEPTIONS = """[squared]
title = "Le facteur est appliqué deux fois"
text = "Vous multipliez par le carré du facteur, une fois de trop."
see = "Multiplier une liste"
"""

TEXT = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# Mise à l'échelle

```{code-cell} ipython3
%matplotlib inline
import functools
import math

import selfcheck

mots = open("mots.txt", encoding="utf-8").read().split()
```

## Multiplier une liste

![Une règle](figures/regle.svg)

```{code-cell} ipython3
:exercise: scale_all

from reference.scale import scale_all
```

```{code-cell} ipython3
:check: scale_all

selfcheck.equal(scale_all([1.0, 3.0]), [2.0, 6.0], "scale_all")
```

Et maintenant un objet.

```{code-cell} ipython3
:exercise: Scaler

from reference.scale import Scaler
```

```{code-cell} ipython3
:check: Scaler
:tags: [demo]

selfcheck.equal(Scaler(3.0)([2.0]), [6.0], "Scaler")
```

```{code-cell} ipython3
:solution-only: true

print("for the author's eyes only", scale_all([1.0]))
```

Pourquoi un objet ?

+++ {"manual": "explain"}

Parce qu'il se souvient de son facteur entre deux appels.

+++

```{code-cell} ipython3
:free: true

# À vous.
```
"""

TEXT_TWO = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# La suite

```{code-cell} ipython3
:exercise: shift

from reference.shift import shift
```

```{code-cell} ipython3
:check: shift

assert shift([1.0], 1.0) == [2.0]
```
"""

FILES = {
    "nbgrader_config.py": 'load_subconfig("course_config.py")\n',
    "reference/__init__.py": "",
    "reference/scale.py": SCALE,
    "reference/shift.py": SHIFT,
    "source/01-mini/01-mini.md": TEXT,
    "source/01-mini/figures/regle.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
    "source/02-suite/02-suite.md": TEXT_TWO,
    "grading_tests/conftest.py": '"""Fixtures."""\n',
    "grading_tests/misconceptions/01-mini.toml": MISCONCEPTIONS,
    "grading_tests/01-mini/test_scale_all.py": CHECK_SCALE,
    "grading_tests/01-mini/test_Scaler.py": CHECK_SCALER,
    "grading_tests/02-suite/test_shift.py": CHECK_SHIFT,
    "data/mots.txt": "un\ndeux\ntrois\n",
}


def course_data() -> dict[str, Any]:
    """A copy of COURSE, free to be changed."""
    return copy.deepcopy(COURSE)


def write_config(root: Path, data: Any, traits: str = TRAITS) -> None:
    """Write `course_config.py`."""
    (root / "course_config.py").write_text(f"COURSE = {data!r}\n{traits}", encoding="utf-8")


def write_course(root: Path, **changes: str) -> Path:
    """Write the tiny course; `changes` are further or other files."""
    for name, content in {**FILES, **changes}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    write_config(root, course_data())
    return root


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first occurrence in a file; it must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
