"""N-gram tables against brute force, probabilities against exact fractions, losses against a walk through each name."""

import doctest
import inspect
import math
import random
from collections import Counter
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference import ngrams, splits
from reference.count_model import count_bigrams, normalize_rows
from reference.evaluation import mean_nll
from reference.ngrams import (
    choose_alpha,
    interpolated_probability,
    ngram_counts,
    ngram_nll,
    ngram_probability,
    table_size,
)
from reference.vocabulary import build_vocabulary

ITOS = [".", "-", "a", "b", "é"]
STOI = {symbol: i for i, symbol in enumerate(ITOS)}
V = len(ITOS)
lists_of_names = st.lists(st.text(alphabet=ITOS[1:], min_size=1, max_size=7), min_size=1, max_size=10)
orders = st.integers(1, 4)
EXERCISES = {
    "table_size": ngrams,
    "windows": splits,
    "ngram_counts": ngrams,
    "ngram_probability": ngrams,
    "ngram_nll": ngrams,
    "split_names": splits,
    "choose_alpha": ngrams,
    "interpolated_probability": ngrams,
}


def predictions(names: list[str], k: int) -> list[tuple[str, str]]:
    """Context and next symbol as text, by slicing each name on its own."""
    return [(("." * k + name + ".")[t : t + k], (name + ".")[t]) for name in names for t in range(len(name) + 1)]


def exact_law(names: list[str], context: str, alpha: Fraction) -> list[Fraction]:
    seen = Counter(following for before, following in predictions(names, len(context)) if before == context)
    total = sum(seen.values()) + V * alpha
    return [(seen[symbol] + alpha) / total if total else Fraction(1, V) for symbol in ITOS]


def ids(context: str) -> tuple[int, ...]:
    return tuple(STOI[symbol] for symbol in context)


def test_table_size_counts_every_context_and_every_cell() -> None:
    for size, k in [(1, 3), (2, 5), (5, 4)]:
        contexts = 1
        for _ in range(k):
            contexts *= size
        assert table_size(size, k) == (contexts, contexts * size)
    assert [table_size(40, k)[0] for k in (1, 2, 3)] == [40, 1_600, 64_000]
    assert table_size(40, 10)[1] == 419_430_400_000_000_000


@given(lists_of_names, orders)
def test_counts_equal_a_counter_of_slices(names: list[str], k: int) -> None:
    oracle = Counter(predictions(names, k))
    counts = ngram_counts(names, STOI, k)
    assert set(counts) == {ids(context) for context, _ in oracle}
    for context, row in counts.items():
        assert row.dtype == torch.int64
        assert row.tolist() == [oracle["".join(ITOS[i] for i in context), symbol] for symbol in ITOS]


@given(lists_of_names, orders, st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(3)]), st.data())
def test_probabilities_equal_exact_fractions(names: list[str], k: int, alpha: Fraction, data: st.DataObject) -> None:
    context = data.draw(
        st.text(alphabet=ITOS, min_size=k, max_size=k) | st.sampled_from([c for c, _ in predictions(names, k)])
    )
    P = ngram_probability(ngram_counts(names, STOI, k), ids(context), V, float(alpha))
    assert P.tolist() == pytest.approx([float(p) for p in exact_law(names, context, alpha)], abs=1e-12)


@given(lists_of_names, lists_of_names, orders, st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(3)]))
def test_loss_equals_a_walk_through_each_name(counted: list[str], scored: list[str], k: int, alpha: Fraction) -> None:
    laws = [exact_law(counted, context, alpha)[STOI[symbol]] for context, symbol in predictions(scored, k)]
    right = math.inf if 0 in laws else -math.fsum(math.log(p) for p in laws) / len(laws)
    assert ngram_nll(ngram_counts(counted, STOI, k), scored, STOI, k, float(alpha)) == pytest.approx(right)


def test_one_symbol_of_context_is_the_bigram_model(default_names: list[str]) -> None:
    _, stoi = build_vocabulary(default_names)
    P = normalize_rows(count_bigrams(default_names, stoi), 0.5)
    nll = ngram_nll(ngram_counts(default_names, stoi, 1), default_names, stoi, 1, 0.5)
    assert nll == pytest.approx(mean_nll(default_names, P, stoi), rel=1e-5)


@given(lists_of_names, lists_of_names, orders, st.permutations([0.01, 0.1, 1.0, 10.0]))
def test_chosen_alpha_has_the_smallest_validation_loss(
    train: list[str], val: list[str], k: int, grid: list[float]
) -> None:
    val = [*val, train[0]]
    _, stoi = build_vocabulary(train)
    readable = [name for name in val if all(symbol in stoi for symbol in name)]
    counts = ngram_counts(train, stoi, k)
    chosen = choose_alpha(train, val, k, grid)
    assert chosen in grid
    assert ngram_nll(counts, readable, stoi, k, chosen) <= min(
        ngram_nll(counts, readable, stoi, k, alpha) for alpha in grid
    )


def test_unreadable_validation_names_do_not_count() -> None:
    train, grid = ["ab", "ab", "aa"], [0.01, 1.0, 100.0]
    assert choose_alpha(train, ["ab", "zzzz", "xy"], 1, grid) == choose_alpha(train, ["ab"], 1, grid) == 0.01


@given(lists_of_names, orders, st.sampled_from([Fraction(1, 2), Fraction(5)]), st.data())
def test_interpolation_equals_exact_recursion(names: list[str], k: int, beta: Fraction, data: st.DataObject) -> None:
    context = data.draw(
        st.text(alphabet=ITOS, min_size=k, max_size=k) | st.sampled_from([c for c, _ in predictions(names, k)])
    )
    exact = [Fraction(1, V)] * V
    for m in range(1, k + 1):
        seen = Counter(following for before, following in predictions(names, m) if before == context[k - m :])
        exact = [(seen[symbol] + beta * p) / (seen.total() + beta) for symbol, p in zip(ITOS, exact, strict=True)]
    tables = [ngram_counts(names, STOI, m) for m in range(1, k + 1)]
    P = interpolated_probability(tables, ids(context), V, float(beta))
    assert P.tolist() == pytest.approx([float(p) for p in exact], abs=1e-12)
    assert sum(exact) == 1


def test_tables_are_not_modified() -> None:
    counts = ngram_counts(["ab", "éa"], STOI, 2)
    before = {context: row.clone() for context, row in counts.items()}
    ngram_probability(counts, (4, 4), V, 1.0)
    ngram_nll(counts, ["é-é"], STOI, 2, 1.0)
    interpolated_probability([counts], (4, 4), V, 1.0)
    assert counts.keys() == before.keys()
    assert all(torch.equal(row, before[context]) for context, row in counts.items())


@pytest.mark.parametrize("name", EXERCISES)
def test_exercise_docstrings_are_a_specification(name: str) -> None:
    text = getattr(EXERCISES[name], name).__doc__
    for part in ("Paramètres", "Renvoie", "Exemple", "Source"):
        assert part in text


def test_exercise_functions_run_as_pasted_into_cells() -> None:
    notebook: dict[str, object] = {
        "torch": torch, "random": random, "math": math, "Counter": Counter, "build_vocabulary": build_vocabulary,
    }  # fmt: skip
    for name, module in EXERCISES.items():
        function = getattr(module, name)
        exec(inspect.getsource(function), notebook)
        examples = doctest.DocTestParser().get_doctest(function.__doc__, notebook, name, None, None)
        assert examples.examples, f"{name} has no example"
        assert doctest.DocTestRunner().run(examples, clear_globs=False).failed == 0
