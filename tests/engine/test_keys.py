"""A key of a paid service goes no further than the file that was handed in: not to the engine, the store, a page or a log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursegrader import logs
from coursegrader.student.keycheck import REMOVED, count_keys, without_keys
from coursegrader.submission import read
from tests.pipeline.small_course import NAME, Class

# Put together here, so that no file of the project holds what looks like a key.
OPENAI = "sk-proj-" + 12 * "aB3c"
MISTRAL = 8 * "a1B2"
OURS = 8 * "q7Zz"  # the teacher's own, in the environment

PLANTED = {
    "openai": f'client = OpenAI("{OPENAI}")',
    "on a new line": f"sortie :\n{OPENAI}",
    "mistral": f'client = Mistral(api_key="{MISTRAL}")',
    "environment": f'os.environ["MISTRAL_API_KEY"] = "{MISTRAL}"',
    "setdefault": f"os.environ.setdefault('OPENAI_API_KEY', '{MISTRAL}')",
    "magic": f"%env MISTRAL_API_KEY={MISTRAL}",
    "header": f'{{"Authorization": "Bearer {MISTRAL}"}}',
    "another vendor": "token = 'ghp_" + 18 * "x7" + "'",
    "the teacher's": f"whatever({OURS})",
}
HARMLESS = (
    'OpenAI(api_key=os.environ["OPENAI_API_KEY"])',
    'api_key = "votre-cle-se-trouve-dans-l-environnement"',
    'API_KEY = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
    "<div class='sk-toggleable__content-arrow sk-estimator-id-12345678901234567890'>",
    "key = lambda pair: (-pair[1], pair[0])",
    "tokens = encode_word('anticonstitutionnellement2')",
    "risk-a1b2c3d4e5f6g7h8i9j0k1l2m3n4",
)


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grader's own environment holds a key."""
    monkeypatch.setenv("MISTRAL_API_KEY", OURS)


@pytest.mark.parametrize("kind", PLANTED)
def test_keys_are_found_as_written_and_as_json_escapes_them(kind: str) -> None:
    for text in (PLANTED[kind], json.dumps([PLANTED[kind]]), json.dumps({"text": json.dumps(PLANTED[kind])})):
        clean, count = without_keys(text)
        assert count == 1
        assert REMOVED in clean and not any(key in clean for key in (OPENAI, MISTRAL, OURS, "ghp_"))
        assert count_keys(clean) == 0


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_key_stays(text: str) -> None:
    assert without_keys(text) == (text, 0)


def test_a_long_text_takes_no_time_that_grows_with_its_square() -> None:
    # A pattern that tries again at every place would take minutes here.
    for text in ("api_key=" * 100_000, "A" * 2_000_000 + "_KEY", "sk-" + "a" * 2_000_000, "Bearer " * 200_000):
        assert count_keys(text) == 0


def test_the_submission_that_is_read_holds_no_key_and_still_runs(tmp_path: Path) -> None:
    source = f'key = "{OPENAI}"\nprint("é", key)'
    output = {"output_type": "stream", "name": "stdout", "text": [f"é {OPENAI}\n"]}
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [output], "execution_count": 1}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    folder = tmp_path / "zoé" / NAME
    folder.mkdir(parents=True)
    path = folder / f"{NAME}.ipynb"
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    item = read(folder, "zoé", NAME)
    found = json.loads(item.notebook or b"")["cells"][0]
    assert found["source"] == f'key = "{REMOVED}"\nprint("é", key)'
    assert found["outputs"][0]["text"] == [f"é {REMOVED}\n"]
    assert "2 fois" in item.warnings[0] and "Révoquez" in item.warnings[0]
    path.write_text(json.dumps(notebook).replace(OPENAI, "rien"), encoding="utf-8")
    assert read(folder, "zoé", NAME).notebook == path.read_bytes()  # byte for byte, where there is no key
    assert read(folder, "zoé", NAME).warnings == ()


def test_no_key_is_in_anything_that_grading_leaves(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = (
        f'import os\nMISTRAL_API_KEY = "{MISTRAL}"\nprint("{OPENAI}")\n'
        f'print("sk-" + "proj-" + 12 * "aB3c")\nprint(sorted(os.environ.values()))\n'
        "def double(v):\n    return [2 * a for a in v]"
    )
    klass.hand_in("zoé", double=planted)
    monkeypatch.setattr(logs, "_logger", None)
    logs.start(klass.root / "log.jsonl")
    verdict = klass.verdicts()["zoé"]
    assert verdict.exercises[0].score == 2.0  # the key is taken out, the work counts
    assert any("Révoquez" in warning for warning in verdict.warnings)
    assert "Révoquez" in klass.page("zoé")
    assert REMOVED in klass.autograded("zoé").read_text(encoding="utf-8")
    for path in klass.root.rglob("*"):
        if path.is_file() and "submitted" not in path.parts:
            content = path.read_bytes()
            assert not any(key.encode() in content for key in (OPENAI, MISTRAL, OURS)), path
