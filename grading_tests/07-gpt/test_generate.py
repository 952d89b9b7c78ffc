"""Hidden checks of generate: the law of the names, the choice and its chance, their form and their length.

The model is the notebook's `Trigramme`, whose law is known: names are a Markov chain on pairs of symbols. The law is
judged by `expect.sampled_from` on that chain, whose e-values raise a false alarm with a probability of at most 1e-6
whatever the number of names (arithmetic in its docstring); with two calls in the law's checks, at most 2e-6 a submission.
Tables are drawn until the wrong law differs from the right one by a total variation of .2 or more in
the state of the start, for the choice and the training mode. Two independent draws of 40 names agree with a probability
below 1e-11: no first symbol has a probability above .6, so that two first symbols agree with at most .52, and .52 ** 40 =
4e-12. Power by simulation: docs/calibration/01-compter-generer.md.
"""

import numpy as np
import pytest
import torch

from coursegrader.checks import CheckFailed, Generator, check, expect

V, N, BLOCK_SIZE = 4, 1000, 3


def chain(table):
    """Laws (V, V, V) of what follows a pair -> transitions (V * V, V * V) of pairs; an end leads to the first one."""
    P = torch.zeros(V * V, V * V, dtype=torch.float64)
    for a in range(V):
        for b in range(V):
            for c in range(V):
                P[V * a + b, V * b + c if c else 0] += table[a, b, c]
    return P


def drawn(draw):
    """Scores (V, V, V): no probability below .05, every name ends soon, and the start is telling."""
    while True:
        p = 0.85 * (0.75 * (2 * torch.randn((V, V, V), generator=draw)).softmax(dim=-1) + 0.25 / V)
        p[..., 0] += 0.15
        start = p[0, 0]
        squared = start.square() / start.square().sum()
        if start[0] > 0.4 or start.max() > 0.6:
            continue
        if (start - squared).abs().sum() > 0.4 and (start - start.flip(0)).abs().sum() > 0.4:
            return p.log()


def pairs(rows):
    """Names as sequences of pairs of symbols; a name must hold whole numbers from 1 to V - 1."""
    expect.kind(rows, (list, tuple), what="la réponse")
    found = []
    for row in rows:
        row = row.tolist() if isinstance(row, torch.Tensor | np.ndarray) else row
        expect.kind(row, (list, tuple), what="un prénom")
        if row:
            expect.integers(row, what="un prénom")
            expect.shape(row, (len(row),), what="un prénom")
        if any(int(i) not in range(1, V) for i in row):
            raise CheckFailed(
                "Un prénom contient un 0, ou un numéro qui n'est celui d'aucun symbole.", misconception="generate-zeros"
            )
        before = [0, *row][: len(row)]
        found.append([V * int(a) + int(b) for a, b in zip(before, row, strict=True)])
    return found


def wrong_laws(p):
    """Laws of usual wrong samplers."""
    eye = torch.eye(V, dtype=torch.float64)
    return {
        "generate-last-only": p[:1].expand(V, V, V),
        "generate-first-position": p[0, 0].expand(V, V, V),
        "generate-argmax": eye[p.argmax(dim=-1)],
        "generate-training-mode": p.flip(-1),
        "generate-uniform": torch.full((V, V, V), 1 / V, dtype=torch.float64),
        "generate-softmax-twice": p.softmax(dim=-1),
    }


@pytest.fixture
def ask(student):
    def run(scores, n=N, block_size=BLOCK_SIZE, **options):
        model = student.Trigramme(scores, block_size)
        model.train()
        return student.generate(model, n, block_size, **options)

    return run


@check(
    points=1,
    message="Tirez mille prénoms du faux modèle, et comparez les fréquences avec sa table : le modèle reçoit-il tout le passé, en "
    "mode évaluation, et tire-t-on selon les scores de la dernière position ?",
    misconceptions=list(wrong_laws(torch.full((V, V, V), 0.25))),
)
def test_law(ask, draw, seed):
    scores = drawn(draw)
    p = scores.double().softmax(dim=-1)
    wrong = {name: chain(law) for name, law in wrong_laws(p).items()}
    rows = pairs(ask(scores, block_size=40, generator=Generator(seed), max_len=40))
    expect.sampled_from(rows, chain(p), what="generate", n=N, misconceptions=wrong, max_len=40)


