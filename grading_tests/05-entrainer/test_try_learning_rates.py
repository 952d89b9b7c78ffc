"""Hidden checks of try_learning_rates: the validation loss of each rate, every trial from the same weights.

Steps are compared, not drawn: right variants differ by less than 1e-6, the smallest wrong effect is above 0.1
(docs/calibration/05-entrainer.md); the tolerance is 1e-4.
"""

import pytest
import torch

from coursegrader.checks import CheckFailed, check, expect
from coursegrader.checks.values import to_array
from reference.mlp import train_steps
from reference.training import evaluate, try_learning_rates


@pytest.fixture
def trial(rng, model, examples):
    """params, train, val, batches of one trial."""
    train, val = examples(40), examples(1100)
    batches = [torch.tensor([rng.randrange(40) for _ in range(8)]) for _ in range(12)]
    return model, train, val, batches


def known_mistakes(params, train, val, batches, rates):
    """What the usual wrong searches give."""
    carried, weights = [], params
    for lr in rates:
        weights, _ = train_steps(weights, *train, batches, lr)
        carried.append(evaluate(weights, *val))
    runs = [train_steps(params, *train, batches, lr) for lr in rates]
    return {
        "weights-carried-over": carried,
        "train-for-val": [evaluate(weights, *train) for weights, _ in runs],
        "last-batch-loss": [losses[-1] for _, losses in runs],
        "mean-batch-loss": [sum(losses) / len(losses) for _, losses in runs],
        "rates-sorted": [evaluate(train_steps(params, *train, batches, lr)[0], *val) for lr in sorted(rates)],
        "best-rate-only": min(rates, key=dict(zip(rates, [evaluate(w, *val) for w, _ in runs], strict=True)).get),
    }


@check(
    points=1,
    message="Pour chaque taille de pas : repartir de `params`, faire tous les pas, dans l'ordre reçu, puis noter sur toute la "
    "validation.",
    misconceptions=[
        "weights-carried-over",
        "train-for-val",
        "last-batch-loss",
        "mean-batch-loss",
        "rates-sorted",
        "best-rate-only",
    ],
)
def test_losses(student, rng, trial):
    rates = [1.5, *rng.sample([0.05, 0.2, 0.6], 3)]  # not sorted
    wrong = known_mistakes(*trial, rates)
    losses = student.try_learning_rates(*trial, rates)
    expect.close(losses, try_learning_rates(*trial, rates), what="les pertes", atol=1e-4, misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez deux fois la même taille de pas dans la liste, avec une autre entre les deux : la perte doit être "
    "la même.",
    misconceptions=["weights-carried-over", "rates-sorted"],
)
def test_same_start(student, trial):
    losses = student.try_learning_rates(*trial, [0.4, 1.2, 0.4])
    expect.shape(losses, (3,), what="les pertes")
    expect.finite(losses, what="les pertes")
    first, second, third = to_array(losses, "les pertes").data.tolist()
    if abs(first - third) > 1e-4:
        wrong = known_mistakes(*trial, [0.4, 1.2, 0.4])
        known = next((k for k in ("weights-carried-over", "rates-sorted") if abs(third - wrong[k][2]) < 1e-4), None)
        raise CheckFailed("La même taille de pas donne deux pertes.", misconception=known)
    assert abs(first - second) > 1e-3, "another rate must give another loss"


@check(
    points=0.5,
    message="Regardez `params` avant et après l'appel : les poids de départ doivent rester ce qu'ils étaient.",
    misconceptions=["weights-overwritten"],
)
def test_input_unchanged(student, trial):
    losses = student.try_learning_rates(*trial, [0.3])
    if student.last_call.modified_inputs:
        raise CheckFailed("Les poids de départ ont été modifiés.", misconception="weights-overwritten")
    expect.shape(losses, (1,), what="les pertes")
