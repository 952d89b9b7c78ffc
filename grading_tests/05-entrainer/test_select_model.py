"""Hidden checks of select_model: the choice by validation, the loss on the test, a candidate that has diverged.

The candidates ignore their context: each knows one frequency of the symbols, so that every part of the data has a
favourite of its own.
"""

import math

import pytest
import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.training import evaluate, select_model


def fixed(scores, hidden):
    """Weights of a model of constant scores, of any hidden size."""
    return {
        "C": torch.ones(3, 2),
        "W1": torch.zeros(4, hidden),
        "b1": torch.zeros(hidden),
        "W2": torch.zeros(hidden, 3),
        "b2": torch.tensor(scores),
    }


def part(rng, counts):
    """Examples with so many of each symbol, shuffled."""
    Y = [symbol for symbol, count in enumerate(counts) for _ in range(count)]
    rng.shuffle(Y)
    return torch.zeros(len(Y), 2, dtype=torch.int64), torch.tensor(Y)


@pytest.fixture
def candidates(rng):
    names = rng.sample(["H = 10", "H = 50", "H = 200", "lr = 0,3"], 3)
    strong = rng.uniform(1.5, 2.5)
    scores = [[strong, 0.0, 0.0], [0.0, strong, 0.0], [0.0, 0.0, strong]]
    return {name: fixed(row, hidden) for name, row, hidden in zip(names, scores, (2, 5, 3), strict=True)}


def answer(student, candidates, val, test):
    pair = student.select_model(candidates, val, test)
    expect.kind(pair, (tuple, list), what="la réponse")
    expect.equal(len(pair), 2, what="le nombre de valeurs renvoyées")
    return pair


@check(
    points=1,
    message="Quel candidat a la plus petite perte de validation ? Le test ne doit jouer aucun rôle dans le choix. "
    "Une petite différence compte aussi.",
    misconceptions=["chosen-by-test", "worst-chosen"],
)
def test_choice(student, rng, candidates):
    """Validation and test favour two candidates, and neither is the same one every time."""
    for val, test in [((3, 9, 6), (3, 7, 40)), ((9, 1, 6), (1, 60, 40)), ((5, 7, 10), (50, 10, 1))]:
        val, test = part(rng, val), part(rng, test)
        name = answer(student, candidates, val, test)[0]
        by_val = {c: evaluate(weights, *val) for c, weights in candidates.items()}
        by_test = {c: evaluate(weights, *test) for c, weights in candidates.items()}
        wrong = {
            "chosen-by-test": min(by_test, key=by_test.get),
            "worst-chosen": max(by_val, key=by_val.get),
        }
        expect.kind(name, str, what="le nom choisi")
        if name != min(by_val, key=by_val.get):
            known = next((mistake for mistake, choice in wrong.items() if choice == name), None)
            raise CheckFailed("Ce n'est pas le meilleur candidat selon la validation.", misconception=known)
    near = {"presque": fixed([0.1, 0.0, 0.0], 4), "meilleur": fixed([0.102, 0.0, 0.0], 4)}  # .001 nats apart
    name = answer(student, near, part(rng, (9, 1, 1)), part(rng, (3, 3, 3)))[0]
    expect.equal(name, "meilleur", what="le nom choisi, de deux pertes proches")


@check(
    points=0.5,
    message="La perte renvoyée est celle du candidat choisi, sur les exemples de test.",
    misconceptions=["val-loss-reported", "best-test-loss"],
)
def test_reported_loss(student, rng, candidates):
    val, test = part(rng, (2, 9, 4)), part(rng, (30, 12, 5))
    name, right = select_model(candidates, val, test)
    wrong = {
        "val-loss-reported": evaluate(candidates[name], *val),
        "best-test-loss": min(evaluate(weights, *test) for weights in candidates.values()),
    }
    expect.close(answer(student, candidates, val, test)[1], right, what="la perte de test", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un candidat dont les poids contiennent `nan`, d'abord en premier, puis en dernier dans le "
    "dictionnaire, puis deux tels candidats. Que vaut `nan < 2.0` ?",
    misconceptions=["nan-chosen"],
)
def test_diverged(student, rng, candidates):
    val, test = part(rng, (2, 9, 4)), part(rng, (3, 12, 5))
    broken = {"a divergé": fixed([math.nan, 0.0, 0.0], 4)}
    hidden = {"a divergé": fixed([0.0, 0.0, 0.0], 4) | {"W2": torch.full((4, 3), math.nan)}}
    right = select_model(candidates, val, test)[0]
    twice = {"a divergé aussi": hidden["a divergé"]} | broken
    for mixed in (broken | candidates, candidates | broken, hidden | candidates, twice | candidates):
        name = answer(student, mixed, val, test)[0]
        expect.kind(name, str, what="le nom choisi")
        if name in twice:
            raise CheckFailed("Le candidat choisi a divergé.", misconception="nan-chosen")
        expect.equal(name, right, what="le nom choisi")
