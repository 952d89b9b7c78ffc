"""The sampling checks: honest samplers pass, at the promised rate; wrong ones fail, by name where the name is known."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader.checks import expect
from coursegrader.checks.law import (
    FALSE_ALARM,
    MAX_NAMED,
    T1_THRESHOLD,
    T2_THRESHOLD,
    count_transitions,
    log_likelihood,
    log_mixture,
    t1,
    t2,
)
from reference.count_model import count_bigrams, normalize_rows
from reference.sampling import sample_ids
from reference.vocabulary import build_vocabulary

V = 12


def random_table(rng, concentration=0.5, end=0.15, size=V):
    """A table whose chain ends after about seven symbols, as names do."""
    P = rng.dirichlet(np.full(size, concentration), size=size)
    P[:, 0] = end
    P[:, 1:] *= (1 - end) / P[:, 1:].sum(axis=1, keepdims=True)
    return P


def draw(P, n, rng, max_len=None):
    """n sequences from the chain, all advanced at once."""
    cumulated = P.cumsum(axis=1) / P.sum(axis=1, keepdims=True)
    state, alive = np.zeros(n, dtype=int), np.ones(n, dtype=bool)
    steps = []
    while alive.any() and (max_len is None or len(steps) < max_len):
        state = np.minimum((rng.random(n)[:, None] > cumulated[state]).sum(axis=1), len(P) - 1)
        alive &= state > 0
        steps.append(np.where(alive, state, 0))
    paths = np.stack(steps, axis=1)
    return [path[: int((path > 0).sum())].tolist() for path in paths]


def tempered(P, temperature):
    powered = P ** (1 / temperature)
    return powered / powered.sum(axis=1, keepdims=True)


def smoothed(P, alpha=0.02):
    return (P + alpha) / (1 + alpha * len(P))


def argmax(P):
    return np.eye(len(P))[P.argmax(axis=1)]


def transposed(P):
    return P.T / P.T.sum(axis=1, keepdims=True)


WRONG = {
    "uniform": lambda P: np.full_like(P, 1 / len(P)),
    "argmax": argmax,
    "temperature": lambda P: tempered(P, 0.8),
    "transposed": transposed,
    "smoothed": smoothed,
    "next-row": lambda P: np.roll(P, 1, axis=0),
    "no-start": lambda P: np.vstack([P[1:2], P[1:]]),
}


def catalogue(P):
    return {name: make(P) for name, make in WRONG.items()}


def test_thresholds_are_those_of_the_arithmetic():
    assert pytest.approx(17.28, abs=0.01) == T1_THRESHOLD
    assert pytest.approx(14.51, abs=0.01) == T2_THRESHOLD
    assert MAX_NAMED * math.exp(-T1_THRESHOLD) + math.exp(-T2_THRESHOLD) == pytest.approx(FALSE_ALARM)


@pytest.mark.parametrize("max_len", [None, 2, 3])
def test_the_expectation_of_both_ratios_is_at_most_one(max_len):
    """Exactly, by enumeration: this is what Markov's inequality needs, also where sequences are cut."""
    P = np.array([[0.2, 0.5, 0.3], [0.6, 0.4, 0.0], [0.7, 0.1, 0.2]])
    Q = np.array([[0.1, 0.1, 0.8], [0.5, 0.3, 0.2], [0.9, 0.05, 0.05]])
    longest = max_len if max_len is not None else 7
    words = [w for length in range(longest + 1) for w in itertools.product((1, 2), repeat=length)]
    under, named, mixture = 0.0, 0.0, 0.0
    for word in words:
        counts = count_transitions([list(word)], 3, max_len)
        if log_likelihood(counts, P) == -math.inf:
            continue
        under += math.exp(log_likelihood(counts, P))
        named += math.exp(log_likelihood(counts, P) + t1(counts, P, Q))
        mixture += math.exp(log_mixture(counts, P))
    assert named <= 1 + 1e-12 and mixture <= 1 + 1e-12
    if max_len is None:  # words beyond the longest are missing from the sums
        assert under > 0.97 and mixture > 0.97
    else:
        assert under == pytest.approx(1, abs=1e-12) and mixture == pytest.approx(1, abs=1e-12)


def test_no_false_alarm_and_markovs_bound_holds_at_every_level():
    rng = np.random.default_rng(1)
    mixtures, named = [], []
    for _ in range(1500):
        P = random_table(rng, concentration=rng.choice([0.1, 0.5, 5.0]))
        counts = count_transitions(draw(P, 150, rng), V, None)
        mixtures.append(t2(counts, P))
        named.append(max(t1(counts, P, Q) for Q in catalogue(P).values()))
    assert max(mixtures) < T2_THRESHOLD and max(named) < T1_THRESHOLD
    for level in (0.3, 0.1, 0.03):  # three standard deviations of the simulation above what the theory allows
        slack = 3 * math.sqrt(level / len(mixtures))
        assert np.mean(np.array(mixtures) > math.log(1 / level)) <= level + slack
        assert np.mean(np.array(named) > math.log(len(WRONG) / level)) <= level + slack


