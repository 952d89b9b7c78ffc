"""Statistical sampling checks: do sequences follow a given table of transition probabilities?

The course asks for a sampler, not for given draws, so draws are never compared: their law is. Both tests below are
likelihood ratios used as e-values. If the sequences do follow P, a ratio Q(sequences) / P(sequences) with any fixed law
Q has expectation at most 1, whatever the sample size, so that by Markov's inequality it exceeds 1/eps with probability
at most eps (Ville 1939; Shafer 2021, "Testing by betting", Journal of the Royal Statistical Society A 184; Grünwald, de
Heide & Koolen 2024, "Safe testing", JRSS B 86).

* Impossible transitions: one transition of probability 0 rejects; under P there is none.
* T1, named wrong samplers: max over at most K = 16 laws Q of log ratio > ln(2K / 1e-6) = 17.3. False alarms: at most
  K * 1e-6 / (2K) = 0.5e-6. It also tells which mistake was made.
* T2, anything else: Q is the mean of three Dirichlet-multinomials, every row i of the table drawn from Dirichlet(kappa
  * P_i) with kappa = 30, 300, 3000; log ratio > ln(2 / 1e-6) = 14.5. False alarms: at most 0.5e-6.

Together at most 1e-6 for each call. A truncated sequence is scored up to where it was cut: the ratio is a martingale in
the number of transitions seen, so stopping it there keeps its expectation.

Power, 1,000 names from the course's smoothed bigram table (V = 37): temperature 0.8 is always seen; temperature 0.9, or a
forgotten smoothing of 1 a cell, is seen in at least 99 % of cases when it is named (T1) and hardly ever when it is not
(T2). Name the mistakes that matter.

The bound is for samplers that draw from P itself. One that compares 24-bit uniforms with cumulated sums can draw a
symbol of probability 0 once in 2**24 transitions; where that matters, give a P without zeros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from coursegrader.checks.compare import number_text, place_text
from coursegrader.checks.errors import CheckFailed
from coursegrader.checks.values import MAX_ITEMS, Array, Numbers, to_array, type_text
from coursegrader.messages import text

FALSE_ALARM = 1e-6  # of a whole call
MAX_NAMED = 16  # K
T1_THRESHOLD = math.log(2 * MAX_NAMED / FALSE_ALARM)
T2_THRESHOLD = math.log(2 / FALSE_ALARM)
KAPPAS = (30.0, 300.0, 3000.0)
MIN_TRANSITIONS = 300  # fewer cannot tell a wrong sampler from a right one


def sampled_from(
    sequences: object,
    P: object,
    *,
    what: str,
    n: int | None = None,
    misconceptions: Mapping[str, object] | None = None,
    max_len: int | None = None,
) -> None:
    """The sequences are drawn from the Markov chain with transition table `P`, start and end being symbol 0.

    Args:
        sequences: list of lists of ids in 1..V-1, without the end mark; a sequence may be empty.
        P: (V, V), row i the law of the symbol that follows i; every row sums to 1 (or to 0, if it cannot be reached).
        what: name of the sampler, for messages.
        n: number of sequences that were asked for; another number fails.
        misconceptions: at most 16 tables (V, V) by id, each the law that a known mistake samples from. The sequences
            must both favour a table over P and pass T2 against it to be named by it.
        max_len: length at which sequences are cut; the end of a sequence of this length is not scored.

    Raises:
        CheckFailed: no lists of ids, or another law. An honest sampler is failed with probability at most 1e-6.
        ValueError: P is no such table, or the sequences are too few to judge: ask for 1,000.

    Example:
        >>> sampled_from([[1]] * 200, [[0.0, 1.0], [1.0, 0.0]], what="sample_ids")
    """
    table = transition_table(P, "P")
    wrong = {name: transition_table(Q, name) for name, Q in (misconceptions or {}).items()}
    if len(wrong) > MAX_NAMED:
        raise ValueError(f"at most {MAX_NAMED} misconceptions: the rate of false alarms counts on it")
    if any(Q.shape != table.shape for Q in wrong.values()):
        raise ValueError("the misconceptions' tables must have the shape of P")
    counts = count_transitions(_ids(sequences, len(table), what, n, max_len), len(table), max_len)
    favoured = [name for name, Q in wrong.items() if t1(counts, table, Q) > T1_THRESHOLD]
    if favoured or t2(counts, table) > T2_THRESHOLD:
        named = _best_fit(counts, {name: wrong[name] for name in favoured})
        raise CheckFailed(
            _deviation(counts, table, what),
            expected=text("short.law"),
            actual=text("short.other_law"),
            misconception=named,
        )
    if counts.sum() < MIN_TRANSITIONS:
        raise ValueError(
            f"{int(counts.sum())} transitions are too few to judge a sampler; at least {MIN_TRANSITIONS} are needed"
        )


def transition_table(P: object, name: str) -> Numbers:
    """The author's table as float64, its rows rescaled to sum to 1 exactly.

    Raises:
        ValueError: not square, negative, or a row sums to neither 1 nor 0.
    """
    try:
        data = to_array(P, name).data.astype(np.float64)
    except CheckFailed as error:
        raise ValueError(f"{name}: {error}") from error
    if data.ndim != 2 or data.shape[0] != data.shape[1] or data.shape[0] < 2:
        raise ValueError(f"{name}: a table (V, V) is needed, not {data.shape}")
    sums = data.sum(axis=1)
    if not np.isfinite(data).all() or (data < 0).any() or not ((np.abs(sums - 1) < 1e-4) | (sums == 0)).all():
        raise ValueError(f"{name}: every row must hold probabilities that sum to 1")
    return np.asarray(data / np.where(sums > 0, sums, 1.0)[:, None])


def count_transitions(sequences: list[list[int]], V: int, max_len: int | None) -> Numbers:
    """How often symbol j followed symbol i: (V, V) int64, 0 being start and end; a sequence that was cut has no end."""
    flat, previous = [], []
    for ids in sequences:
        path = [0, *ids] if max_len is not None and len(ids) >= max_len else [0, *ids, 0]
        previous += path[:-1]
        flat += path[1:]
    pairs = np.array(previous, dtype=np.int64) * V + np.array(flat, dtype=np.int64)
    return np.bincount(pairs, minlength=V * V).reshape(V, V)


def log_likelihood(counts: Numbers, P: Numbers) -> float:
    """Log-probability of transitions under a table; -inf as soon as one is impossible."""
    seen = counts > 0
    with np.errstate(divide="ignore"):
        return float((counts[seen] * np.log(P[seen])).sum())


def log_mixture(counts: Numbers, P: Numbers) -> float:
    """Log-probability of transitions under T2's alternative: rows redrawn from Dirichlets around P's, three widths
    averaged.

    The same kappa holds for all rows of a draw. Source: the Pólya or Dirichlet-multinomial law, e.g. Bishop 2006,
    section 2.2.1.
    """
    possible = P > 0
    if counts[~possible].any():
        return -math.inf
    n, p = torch.from_numpy(counts[possible].astype(np.float64)), torch.from_numpy(P[possible])
    totals = torch.from_numpy(counts.sum(axis=1).astype(np.float64))
    logs = []
    for kappa in KAPPAS:
        top = torch.lgamma(torch.tensor(kappa, dtype=torch.float64)) - torch.lgamma(kappa + totals)  # (V,)
        cells = torch.lgamma(kappa * p + n) - torch.lgamma(kappa * p)
        logs.append(top.sum() + cells.sum())
    return float(torch.logsumexp(torch.stack(logs), 0)) - math.log(len(KAPPAS))


def t2(counts: Numbers, P: Numbers) -> float:
    """T2's log likelihood ratio against P: inf after an impossible transition."""
    under = log_likelihood(counts, P)
    return math.inf if under == -math.inf else log_mixture(counts, P) - under