@check(
    points=1,
    message="Donnez une fonction `choose`, et un générateur : la même graine donne les mêmes prénoms, une autre en donne d'autres. Deux "
    "appels de suite sans générateur aussi en donnent d'autres.",
    misconceptions=["generate-choose-ignored", "generate-generator-unused", "generate-fixed-seed"],
)
def test_choice_and_chance(student, ask, draw, seed):
    """The choice is the softmax of twice the scores."""
    scores = drawn(draw)
    nn = student.ref("torch").get("nn")
    choose = nn.Sequential(nn.Linear(V, V, bias=False), nn.Softmax(-1))
    choose.load_state_dict({"0.weight": 2 * torch.eye(V)})
    options = {"block_size": 40, "max_len": 40}
    right, ignored = (chain((factor * scores.double()).softmax(dim=-1)) for factor in (2, 1))
    rows = pairs(ask(scores, choose=choose, generator=Generator(seed), **options))
    expect.sampled_from(
        rows, right, what="generate", n=N, misconceptions={"generate-choose-ignored": ignored}, max_len=40
    )
    first, same, other = (pairs(ask(scores, n=40, generator=Generator(s), **options)) for s in (seed, seed, seed + 1))
    if first != same:
        raise CheckFailed("La même graine donne d'autres prénoms.", misconception="generate-generator-unused")
    if first == other:
        raise CheckFailed("Deux graines donnent les mêmes prénoms.", misconception="generate-fixed-seed")
    # Without a generator the global one draws, which moves on from call to call.
    if pairs(ask(scores, n=40, **options)) == pairs(ask(scores, n=40, **options)):
        raise CheckFailed(
            "Sans générateur, deux appels de suite donnent les mêmes prénoms.", misconception="generate-fixed-seed"
        )


def form(ask, draw, seed):
    """What `test_form` judges, of draws with this seed."""
    scores = torch.randn((V, V, V), generator=draw)
    scores[..., 0] = -99.0  # never ends
    rows = ask(
        scores, n=5, generator=Generator(seed), max_len=9
    )  # without cropping, the model refuses the fourth symbol
    pairs(rows)
    if [len(row) for row in rows] != [9] * 5:
        raise CheckFailed(
            f"Sans fin et avec max_len = 9, les longueurs sont {[len(row) for row in rows]}.",
            misconception="generate-too-long" if max(map(len, rows), default=0) > 9 else None,
        )
    scores = torch.full((V, V, V), -99.0)
    scores[0, 0, 1] = scores[0, 0, 2] = scores[0, 1, 0] = scores[0, 2, 3] = scores[2, 3, 3] = scores[3, 3, 0] = 99.0
    rows = ask(scores, n=40, generator=Generator(seed))  # 1, or 2 3 3, with equal chances
    pairs(rows)
    strange = [found for row in rows if (found := [int(i) for i in row]) not in ([1], [2, 3, 3])]
    if strange and all(row[:4] == [2, 3, 3, 3] and set(row[4:]) <= {3} for row in strange):  # 0 2 is all it ever reads
        raise CheckFailed(
            "Au-delà de block_size symboles, le modèle n'a pas reçu les derniers.", misconception="generate-first-kept"
        )
    if strange:
        raise CheckFailed(
            "Un prénom ne s'arrête pas à son premier point, ou s'arrête avec un autre.",
            misconception="generate-stops-together",
        )
    expect.equal(len(rows), 40, what="le nombre de prénoms")


@check(
    points=1,
    message="Essayez un modèle qui finit rarement, avec un petit block_size et un petit max_len : combien de symboles reçoit-il, et "
    "combien en rendez-vous ?",
    misconceptions=["generate-too-long", "generate-zeros", "generate-stops-together", "generate-first-kept"],
)
def test_form(ask, draw, seed):
    """A failure is asked again: of right samplers, one that compares a number of 24 bits with cumulated sums draws a symbol of
    probability 0 once in 2**24. There are at most 200 such draws here, so that it happens twice with probability below 1e-9.
    """
    try:
        form(ask, draw, seed)
    except CheckFailed:
        form(ask, draw, seed + 1)
