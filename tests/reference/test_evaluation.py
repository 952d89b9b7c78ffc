"""Log-probability, NLL and perplexity against products, entropies and closed formulas."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference.count_model import count_bigrams, normalize_rows
from reference.evaluation import log_probability, mean_nll, perplexity
from reference.vocabulary import build_vocabulary

STOI = {".": 0, "a": 1, "b": 2}
P = torch.tensor([[0.0, 0.75, 0.25], [0.5, 0.2, 0.3], [0.6, 0.4, 0.0]])
possible = st.lists(st.from_regex(r"(a|ba)+b?", fullmatch=True), min_size=1, max_size=8)  # never "bb", never empty


def product(name: str) -> float:
    return math.prod(P[STOI[i], STOI[j]].item() for i, j in zip(f".{name}", f"{name}.", strict=True))


@pytest.mark.parametrize(
    ("name", "probability"), [("a", 0.75 * 0.5), ("ba", 0.25 * 0.4 * 0.5), ("aab", 0.75 * 0.2 * 0.3 * 0.6)]
)
def test_log_probability_by_hand(name: str, probability: float) -> None:
    value = log_probability(name, P, STOI)
    assert isinstance(value, float)
    assert value == pytest.approx(math.log(probability), rel=1e-6)


def test_impossible_names() -> None:
    assert log_probability("bb", P, STOI) == -math.inf
    assert log_probability("", P, STOI) == -math.inf
    assert mean_nll(["a", "bb"], P, STOI) == math.inf


def test_a_long_name_does_not_underflow() -> None:
    long_name = "a" * 4001
    expected = math.log(0.75) + 4000 * math.log(0.2) + math.log(0.5)  # the product is about 1e-2796
    assert log_probability(long_name, P, STOI) == pytest.approx(expected, rel=1e-5)
    assert mean_nll([long_name], P, STOI) == pytest.approx(-expected / 4002, rel=1e-5)


@given(possible)
def test_mean_nll_is_per_predicted_character_over_the_whole_list(names: list[str]) -> None:
    expected = -sum(math.log(product(name)) for name in names) / sum(len(name) + 1 for name in names)
    assert mean_nll(names, P, STOI) == pytest.approx(expected, rel=1e-5)
    assert mean_nll(names[::-1], P, STOI) == pytest.approx(expected, rel=1e-5)


@given(possible)
def test_mean_nll_adds_up_log_probabilities(names: list[str]) -> None:
    total = sum(log_probability(name, P, STOI) for name in names)
    characters = sum(len(name) + 1 for name in names)
    assert mean_nll(names, P, STOI) * characters == pytest.approx(-total, rel=1e-5)


def test_uniform_table_gives_log_v() -> None:
    stoi = {symbol: i for i, symbol in enumerate(".abcdefghij")}
    nll = mean_nll(["abc", "jihg", "a"], torch.full((11, 11), 1 / 11), stoi)
    assert nll == pytest.approx(math.log(11), rel=1e-6)
    assert perplexity(nll) == pytest.approx(11, rel=1e-5)


def test_table_on_its_own_list_gives_the_conditional_entropy(default_names: list[str]) -> None:
    pairs = Counter(pair for name in default_names for pair in zip(f".{name}", f"{name}.", strict=True))
    firsts: Counter[str] = Counter()
    for (first, _), count in pairs.items():
        firsts[first] += count
    entropy = -sum(count * math.log(count / firsts[first]) for (first, _), count in pairs.items()) / sum(pairs.values())

    _, stoi = build_vocabulary(default_names)
    nll = mean_nll(default_names, normalize_rows(count_bigrams(default_names, stoi)), stoi)
    assert nll == pytest.approx(entropy, abs=1e-5)
    assert nll == pytest.approx(2.472, abs=0.0005)


def test_errors() -> None:
    with pytest.raises(KeyError, match="x"):
        log_probability("ax", P, STOI)
    with pytest.raises(KeyError, match="x"):
        mean_nll(["ax"], P, STOI)
    with pytest.raises(ValueError, match="vide"):
        mean_nll([], P, STOI)


def test_perplexity() -> None:
    assert perplexity(0.0) == 1.0
    assert perplexity(2.4721) == pytest.approx(11.847, abs=0.001)
    assert perplexity(math.inf) == math.inf
