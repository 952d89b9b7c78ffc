"""Hidden checks of neuron: the scores of a batch, a batch of one, a bias that is a tensor, untouched inputs."""

import torch

from coursegrader.checks import check, expect
from reference.neuron import neuron


def known_mistakes(x, w, b):
    """What the usual wrong formulas give; x (B, D) with B and D different."""
    return {
        "bias-missing": x @ w,
        "bias-subtracted": x @ w - b,
        "bias-every-input": (x * w + b).sum(dim=1),
        "bias-multiplied": x @ w * b,
        "products-not-summed": x * w + b,
        "summed-over-examples": (x * w).sum(dim=0) + b,
        "everything-summed": (x * w).sum() + b,
        "weights-averaged": (x * w).mean(dim=1) + b,
    }


NAMED = [
    "bias-missing", "bias-subtracted", "bias-every-input", "bias-multiplied", "products-not-summed",
    "summed-over-examples", "everything-summed", "weights-averaged", "activation-added",
]  # fmt: skip


@check(
    points=1,
    message="Refaites le calcul à la main pour un exemple : que multiplie-t-on, qu'additionne-t-on, et combien de fois "
    "le biais entre-t-il ?",
    misconceptions=NAMED,
)
def test_scores(student, rng, normal):
    x, w, b = normal(7, 4), normal(4), rng.choice([-1, 1]) * rng.uniform(0.5, 2.0)
    wrong = {**known_mistakes(x, w, b), "activation-added": torch.tanh(x @ w + b)}
    expect.close(student.neuron(x, w, b), neuron(x.double(), w.double(), b), what="les scores", misconceptions=wrong)
    wrong = {**known_mistakes(x, w, b), "activation-added": torch.sigmoid(x @ w + b)}
    expect.close(student.neuron(x, w, b), neuron(x.double(), w.double(), b), what="les scores", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un lot d'un seul exemple, puis un seul poids, puis de grandes entrées : le résultat garde la "
    "forme `(B,)`, et rien ne borne les scores.",
    misconceptions=["activation-added", "bias-missing", "products-not-summed"],
)
def test_small_batches(student, normal):
    for size, inputs in [(1, 5), (6, 1), (1, 1)]:
        x, w, b = normal(size, inputs), normal(inputs), 0.75
        wrong = {"activation-added": torch.sigmoid(x @ w + b), "bias-missing": x @ w, "products-not-summed": x * w + b}
        right = neuron(x.double(), w.double(), b)
        expect.close(student.neuron(x, w, b), right, what="les scores", misconceptions=wrong)
        expect.close(student.neuron(x * 1000, w, b), neuron(x.double() * 1000, w.double(), b), what="de grands scores")


@check(
    points=0.5,
    message="Essayez un biais qui est un tenseur de forme `()`, puis regardez `x`, `w` et `b` après l'appel : ils doivent "
    "être restés les mêmes.",
    misconceptions=["bias-missing"],
)
def test_tensor_bias(student, rng, normal):
    x, w, b = normal(5, 3), normal(3), torch.tensor(rng.choice([-1.5, 2.5]))
    scores = student.neuron(x, w, b)
    expect.unchanged(student, what="neuron")
    expect.close(scores, neuron(x.double(), w.double(), b), what="les scores", misconceptions={"bias-missing": x @ w})
