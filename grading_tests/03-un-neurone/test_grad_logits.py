"""Hidden checks of grad_logits: one example, a batch, untouched input."""

import pytest
import torch

from coursegrader.checks import check, expect
from reference.neuron import grad_logits, one_hot, softmax

NAMED = ["by-autograd", "grad-sign", "grad-no-target", "grad-minus-everywhere", "grad-target-only", "grad-softmax-missing",
         "grad-of-log", "grad-other-zero", "grad-softmax-derivative"]  # fmt: skip


@pytest.fixture(autouse=True)
def by_formula(student, without_autograd):
    """Every check of this exercise runs without autograd, which the text excludes."""
    without_autograd(
        lambda: student.grad_logits(torch.tensor([[0.5, -1.0, 2.0], [0.0, 1.0, 0.0]]), torch.tensor([2, 0]))
    )


def known_mistakes(z, y):
    """What the usual wrong formulas give, divided by the size of the batch."""
    p, target, B = softmax(z), one_hot(y, z.shape[1]), len(y)
    return {
        "grad-sign": (target - p) / B,
        "grad-no-target": p / B,
        "grad-minus-everywhere": (p - 1) / B,
        "grad-target-only": -target / B,
        "grad-softmax-missing": (z - target) / B,
        "grad-of-log": -target / p / B,
        "grad-other-zero": target * (p - 1) / B,
        "grad-softmax-derivative": p * (1 - p) / B,
    }


@check(
    points=1,
    message="Refaites le calcul à la main pour un seul exemple : prédiction moins vérité, et la somme des nombres est "
    "nulle.",
    misconceptions=NAMED,
)
def test_one_example(student, normal, integers):
    for _ in range(2):
        z, y = normal(1, 5), integers(5, 1)
        g = student.grad_logits(z, y)
        expect.gradient(g, grad_logits(z.double(), y), what="g", misconceptions=known_mistakes(z.double(), y))


@check(
    points=1.5,
    message="Essayez plusieurs exemples, et comparez avec autograd : de quoi L est-elle la moyenne, et quelle part y a "
    "chaque exemple ?",
    misconceptions=[*NAMED, "grad-not-divided", "grad-divided-by-classes", "grad-divided-by-all", "grad-columns"],
)
def test_batch(student, normal, integers):
    for B, V in [(5, 7), (8, 3)]:
        z, y = normal(B, V), integers(V, B)
        right = grad_logits(z.double(), y)
        wrong = {
            "grad-not-divided": right * B,
            "grad-divided-by-classes": right * B / V,
            "grad-divided-by-all": right / V,
            "grad-columns": (z.double().softmax(dim=0) - one_hot(y, V)) / B,
            **known_mistakes(z.double(), y),
        }
        expect.gradient(student.grad_logits(z, y), right, what="g", misconceptions=wrong)


@check(
    points=0.5,
    message="Regardez `z` et `y` avant et après l'appel : la fonction ne doit pas y écrire. Puis essayez des scores de "
    "plusieurs milliers : le gradient reste fini.",
    misconceptions=["by-autograd"],
)
def test_inputs_unchanged(student, normal, integers):
    z, y = normal(4, 6), integers(6, 4)
    g = student.grad_logits(z, y)
    expect.unchanged(student, what="grad_logits")
    expect.shape(g, (4, 6), what="g")
    expect.finite(g, what="g")
    expect.finite(student.grad_logits(z * 3000, y), what="g de grands scores")