def t1(counts: Numbers, P: Numbers, Q: Numbers) -> float:
    """T1's log likelihood ratio of one named law against P."""
    under, over = log_likelihood(counts, P), log_likelihood(counts, Q)
    if over == -math.inf:
        return -math.inf
    return math.inf if under == -math.inf else over - under


def _best_fit(counts: Numbers, wrong: Mapping[str, Numbers]) -> str | None:
    """Of laws that T1 prefers to P, the likeliest that T2 does not reject in turn: better no name than a wrong one."""
    fitting = [(log_likelihood(counts, Q), name) for name, Q in wrong.items() if t2(counts, Q) <= T2_THRESHOLD]
    return max(fitting)[1] if fitting else None


def _deviation(counts: Numbers, P: Numbers, what: str) -> str:
    """The transition that shows best that the law is another one."""
    impossible = (counts > 0) & (P == 0)
    if impossible.any():
        i, j = (int(k) for k in np.argwhere(impossible)[0])
        return text("law.impossible", what=what, before=i, after=j)
    i, j = _most_deviant(counts, P)
    total = int(counts[i].sum())
    return text(
        "law.other",
        what=what,
        before=i,
        after=j,
        total=total,
        actual=_percent(counts[i, j] / total),
        expected=_percent(P[i, j]),
    )


def _most_deviant(counts: Numbers, P: Numbers) -> tuple[int, int]:
    totals = counts.sum(axis=1, keepdims=True)
    spread = np.sqrt(totals * P * (1 - P)) + 0.5
    position = int(np.argmax(np.abs(counts - totals * P) / spread))
    return position // len(P), position % len(P)


def _percent(share: Any) -> str:
    return f"{number_text(round(100 * float(share), 1))} %"


def _ids(sequences: object, V: int, what: str, n: int | None, max_len: int | None) -> list[list[int]]:
    """The student's sequences as lists of ints in 1..V-1."""
    if type(sequences) is not list and type(sequences) is not tuple:
        raise CheckFailed(text("law.not_a_list", what=what, actual=type_text(sequences)), actual=type_text(sequences))
    if n is not None and len(sequences) != n:
        message = text("law.number", what=what, expected=n, actual=len(sequences))
        raise CheckFailed(
            message, expected=text("short.length", count=n), actual=text("short.length", count=len(sequences))
        )
    found, total = [], 0
    for position, item in enumerate(sequences):
        array = to_array(item, place_text(what, (position,)))
        total += array.data.size
        if total > MAX_ITEMS:
            raise CheckFailed(text("expect.too_large", what=what))
        found.append(_sequence(array, place_text(what, (position,)), V, max_len))
    return found


def _sequence(array: Array, place: str, V: int, max_len: int | None) -> list[int]:
    if array.kind not in ("int", "empty") or array.data.ndim != 1:
        raise CheckFailed(text("law.not_ids", place=place), expected=text("short.ids"), actual=array.dtype)
    ids: list[int] = array.data.astype(np.int64).tolist()
    if max_len is not None and len(ids) > max_len:
        raise CheckFailed(text("law.too_long", place=place, actual=len(ids), limit=max_len))
    for position, number in enumerate(ids):
        if number == 0:
            raise CheckFailed(text("law.end_mark", place=place, position=position))
        if not 0 < number < V:
            raise CheckFailed(text("law.out_of_range", place=place, position=position, number=number, last=V - 1))
    return ids
