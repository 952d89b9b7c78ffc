"""Hidden checks of bigram_gradient: repeated symbols, absent symbols, real names, untouched inputs."""

import pytest
import torch

from coursegrader.checks import check, expect
from reference.neural_bigram import bigram_gradient
from reference.neuron import grad_logits, softmax
from reference.vocabulary import build_vocabulary


@pytest.fixture(autouse=True)
def by_formula(student, without_autograd):
    """Every check of this exercise runs without autograd, which the text excludes."""
    without_autograd(
        lambda: student.bigram_gradient(torch.zeros(3, 3), torch.tensor([0, 1, 0]), torch.tensor([1, 2, 2]))
    )


def known_mistakes(W, X, Y):
    """What the usual wrong answers give; W (V, V) float64."""
    V, n = len(W), len(X)
    right, pairs = bigram_gradient(W, X, Y), grad_logits(W[X], Y)
    last = torch.zeros_like(W)
    for i, row in zip(X.tolist(), pairs, strict=True):
        last[i] = row
    seen = torch.bincount(X, minlength=V).unsqueeze(1)  # (V, 1)
    counts = torch.bincount(X * V + Y, minlength=V * V).view(V, V)
    return {
        "rows-overwritten": last,
        "bigram-transposed": right.T,
        "bigram-exchanged": bigram_gradient(W, Y, X),
        "bigram-not-divided": right * n,
        "bigram-divided-twice": right / n,
        "bigram-rows-averaged": right * n / seen.clamp(min=1),
        "bigram-rows-not-weighted": softmax(W) - counts / seen.clamp(min=1),
        "bigram-prediction-not-weighted": softmax(W) - counts / n,
        "bigram-sign": -right,
        "bigram-columns": seen / n * softmax(W, dim=0) - counts / n,
        "bigram-no-target": seen / n * softmax(W),
        "bigram-step-made": W - right,
    }


NAMED = [
    "by-autograd", "rows-overwritten", "bigram-transposed", "bigram-exchanged", "bigram-not-divided", "bigram-divided-twice",
    "bigram-rows-averaged", "bigram-rows-not-weighted", "bigram-prediction-not-weighted",
    "bigram-sign", "bigram-columns", "bigram-no-target", "bigram-step-made", "bigram-per-pair",
]  # fmt: skip


@check(
    points=1.5,
    message="Refaites le calcul à la main sur trois paires dont deux ont la même entrée, et comparez avec autograd : "
    "chaque paire ajoute son gradient à sa ligne.",
    misconceptions=NAMED,
)
def test_value(student, normal, integers):
    W, X, Y = normal(6, 6), integers(5, 25), integers(6, 25)  # 25 pairs, five inputs: each comes several times
    D = W.double()
    wrong = {**known_mistakes(D, X, Y), "bigram-per-pair": grad_logits(D[X], Y)}
    G = student.bigram_gradient(W, X, Y)
    expect.gradient(G, bigram_gradient(D, X, Y), what="G", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez des symboles qui ne sont l'entrée d'aucune paire : leur ligne du gradient est nulle, et les autres "
    "lignes restent justes.",
    misconceptions=[name for name in NAMED if name != "bigram-per-pair"],
)
def test_absent_symbols(student, normal, integers):
    W, X, Y = normal(8, 8), 2 * integers(3, 15), integers(8, 15)  # inputs 0, 2 and 4 only
    D = W.double()
    G = student.bigram_gradient(W, X, Y)
    expect.gradient(G, bigram_gradient(D, X, Y), what="G", misconceptions=known_mistakes(D, X, Y))


@check(
    points=0.5,
    message="Essayez les paires de vrais prénoms, avec leurs dizaines de symboles : la forme de G vient de `W`, et le nombre "
    "de paires de `X`.",
    misconceptions=["by-autograd"],
)
def test_real_names(student, rng, normal, names):
    itos, stoi = build_vocabulary(list(names))
    text = "." + "".join(name + "." for name in rng.sample(names, 60))
    ids = torch.tensor([stoi[symbol] for symbol in text])
    W = normal(len(itos), len(itos))
    right = bigram_gradient(W.double(), ids[:-1], ids[1:])
    expect.gradient(student.bigram_gradient(W, ids[:-1], ids[1:]), right, what="G")


@check(
    points=0.5,
    message="Regardez `W`, `X` et `Y` avant et après l'appel : la fonction calcule un gradient, elle ne fait pas de pas. "
    "Puis essayez des poids de plusieurs milliers : le gradient reste fini.",
    misconceptions=["by-autograd"],
)
def test_inputs_unchanged(student, normal, integers):
    W, X, Y = normal(5, 5), integers(5, 10), integers(5, 10)
    G = student.bigram_gradient(W, X, Y)
    expect.unchanged(student, what="bigram_gradient")
    expect.shape(G, (5, 5), what="G")
    expect.finite(G, what="G")
    expect.finite(student.bigram_gradient(W * 3000, X, Y), what="G de grands poids")