@pytest.mark.parametrize("max_len", [None, 5])
def test_honest_samplers_pass(max_len):
    rng = np.random.default_rng(2)
    for seed in range(10):
        P = random_table(rng)
        sequences = draw(P, 1000, rng, max_len)
        expect.sampled_from(sequences, P, what="sample_ids", n=1000, misconceptions=catalogue(P), max_len=max_len)
        own = sample_ids(torch.tensor(P), 200, torch.Generator().manual_seed(seed), max_len)
        expect.sampled_from(own, torch.tensor(P).float(), what="sample_ids", max_len=max_len)


def inverse_cdf(P, n):
    return draw(P, n, np.random.default_rng(3))


def gumbel_max(P, n):
    rng, logs, sequences = np.random.default_rng(4), np.log(P), []
    for _ in range(n):
        ids, state = [], 0
        while (state := int((logs[state] + rng.gumbel(size=len(P))).argmax())) != 0:
            ids.append(state)
        sequences.append(ids)
    return sequences


@pytest.mark.parametrize("sampler", [inverse_cdf, gumbel_max])
@pytest.mark.parametrize("form", [list, torch.tensor, np.array, tuple, lambda ids: [torch.tensor(i) for i in ids]])
def test_other_right_samplers_and_forms_pass(sampler, form):
    P = random_table(np.random.default_rng(5))
    sequences = [form(ids) if ids else [] for ids in sampler(P, 300)]
    expect.sampled_from(sequences, P, what="sample_ids", n=300, misconceptions=catalogue(P))


@pytest.mark.parametrize("name", WRONG)
def test_wrong_samplers_fail_and_are_named(failure, name):
    rng = np.random.default_rng(6)
    for _ in range(30):
        P = random_table(rng)
        wrong = WRONG[name](P)
        max_len = 20
        sequences = draw(wrong, 1000, rng, max_len)
        failed = failure(
            expect.sampled_from, sequences, P, what="sample_ids", n=1000, misconceptions=catalogue(P), max_len=max_len
        )
        assert failed.misconception == name


@pytest.mark.parametrize("name", WRONG)
def test_wrong_samplers_fail_without_being_expected(failure, name):
    """T2 alone, with no list of mistakes."""
    rng = np.random.default_rng(7)
    for _ in range(30):
        P = random_table(rng)
        sequences = draw(WRONG[name](P), 1000, rng, 20)
        assert failure(expect.sampled_from, sequences, P, what="s", max_len=20).misconception is None


def test_an_unknown_mistake_gets_no_wrong_name(failure):
    rng = np.random.default_rng(8)
    for _ in range(30):
        P = random_table(rng)
        unknown = random_table(rng)
        failed = failure(expect.sampled_from, draw(unknown, 1000, rng), P, what="s", misconceptions=catalogue(P))
        assert failed.misconception is None


def test_a_named_mistake_is_seen_where_the_open_test_is_too_weak(failure):
    """T1 rejects by itself; T2 alone would let these pass."""
    rng = np.random.default_rng(11)
    for _ in range(10):
        P = random_table(rng, size=40)
        mild = tempered(P, 0.88)
        sequences = draw(mild, 800, rng)
        expect.sampled_from(sequences, P, what="s")
        failed = failure(expect.sampled_from, sequences, P, what="s", misconceptions={"mild": mild})
        assert failed.misconception == "mild"


def test_both_ratios_of_an_impossible_transition():
    counts = count_transitions([[1, 2]], 3, None)
    P = np.array(P3)
    assert log_likelihood(counts, P) == log_mixture(counts, P) == -math.inf
    assert t2(counts, P) == t1(counts, P, np.full((3, 3), 1 / 3)) == math.inf
    assert t1(counts, np.full((3, 3), 1 / 3), P) == -math.inf


@pytest.fixture(scope="module")
def bigrams():
    names = (["léa", "emma", "jade", "louise", "alice", "anne-marie", "rose", "anna", "mila", "lina", "inès"] * 4) + [
        "gabriel", "raphaël", "léo", "louis", "maël", "noah", "jules", "adam", "arthur", "isaac", "liam", "hugo",
    ]  # fmt: skip
    _, stoi = build_vocabulary(names)
    return count_bigrams(names, stoi)


@pytest.mark.parametrize(("asked", "done"), [(0.0, 0.3), (0.3, 0.0), (0.3, 1.0), (1.0, 0.3)])
def test_another_smoothing_is_seen(failure, bigrams, asked, done):
    P, wrong = normalize_rows(bigrams, asked), normalize_rows(bigrams, done)
    for seed in range(5):
        sequences = draw(wrong.double().numpy(), 1000, np.random.default_rng(seed), 30)
        known = {"other-alpha": wrong}
        failed = failure(expect.sampled_from, sequences, P, what="s", misconceptions=known, max_len=30)
        assert failed.misconception == "other-alpha"


