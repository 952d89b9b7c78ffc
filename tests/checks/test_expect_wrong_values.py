"""Wrong values fail, each with a sentence that says what was expected and what came."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from coursegrader.checks import StudentError, expect

NAN = float("nan")
INF = float("inf")
ONES = torch.ones(2, 3)

WRONG_NUMBERS = [
    (None, "None : la fonction n'a rien renvoyé"),
    ("un", "mais c'est du texte (str)"),
    ({"a": 1}, "mais c'est un dictionnaire (dict)"),
    ({1}, "mais c'est un ensemble (set)"),
    ([[1, 1, 1], [1, "1", 1]], "on y trouve du texte (str)"),
    ([[1, 1, 1], None], "on y trouve rien (None)"),
    (1j, "nombres complexes"),
    (torch.ones(2, 3, dtype=torch.complex64), "nombres complexes"),
    (np.ones((2, 3), dtype=complex), "nombres complexes"),
    (np.ones((2, 3), dtype=object), "le type de ses éléments est object"),
    (np.array([["a", "b", "c"]]), "le type de ses éléments est <U1"),
    (np.ones((2, 3), dtype=np.longdouble), "le type de ses éléments est float128"),
    (np.array(["2026"], dtype="M8[Y]"), "le type de ses éléments est datetime64"),
    (torch.ones(2, 3).to(torch.float8_e4m3fn), "le type de ses éléments est torch.float8"),
    (torch.ones(2, 3, device="meta"), "le type de ses éléments est"),
    ([[1, 1, 1], [1, 1]], "n'ont pas toutes la même longueur"),
    ([[1, 1, 1], 1], "n'ont pas toutes la même longueur"),
    ([torch.ones(3), torch.ones(2)], "n'ont pas toutes la même longueur"),
    ([[1, 1, 1], [True, 1, 1]], "mélange des booléens"),
    ([2**63, 1], "trop grand pour 64 bits"),
    ([10**400, 0.5], "trop grand pour 64 bits"),
    (np.array([2**64 - 1], dtype=np.uint64), "trop grand pour 64 bits"),
    ([[[[[[[[[1]]]]]]]]], "plus de 8 niveaux"),
    ([0] * 1_000_001, "beaucoup trop d'éléments"),
    (torch.zeros(1).expand(1 << 25), "beaucoup trop d'éléments"),
    ([torch.zeros(1).expand(1 << 22)] * 5, "beaucoup trop d'éléments"),
    (torch.ones(3), "la forme (2, 3), mais sa forme est (3,)"),
    (torch.ones(1, 3), "la forme (2, 3), mais sa forme est (1, 3)"),
    (torch.ones(2, 1), "la forme (2, 3), mais sa forme est (2, 1)"),
    (torch.ones(3, 2), "la forme (2, 3), mais sa forme est (3, 2)"),
    (1.0, "la forme (2, 3), mais sa forme est ()"),
    (torch.ones(2, 3, dtype=torch.bool), "contient des booléens (torch.bool)"),
    ([[True] * 3] * 2, "contient des booléens (bool)"),
    ([[1, 1, 1], [1, NAN, 1]], "« x[1, 1] » vaut nan au lieu de 1"),
    (torch.full((2, 3), NAN), "6 valeurs sur 6 ne conviennent pas. La première : « x[0, 0] » vaut nan"),
    ([[1, 1, INF], [1, 1, 1]], "« x[0, 2] » vaut inf au lieu de 1"),
    ([[1, 1, 1], [1, 1, 2]], "« x[1, 2] » vaut 2 au lieu de 1"),
]


@pytest.mark.parametrize("helper", [expect.equal, expect.close])
@pytest.mark.parametrize(("value", "message"), WRONG_NUMBERS, ids=[message for _, message in WRONG_NUMBERS])
def test_wrong_numbers(failure, helper, value, message):
    failed = failure(helper, value, ONES, what="x")
    assert message in failed.message
    assert str(failed) == failed.message
    assert "x" in failed.message and len(failed.message) < 300


def test_nested_lists_cannot_exhaust_the_grader(failure):
    loop: list = []
    loop += [loop] * 30  # 30**8 items if it were walked to the end
    assert "niveaux" in failure(expect.shape, loop, (2,), what="x").message
    wide: list = [1.0]
    for _ in range(7):
        wide = [wide] * 30
    assert "beaucoup trop d'éléments" in failure(expect.shape, wide, (2,), what="x").message


@pytest.mark.parametrize(
    ("value", "expected", "shown"),
    [
        (torch.tensor([2.0]), (), "« x » doit être un seul nombre, mais sa forme est (1,)"),
        (2.0, (1,), "« x » doit avoir la forme (1,), mais sa forme est ()"),
        ([], (1,), "mais sa forme est (0,)"),
    ],
)
def test_a_number_is_not_a_row_of_one(failure, value, expected, shown):
    assert shown in failure(expect.shape, value, expected, what="x").message


def test_infinite_expectation_is_no_blank_cheque(failure):
    failed = failure(expect.close, 700.0, INF, what="nll", why="Un prénom impossible a une NLL infinie.")
    assert failed.message == "« nll » vaut 700 au lieu de inf. Un prénom impossible a une NLL infinie."
    assert failure(expect.close, -INF, INF, what="nll").actual == "-inf"
    assert failure(expect.close, INF, 700.0, what="nll").actual == "inf"
    assert failure(expect.close, NAN, INF, what="nll").actual == "nan"


def test_float16_rounds_too_much_for_a_probability(failure):
    value = torch.tensor(2.4721, dtype=torch.float16)
    assert "les arrondis n'expliquent pas" in failure(expect.close, value, 2.4721, what="nll").message


def test_integers_and_floats_are_told_apart(failure):
    assert "torch.float32" in failure(expect.integers, torch.ones(2), what="counts").message
    assert "torch.bool" in failure(expect.integers, torch.tensor([True]), what="counts").message
    assert failure(expect.floating, [1, 2], what="P").actual == "int"
    assert "True" not in failure(expect.equal, 1, True, what="ok").actual
    assert "doit contenir des booléens" in failure(expect.equal, 1, True, what="ok").message
    assert "des nombres" in failure(expect.equal, True, 1, what="n").message


def test_dtype(failure):
    failed = failure(expect.dtype, torch.ones(2), torch.int64, what="counts")
    assert failed.message == "« counts » doit être de type torch.int64, mais son type est torch.float32."
    assert (failed.expected, failed.actual) == ("torch.int64", "torch.float32")
    assert "mais c'est une liste (list)" in failure(expect.dtype, [1], torch.int64, what="counts").message
    assert failure(expect.dtype, np.ones(2), torch.float32, what="counts").actual == "float64"


def test_kind_means_the_exact_type(failure):
    for value, kind in [(True, int), (1, float), ((), list), (OSError, list), ({}, (list, tuple)), (None, list)]:
        assert "« itos »" in failure(expect.kind, value, kind, what="itos").message
    assert "une liste (list) ou un tuple (tuple)" in failure(expect.kind, {}, (list, tuple), what="itos").message


TEXT_AND_CONTAINERS = [
    ("lea", "léa", "au caractère n° 2, il y a 'e' au lieu de 'é'."),
    (
        "léa.",
        "léa",
        "au caractère n° 4, il y a '.' au lieu de fin du texte. Le texte a une longueur de 4 au lieu de 3.",
    ),
    ("", "léa", "au caractère n° 1, il y a fin du texte au lieu de 'l'."),
    ("l\u202ea", "léa", "'\\u202e'"),
    (3, "3", "doit être du texte (str), mais c'est un entier (int)"),
    (None, "léa", "la fonction n'a rien renvoyé"),
    ([".", "b"], [".", "a"], "« x[1] » : au caractère n° 1"),
    (["."], [".", "a"], "Le nombre d'éléments de « x » est 1 au lieu de 2."),
    ("ab", ["a", "b"], "doit être une liste (list), mais c'est du texte (str)"),
    ({"a": 1}, {"a": 1, "b": 2}, "il manque la clé 'b'"),
    ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}, "la clé 'c' est de trop"),
    ({"a": 1, "b": True}, {"a": 1, "b": 1}, "« x['b'] » doit contenir des nombres"),
    ({"a": 1, "b": 3}, {"a": 1, "b": 2}, "« x['b'] » vaut 3 au lieu de 2."),
    ({True: "a"}, {1: "a"}, "il manque la clé 1"),
    ({frozenset(): 1}, {1: 1}, "une clé est un ensemble (set)"),
    (["a"], {"a": 1}, "doit être un dictionnaire (dict), mais c'est une liste (list)"),
    ([[1, 2], [4]], [[1, 2], [3]], "« x[1][0] » vaut 4 au lieu de 3."),
    ([[1, 2], 3], [[1, 2], [3]], "mais sa forme est ()"),
    ([], [[1], []], "Le nombre d'éléments de « x » est 0 au lieu de 2."),
    (0, None, "doit être rien (None), mais c'est un entier (int)"),
]


@pytest.mark.parametrize(("value", "expected", "shown"), TEXT_AND_CONTAINERS)
def test_text_and_containers(failure, value, expected, shown):
    assert shown in failure(expect.equal, value, expected, what="x").message


def test_no_array_or_text_is_quoted_in_full(failure):
    rng = np.random.default_rng(0)
    secret = rng.integers(0, 10**6, (50, 50))
    failed = failure(expect.equal, secret + 1, secret, what="counts")
    shown = failed.message + failed.expected + failed.actual
    assert sum(str(number) in shown for number in secret.ravel()[1:]) <= 1 and len(shown) < 250
    hidden = "mot de passe des vérifications"
    for value, expected in [(hidden, "léa"), ({hidden: 1}, {"léa": 1}), ({"léa": 1, hidden: 2}, {"léa": 1})]:
        failed = failure(expect.equal, value, expected, what="x")
        assert hidden not in failed.message + failed.expected + failed.actual


def test_numbers_are_shown_with_the_digits_that_differ(failure):
    failed = failure(expect.close, 1 / 3 + 1e-3, 1 / 3, what="p")
    assert (failed.expected, failed.actual) == ("0.3333", "0.3343")
    failed = failure(expect.equal, 1 / 3 + 1e-7, 1 / 3, what="p")
    assert (failed.expected, failed.actual) == ("0.333333333", "0.333333433")
    assert failure(expect.equal, 14008.0, 14007, what="n").actual == "14008"


def test_misconceptions_name_the_mistake(failure):
    known = {"log2": 3.5665, "nan": NAN, "per-name": torch.tensor([2.0, 3.0])}
    assert failure(expect.close, 3.56651, 2.4721, what="nll", misconceptions=known).misconception == "log2"
    assert failure(expect.close, NAN, 2.4721, what="nll", misconceptions=known).misconception == "nan"
    assert failure(expect.close, [2.0, 3.0], 2.4721, what="nll", misconceptions=known).misconception == "per-name"
    assert failure(expect.close, 1.0, 2.4721, what="nll", misconceptions=known).misconception is None
    assert failure(expect.equal, 3.56651, 2.4721, what="nll", misconceptions=known).misconception is None
    words = {"unsorted": ["b", "a"]}
    assert failure(expect.equal, ["b", "a"], ["a", "b"], what="itos", misconceptions=words).misconception == "unsorted"


def test_a_wrong_value_that_is_right_does_not_fail():
    expect.close(2.0, 2.0, what="nll", misconceptions={"same": 2.0})


def test_gradients(failure):
    right = torch.tensor([[0.5, -1.0], [2.0, 0.0]])
    assert "aucun gradient" in failure(expect.gradient, None, right, what="W.grad").message
    assert "multiplié par 32." in failure(expect.gradient, 32 * right, right, what="W.grad").message
    assert str(failure(expect.gradient, -right, right, what="W.grad")).endswith("multiplié par -1.")
    assert "multiplié" not in failure(expect.gradient, right + 1, right, what="W.grad").message
    assert "multiplié" not in failure(expect.gradient, 0 * right, right, what="W.grad").message
    assert "forme" in failure(expect.gradient, right[0], right, what="W.grad").message
    failed = failure(expect.gradient, 2 * right, right, what="W.grad", misconceptions={"sum": 2 * right})
    assert failed.misconception == "sum"


def test_finite(failure):
    failed = failure(expect.finite, torch.tensor([[1.0, NAN]]), what="P")
    assert failed.message == "« P[0, 1] » vaut nan ; un nombre fini est attendu."
    assert failure(expect.finite, -INF, what="perte").actual == "-inf"


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ([[0.5, 0.2], [0.5, 0.8]], "Ce sont les colonnes dont la somme est 1"),
        ([[0.5, 0.5], [0.5, 0.6]], "La somme de la ligne « P[1] » est 1.1 au lieu de 1."),
        ([[1.5, -0.5], [0.5, 0.5]], "« P[0, 1] » vaut -0.5 : une probabilité n'est jamais négative."),
        ([[NAN, 1.0], [0.5, 0.5]], "un nombre fini est attendu"),
        ([0.5, 0.5], "à deux dimensions, mais sa forme est (2,)"),
        ([[True, False]], "à deux dimensions"),
    ],
)
def test_rows_sum_to_one(failure, table, shown):
    assert shown in failure(expect.rows_sum_to_one, table, what="P").message


def test_bounds(failure):
    failed = failure(expect.at_most, torch.tensor(2.7), 2.51, what="perte", why="Deux cents pas suffisent.")
    assert failed.message == "« perte » vaut 2.7 ; au plus 2.51 est attendu. Deux cents pas suffisent."
    assert (failed.expected, failed.actual) == ("≤ 2.51", "2.7")
    assert failure(expect.between, 1.2, 1.85, 2.51, what="perte").expected == "≥ 1.85"
    for bad in (NAN, INF, -INF, None, "2.3", True, [2.3], 2.3j):
        failure(expect.at_most, bad, 2.51, what="perte")
        failure(expect.at_least, bad, 1.0, what="perte")
        failure(expect.between, bad, 1.0, 2.51, what="perte")


def test_bounds_differ_by_a_hair(failure):
    failed = failure(expect.at_most, math.nextafter(2.51, 3), 2.51, what="perte")
    assert failed.actual not in failed.expected


@pytest.mark.parametrize(
    ("modified", "shown"),
    [(("0",), "argument n° 1"), (("alpha",), "« alpha »"), (("<b>x</b>", "1"), "« ? »"), (("²",), "?")],
)
def test_changed_inputs(failure, modified, shown):
    student = SimpleNamespace(last_call=SimpleNamespace(modified_inputs=modified, inputs_with_gradient=()))
    failed = failure(expect.unchanged, student, what="normalize_rows")
    assert "« normalize_rows » ne doit pas modifier" in failed.message and shown in failed.message


def test_a_gradient_left_in_the_inputs(failure):
    student = SimpleNamespace(last_call=SimpleNamespace(modified_inputs=(), inputs_with_gradient=("0",)))
    failed = failure(expect.unchanged, student, what="mlp_gradients", gradients=True)
    assert "a laissé un gradient (`.grad`) dans son argument n° 1" in failed.message


def test_the_authors_mistakes_are_not_the_students():
    for expected in (NAN, torch.tensor([1.0, NAN])):
        with pytest.raises(ValueError, match="NaN"):
            expect.close(1.0, expected, what="x")
    for expected in ({1, 2}, 1j, np.array(["a"]), object()):
        with pytest.raises(TypeError):
            expect.equal(1, expected, what="x")
    with pytest.raises(ValueError, match="nothing lies"):
        expect.between(1, 3, 2, what="x")
    with pytest.raises(TypeError):
        expect.dtype(torch.ones(1), "float32", what="x")
    with pytest.raises(TypeError):
        expect.kind([], "list", what="x")


def test_a_call_that_should_raise(failure):
    def raising(reason):
        def call():
            raise StudentError(reason, "…")

        return call

    expect.raises(raising("raised"), what="windows")
    assert "devait s'arrêter sur une erreur" in failure(expect.raises, lambda: 0.0, what="windows").message
    assert failure(expect.raises, raising("unsupported"), what="windows").expected == "une erreur"
    with pytest.raises(StudentError):
        expect.raises(raising("timeout"), what="windows")
