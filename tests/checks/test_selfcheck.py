"""The student's helper: one line for what is right, two for what is wrong."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from coursegrader.student import selfcheck

SOURCE = Path(selfcheck.__file__)
NAN = float("nan")


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: selfcheck.shape(torch.zeros(3, 3), (3, 3), "counts"), "✓ counts : forme (3, 3)"),
        (lambda: selfcheck.shape([[1, 2]], [1, 2], "x"), "✓ x : forme (1, 2)"),
        (lambda: selfcheck.shape(2.5, (), "nll"), "✓ nll : forme ()"),
        (lambda: selfcheck.dtype(torch.zeros(1, dtype=torch.int64), torch.int64, "x"), "✓ x : type torch.int64"),
        (lambda: selfcheck.dtype(torch.zeros(1, dtype=torch.int32), "int", "x"), "✓ x : entiers"),
        (lambda: selfcheck.dtype(np.zeros(1), "float", "x"), "✓ x : nombres à virgule"),
        (lambda: selfcheck.dtype(torch.zeros(1, dtype=torch.bfloat16), "float", "x"), "✓ x : nombres à virgule"),
        (lambda: selfcheck.dtype(2.5, "float", "x"), "✓ x : nombres à virgule"),
        (lambda: selfcheck.kind([], list, "itos"), "✓ itos : type list"),
        (lambda: selfcheck.equal(["."], ["."], "itos"), "✓ itos : valeur attendue"),
        (lambda: selfcheck.equal({"a": 1}, {"a": 1}, "stoi"), "✓ stoi : valeur attendue"),
        (lambda: selfcheck.equal(torch.ones(2, 2), [[1, 1], [1, 1]], "x"), "✓ x : valeur attendue"),
        (lambda: selfcheck.equal([[1, 2], [3], []], [[1, 2], [3], []], "ids"), "✓ ids : valeur attendue"),
        (lambda: selfcheck.equal(None, None, "x"), "✓ x : valeur attendue"),
        (lambda: selfcheck.close(2.47, 2.4700001, "nll"), "✓ nll : valeur attendue, aux arrondis près"),
        (lambda: selfcheck.close(float("inf"), float("inf"), "nll"), "✓ nll : valeur attendue, aux arrondis près"),
        (
            lambda: selfcheck.close([torch.tensor(1.0, requires_grad=True)], [1.0], "p"),
            "✓ p : valeur attendue, aux arrondis près",
        ),
        (lambda: selfcheck.true(torch.tensor(True), "raté"), "✓ condition vérifiée"),
        (lambda: selfcheck.raises(lambda: {}["û"], "« û »"), "✓ « û » : erreur, comme il se doit"),
        (lambda: selfcheck.true(True, "la graine est fixée", "la graine change"), "✓ la graine change"),
    ],
)
def test_right_values_print_one_line_and_nothing_else(call, line, capsys):
    assert call() is None  # a last line of a cell that has a value would be a grade to nbgrader
    printed = capsys.readouterr()
    assert printed.out == line + "\n"
    assert printed.err == ""  # one word on stderr costs the whole cell in nbgrader


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (
            lambda: selfcheck.shape(torch.zeros(3), (3, 3), "counts"),
            ["✗ counts – attendu : forme (3, 3)", "  obtenu : forme (3,)"],
        ),
        (lambda: selfcheck.shape(None, (3,), "x"), ["✗ x – attendu : forme (3,)", "  obtenu : None (la fonction"]),
        (lambda: selfcheck.raises(lambda: 3, "« û »"), ["✗ « û » – attendu : une erreur", "  obtenu : 3"]),
        (
            lambda: selfcheck.raises(lambda: None, "« û »"),
            ["✗ « û » – attendu : une erreur", "  obtenu : None (la fonction"],
        ),
        (lambda: selfcheck.shape("abc", (3,), "x"), ["✗ x", "  obtenu : un objet de type str, au lieu de nombres"]),
        (
            lambda: selfcheck.shape([[1], [1, 2]], (2, 1), "x"),
            ["✗ x", "  obtenu : des lignes de longueurs différentes"],
        ),
        (
            lambda: selfcheck.dtype(torch.zeros(1), torch.int64, "x"),
            ["✗ x – attendu : type torch.int64", "torch.float32"],
        ),
        (lambda: selfcheck.dtype([1], torch.int64, "x"), ["✗ x", "  obtenu : type list"]),
        (lambda: selfcheck.dtype(torch.zeros(1), "int", "x"), ["✗ x – attendu : entiers", "torch.float32"]),
        (lambda: selfcheck.dtype([True], "int", "x"), ["✗ x – attendu : entiers", "bool"]),
        (lambda: selfcheck.kind((), list, "itos"), ["✗ itos – attendu : type list", "  obtenu : type tuple"]),
        (lambda: selfcheck.kind(True, int, "n"), ["✗ n – attendu : type int", "  obtenu : type bool"]),
        (lambda: selfcheck.kind(None, str, "nom"), ["✗ nom – attendu : type str", "manque-t-il un « return » ?"]),
        (lambda: selfcheck.equal("lea", "léa", "nom"), ["✗ nom – attendu : 'léa'", "  obtenu : 'lea'"]),
        (lambda: selfcheck.equal([".", "b"], [".", "a"], "itos"), ["✗ itos[1] – attendu : 'a'", "  obtenu : 'b'"]),
        (
            lambda: selfcheck.equal(["."], [".", "a"], "itos"),
            ["✗ itos – attendu : 2 éléments", "  obtenu : 1 éléments"],
        ),
        (lambda: selfcheck.equal({"a": 2}, {"a": 1}, "stoi"), ["✗ stoi['a'] – attendu : 1", "  obtenu : 2"]),
        (lambda: selfcheck.equal({}, {"a": 1}, "stoi"), ["✗ stoi – attendu : clé 'a'", "  obtenu : clé 'a' absente"]),
        (lambda: selfcheck.equal({"b": 1}, {}, "stoi"), ["✗ stoi – attendu : pas de clé 'b'", "clé 'b' présente"]),
        (
            lambda: selfcheck.equal(torch.tensor([[1, 2]]), [[1, 3]], "x"),
            ["✗ x – attendu : 3 à la position [0, 1]", "  obtenu : 2 à la position [0, 1]"],
        ),
        (lambda: selfcheck.equal(torch.ones(3, 1), torch.ones(3), "x"), ["✗ x – attendu : forme (3,)", "(3, 1)"]),
        (lambda: selfcheck.equal(True, 1, "x"), ["✗ x – attendu : type int64", "  obtenu : type bool"]),
        (lambda: selfcheck.close(2.5, 2.47, "nll"), ["✗ nll – attendu : 2.47", "  obtenu : 2.5"]),
        (lambda: selfcheck.close(NAN, 2.47, "nll"), ["✗ nll – attendu : 2.47", "  obtenu : nan"]),
        (lambda: selfcheck.close(NAN, NAN, "nll"), ["✗ nll – attendu : nan", "  obtenu : nan"]),
        (lambda: selfcheck.close(700.0, float("inf"), "nll"), ["✗ nll – attendu : inf", "  obtenu : 700"]),
        (lambda: selfcheck.close(None, 2.47, "nll"), ["✗ nll – attendu : un tableau de nombres", "None"]),
        (lambda: selfcheck.equal("x" * 500, "y" * 500, "x"), ["✗ x – attendu : 'yyyy", "..."]),
        (lambda: selfcheck.true(torch.ones(2) > 0, "x positif"), ["✗ x positif", "ni True ni False"]),
    ],
)
def test_wrong_values_stop_with_two_short_lines(call, lines):
    with pytest.raises(selfcheck.Mismatch) as caught:
        call()
    shown = caught.value._render_traceback_()
    assert len(shown) == len(lines)
    assert all(part in line and len(line) < 120 for line, part in zip(shown, lines, strict=True))
    assert isinstance(caught.value, AssertionError)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_false_condition_shows_its_message_alone():
    with pytest.raises(selfcheck.Mismatch) as caught:
        selfcheck.true(0.5 > 1, "La somme doit dépasser 1.")
    assert caught.value._render_traceback_() == ["✗ La somme doit dépasser 1."]


def test_it_needs_nothing_but_torch_and_numpy():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "collections.abc", "opcode", "types", "typing", "numpy", "torch", "IPython"}


def test_all_french_stands_in_one_place():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    texts = next(node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "MESSAGES")
    elsewhere = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and not texts.lineno <= node.lineno <= texts.end_lineno
    ]
    docs = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
    }
    assert not [value for value in elsewhere if value not in docs and any(letter in value for letter in "éèàç«»")]
    keys = {key.value for key in texts.value.keys}
    assert keys == set(selfcheck.MESSAGES)
    used = {value for value in elsewhere if value in keys}
    assert used == keys, f"unused: {keys - used}"


def test_it_imports_without_ipython():
    code = "import sys; sys.modules['IPython'] = None; import selfcheck; selfcheck.equal(1, 1, 'x')"
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "✓ x : valeur attendue\n"), done.stderr
