"""Counts against a Counter of pairs, probabilities against exact fractions."""

import time
from collections import Counter
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference.count_model import count_bigrams, normalize_rows
from reference.vocabulary import build_vocabulary

ITOS = [".", "'", "-", "a", "b", "z", "é"]
STOI = {symbol: i for i, symbol in enumerate(ITOS)}
names_lists = st.lists(st.text(alphabet=ITOS[1:], min_size=1, max_size=9), max_size=12)
count_tables = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, 50), min_size=size, max_size=size), min_size=size, max_size=size)
)


def counted(names: list[str]) -> Counter[tuple[str, str]]:
    """Each name on its own, so that a pair across two names would show."""
    return Counter(pair for name in names for pair in zip(f".{name}", f"{name}.", strict=True))


@given(names_lists)
def test_counts_equal_a_counter_of_pairs(names: list[str]) -> None:
    counts = count_bigrams(names, STOI)
    oracle = counted(names)
    assert counts.dtype == torch.int64
    assert counts.tolist() == [[oracle[current, following] for following in ITOS] for current in ITOS]
    assert counts.sum() == sum(len(name) + 1 for name in names)


def test_no_names_give_a_table_of_zeros() -> None:
    counts = count_bigrams([], STOI)
    assert counts.shape == (7, 7)
    assert counts.dtype == torch.int64
    assert not counts.any()


def test_empty_name_is_an_end_after_a_start() -> None:
    assert count_bigrams(["", ""], {".": 0, "a": 1}).tolist() == [[2, 0], [0, 0]]


def test_numbering_is_the_callers() -> None:
    assert count_bigrams(["ab"], {".": 0, "b": 1, "a": 2}).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_unknown_symbol_is_an_error() -> None:
    with pytest.raises(KeyError, match="x"):
        count_bigrams(["ax"], STOI)


def test_whole_default_list_in_well_under_a_second(default_names: list[str]) -> None:
    itos, stoi = build_vocabulary(default_names)
    start = time.process_time()
    counts = count_bigrams(default_names, stoi)
    assert time.process_time() - start < 1.0  # 0.02 s measured; a Python loop over tensor cells takes about a second
    oracle = counted(default_names)
    assert counts.tolist() == [[oracle[current, following] for following in itos] for current in itos]


@given(count_tables, st.sampled_from([0.0, 0.25, 1.0, 7.5]))
def test_probabilities_equal_exact_fractions(table: list[list[int]], alpha: float) -> None:
    counts = torch.tensor(table)
    before = counts.clone()
    P = normalize_rows(counts, alpha)
    for row, got in zip(table, P.tolist(), strict=True):
        total = sum(row) + len(row) * Fraction(alpha)
        exact = [(k + Fraction(alpha)) / total if total else Fraction(1, len(row)) for k in row]
        assert got == pytest.approx([float(p) for p in exact], abs=1e-6)
    assert P.is_floating_point()
    assert torch.equal(counts, before)


def test_rows_not_columns_are_normalised() -> None:
    P = normalize_rows(torch.tensor([[1, 3], [5, 0]]))
    torch.testing.assert_close(P, torch.tensor([[0.25, 0.75], [1.0, 0.0]]))


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.float32, torch.float64])
def test_counts_of_any_number_type(dtype: torch.dtype) -> None:
    P = normalize_rows(torch.tensor([[1, 3], [0, 0]], dtype=dtype))
    torch.testing.assert_close(P, torch.tensor([[0.25, 0.75], [0.5, 0.5]]))