P3 = [[0.0, 0.5, 0.5], [0.5, 0.5, 0.0], [0.5, 0.25, 0.25]]
GOOD = draw(np.array(P3), 400, np.random.default_rng(9))


@pytest.mark.parametrize(
    ("sequences", "shown"),
    [
        (None, "doit renvoyer une liste de suites de numéros, mais a renvoyé rien (None)"),
        (torch.ones(3, 3), "mais a renvoyé un tenseur"),
        ([*GOOD[1:], "ab"], "« sample_ids[399] » doit être un nombre ou un tableau"),
        ([*GOOD[1:], [1.0, 2.0]], "« sample_ids[399] » doit être une liste de numéros entiers"),
        ([*GOOD[1:], [True]], "liste de numéros entiers"),
        ([*GOOD[1:], 1], "liste de numéros entiers"),
        ([*GOOD[1:], [[1], [2]]], "liste de numéros entiers"),
        ([*GOOD[1:], [1, 0]], "« sample_ids[399] » contient 0 à la position 1 : la marque de fin"),
        ([*GOOD[1:], [1, 3]], "contient 3 à la position 1 ; les numéros permis vont de 1 à 2"),
        ([*GOOD[1:], [-1]], "contient -1 à la position 0"),
        (GOOD[1:], "devait renvoyer 400 suites, mais en a renvoyé 399"),
        ([], "devait renvoyer 400 suites, mais en a renvoyé 0"),
        ([*GOOD[1:], [1, 2]], "fait suivre le symbole n° 1 du symbole n° 2, ce que P interdit"),
        ([*GOOD[1:], []], "fait suivre le symbole n° 0 du symbole n° 0, ce que P interdit"),
        ([[1]] * 400, "Les tirages de « sample_ids » ne suivent pas la loi P. Par exemple, sur 400 passages"),
        ([np.ones(700_000, dtype=int)] * 3 + GOOD[3:], "beaucoup trop d'éléments"),
    ],
)
def test_messages(failure, sequences, shown):
    assert shown in failure(expect.sampled_from, sequences, P3, what="sample_ids", n=400).message


def test_the_end_of_a_cut_sequence_is_not_scored(failure):
    P = [[0.0, 1.0], [0.1, 0.9]]
    cut = draw(np.array(P), 1000, np.random.default_rng(10), max_len=3)
    expect.sampled_from(cut, P, what="s", max_len=3)
    failure(expect.sampled_from, cut, P, what="s", max_len=4)
    failure(expect.sampled_from, cut, P, what="s")
    assert (
        "plus que la longueur maximale demandée (2)"
        in failure(expect.sampled_from, cut, P, what="s", max_len=2).message
    )


def test_one_impossible_transition_is_enough_where_no_name_fits(failure):
    known = {"uniform": np.full((3, 3), 1 / 3)}
    failed = failure(expect.sampled_from, [*GOOD, [1, 2]], P3, what="s", misconceptions=known)
    assert failed.misconception is None and "interdit" in failed.message


def test_the_authors_mistakes_are_not_the_students():
    for P in ([[0.5, 0.5]], [[0.5, 0.4], [0.5, 0.5]], [[1.5, -0.5], [0.5, 0.5]], [[math.nan, 1], [0, 1]], "P", [[1.0]]):
        with pytest.raises(ValueError):
            expect.sampled_from(GOOD, P, what="s")
    with pytest.raises(ValueError, match="shape of P"):
        expect.sampled_from(GOOD, P3, what="s", misconceptions={"uniform": [[0.5, 0.5], [0.5, 0.5]]})
    with pytest.raises(ValueError, match="at most 16"):
        expect.sampled_from(GOOD, P3, what="s", misconceptions={str(i): P3 for i in range(17)})
    with pytest.raises(ValueError, match="too few"):
        expect.sampled_from(GOOD[:50], P3, what="s")


def test_an_empty_answer_never_passes(failure):
    """Asked for n sequences, it is the student's mistake; without n, at least it earns nothing."""
    failure(expect.sampled_from, [], P3, what="s", n=1000)
    with pytest.raises(ValueError, match="too few"):
        expect.sampled_from([], P3, what="s")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 3), max_size=6), max_size=8), st.one_of(st.none(), st.integers(6, 7)))
def test_transitions_are_counted_as_pairs(sequences, max_len):
    pairs = Counter()
    for ids in sequences:
        path = [0, *ids] if len(ids) == max_len else [0, *ids, 0]
        pairs.update(itertools.pairwise(path))
    counts = count_transitions(sequences, 4, max_len)
    assert counts.sum() == pairs.total()
    assert all(counts[pair] == number for pair, number in pairs.items())
