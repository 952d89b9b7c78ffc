"""The sampler: its law by a likelihood-ratio test, its use of randomness, its limits.

The law test compares the transitions of 3,000 sampled names with P by the G statistic. For a right sampler G is
asymptotically chi-square with `df` degrees of freedom, and Laurent and Massart (2000, Lemma 1) bound the tail:
P(G >= df + 2 sqrt(df t) + 2 t) <= exp(-t). With t = ln(1e6) the false alarm rate is at most one in a million; the seed
is fixed besides, so the test's outcome never changes from run to run.
"""

import math

import pytest
import torch

from reference.sampling import decode, sample_ids

# Asymmetric, with a forbidden transition in every row, and no start state that equals another row.
P = torch.tensor(
    [
        [0.0, 0.6, 0.3, 0.1],
        [0.2, 0.5, 0.0, 0.3],
        [0.5, 0.1, 0.4, 0.0],
        [0.7, 0.0, 0.2, 0.1],
    ]
)
ENDLESS = torch.tensor([[0.0, 1.0], [0.0, 1.0]])


def generator(seed: int = 2026) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def follows_law(sequences: list[list[int]], P: torch.Tensor) -> bool:
    counts = torch.zeros_like(P, dtype=torch.float64)
    for ids in sequences:
        for i, j in zip([0, *ids], [*ids, 0], strict=True):
            counts[i, j] += 1
    if counts[P == 0].any():
        return False
    expected = counts.sum(dim=1, keepdim=True) * P.double()
    seen = counts > 0
    statistic = 2 * (counts[seen] * (counts[seen] / expected[seen]).log()).sum().item()
    df = int(((P > 0).sum(dim=1) - 1).sum())
    t = math.log(1e6)
    return statistic < df + 2 * math.sqrt(df * t) + 2 * t


def test_transitions_follow_the_table() -> None:
    assert follows_law(sample_ids(P, 3000, generator()), P)


WRONG_TABLES = {
    "uniform": torch.full((4, 4), 0.25),
    "transposed": (P.T + 1e-9) / (P.T + 1e-9).sum(dim=1, keepdim=True),
    "temperature 0.8": P ** (1 / 0.8) / (P ** (1 / 0.8)).sum(dim=1, keepdim=True),
    "smoothed": (P + 0.02) / (P + 0.02).sum(dim=1, keepdim=True),
    "off by one row": P.roll(1, dims=0),
}


@pytest.mark.parametrize("mistake", WRONG_TABLES)
def test_the_law_test_rejects_wrong_samplers(mistake: str) -> None:
    assert not follows_law(sample_ids(WRONG_TABLES[mistake], 3000, generator(), max_len=50), P)


def test_forbidden_certain_and_final_transitions() -> None:
    spelled = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert sample_ids(spelled, 3) == [[2, 1]] * 3
    assert sample_ids(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), 2) == [[], []]


def test_result_is_plain_python_integers_without_the_end_mark() -> None:
    sequences = sample_ids(P, 200, generator())
    assert len(sequences) == 200
    assert all(type(i) is int and 1 <= i <= 3 for ids in sequences for i in ids)
    assert sample_ids(P, 0) == []


def test_max_len_truncates_and_changes_nothing_shorter() -> None:
    lengths = [len(ids) for ids in sample_ids(P, 500, generator(), max_len=2)]
    assert set(lengths) == {1, 2}
    assert sample_ids(P, 3, generator(), max_len=0) == [[], [], []]
    assert sample_ids(P, 50, generator(), max_len=10_000) == sample_ids(P, 50, generator())


def test_a_row_that_never_ends_stops_at_max_len() -> None:
    assert sample_ids(ENDLESS, 2, max_len=7) == [[1] * 7] * 2


def test_same_seed_same_names_other_seed_other_names() -> None:
    first = sample_ids(P, 50, generator(1))
    assert sample_ids(P, 50, generator(1)) == first
    assert sample_ids(P, 50, generator(2)) != first


def test_the_generator_advances_and_the_global_one_stays() -> None:
    source = generator()
    before = torch.get_rng_state()
    assert sample_ids(P, 50, source) != sample_ids(P, 50, source)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_generator_the_global_one_is_used() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first = sample_ids(P, 50)
        assert sample_ids(P, 50) != first
        torch.manual_seed(5)
        assert sample_ids(P, 50) == first


def test_the_table_is_not_modified() -> None:
    table = P.clone()
    sample_ids(table, 20)
    assert torch.equal(table, P)


def test_decode() -> None:
    itos = [".", "'", "a", "é"]
    assert decode([3, 1, 2], itos) == "é'a"
    assert decode([], itos) == ""
    with pytest.raises(IndexError):
        decode([4], itos)
