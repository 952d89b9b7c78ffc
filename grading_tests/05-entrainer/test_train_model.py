"""Hidden checks of train_model: curves, best weights, what an epoch does, names.

With one batch an epoch nothing is random, so that curves and weights are compared with the reference's: right variants
differ by less than 1e-5, the smallest wrong effect is above 1e-3; the tolerance is 1e-4. Smallest and largest values,
thresholds and margins: docs/calibration/05-entrainer.md.
"""

import itertools

import pytest
import torch

from coursegrader.checks import CheckFailed, Generator, check, expect
from coursegrader.checks.values import to_array
from reference.mlp import init_mlp, mlp_gradients, train_steps
from reference.splits import windows
from reference.training import evaluate, train_model
from reference.vocabulary import build_vocabulary

EPOCHS, RATE = 20, 0.5
NAMES_HIDDEN, NAMES_EPOCHS, NAMES_BATCH, NAMES_RATE = 60, 22, 16, 0.1
LARGEST_LOSS, LARGEST_GAP = 2.95, 0.23  # nats; margins in docs/calibration/05-entrainer.md


def answer(student, *arguments):
    """best, train_losses, val_losses, as they came."""
    result = student.train_model(*arguments)
    expect.kind(result, (tuple, list), what="la réponse")
    expect.equal(len(result), 3, what="le nombre de valeurs renvoyées")
    return result


def contradicted(X, Y):
    """Validation examples half of which say the contrary of the training ones: their loss falls, then rises."""
    return torch.cat([X, X]), torch.cat([Y, (Y + 1) % 7])


def descent(params, train, steps, lr, *, frozen=(), accumulate=False):
    """Weights after each full-batch step, with a mistake."""
    path, total = [], None
    for _ in range(steps):
        grads = mlp_gradients(params, *train)
        total = grads if total is None or not accumulate else {name: total[name] + grads[name] for name in grads}
        params = {name: weight - (name not in frozen) * lr * total[name] for name, weight in params.items()}
        path.append(params)
    return path


def known_paths(params, train, val):
    """Weights after each epoch under the usual mistakes."""
    X, Y = (torch.cat(pair) for pair in zip(train, val, strict=True))
    right = descent(params, train, EPOCHS, RATE)
    return {
        "curve-before-epoch": [params, *right[:-1]],
        "val-in-training": descent(params, (X, Y), EPOCHS, RATE),
        "no-zero-grad": descent(params, train, EPOCHS, RATE, accumulate=True),
        "c-left-out": descent(params, train, EPOCHS, RATE, frozen=("C",)),
        "w1-left-out": descent(params, train, EPOCHS, RATE, frozen=("W1", "b1")),
        "epochs-from-start": right[:1] * EPOCHS,
    }


@check(
    points=1,
    message="Essayez un seul lot par époque (batch_size = n) : rien n'est alors dû au hasard. Que mesure-t-on, sur quels "
    "exemples, et à quel moment de l'époque ?",
    misconceptions=["curve-before-epoch", "val-in-training", "no-zero-grad", "c-left-out", "w1-left-out",
                    "epochs-from-start", "curves-swapped"],
)  # fmt: skip
def test_curves(student, model, examples, seed):
    train = examples(30)
    val = contradicted(*train)
    _, train_curve, val_curve = train_model(model, train, val, EPOCHS, 30, RATE)
    paths = known_paths(model, train, val)
    wrong = {name: [evaluate(weights, *val) for weights in path] for name, path in paths.items()}
    wrong["curves-swapped"] = train_curve
    found = answer(student, model, train, val, EPOCHS, 30, RATE, Generator(seed))
    expect.close(found[2], val_curve, what="val_losses", atol=1e-4, misconceptions=wrong)
    wrong = {name: [evaluate(weights, *train) for weights in path] for name, path in paths.items()}
    wrong["curves-swapped"] = val_curve
    expect.close(found[1], train_curve, what="train_losses", atol=1e-4, misconceptions=wrong)


@pytest.fixture
def rising(rng, examples):
    """Weights, train, val that says the contrary of it, and the weights after three epochs, each worse than the last.

    About half of the models and lists do that; they are drawn until one does.
    """
    for _ in range(100):
        start = init_mlp(7, 3, embedding=4, hidden=12, generator=torch.Generator().manual_seed(rng.randrange(2**31)))
        start["W2"] *= 50
        X, Y = examples(30)
        val = X, (Y + 1) % 7
        path = descent(start, (X, Y), 3, RATE)
        losses = [evaluate(weights, *val) for weights in [start, *path]]
        if all(after > before + 0.001 for before, after in itertools.pairwise(losses)):
            return start, (X, Y), val, path
    raise ValueError("no validation curve rises")


@pytest.fixture
def turning(model, examples):
    """train, val and the weights after each epoch, with a lowest validation loss that is neither early nor late."""
    for _ in range(100):
        train = examples(30)
        val = contradicted(*train)
        path = descent(model, train, EPOCHS, RATE)
        losses = [evaluate(weights, *val) for weights in path]
        lowest = losses.index(min(losses))
        if 1 < lowest < EPOCHS - 3:
            return train, val, path, lowest
    raise ValueError("no validation curve turns")


@check(
    points=1,
    message="Essayez une validation dont la perte descend puis remonte : les poids renvoyés doivent être ceux du creux. "
    "Ont-ils changé depuis que vous les avez mis de côté ? Et si la validation monte dès la première époque ?",
    misconceptions=["last-for-best", "best-one-late", "best-one-early", "start-for-best"],
)
def test_best_weights(student, model, turning, rising, seed):
    train, val, path, lowest = turning
    wrong = {"last-for-best": path[-1], "best-one-late": path[lowest + 1], "best-one-early": path[lowest - 1]}
    found = answer(student, model, train, val, EPOCHS, 30, RATE, Generator(seed))
    expect.kind(found[0], dict, what="best")
    expect.close(found[0], path[lowest], what="best", atol=1e-4, misconceptions=wrong)
    start, train, val, path = rising
    found = answer(student, start, train, val, len(path), 30, RATE, Generator(seed))
    wrong = {"start-for-best": start, "last-for-best": path[-1]}
    expect.close(found[0], path[0], what="best", atol=1e-4, misconceptions=wrong)


@check(
    points=1,
    message="Essayez une seule époque avec un pas minuscule : chaque exemple doit avoir servi, une fois, dans un lot de "
    "la bonne taille.",
    misconceptions=["one-step-per-epoch", "same-batch-every-step", "batches-unequal"],
)
def test_every_example(student, model, examples, seed):
    """To first order in lr the steps of an epoch add up, in any order: lr times the sum of the batches' gradients.

    That is n / batch_size times the gradient over all examples; neither the order nor the batches matter. Right
    answers are within 1 % of it, and drawing with replacement is 30 % and more away.
    """
    train, lr = examples(24), 1e-4
    moved = answer(student, model, train, examples(10), 1, 4, lr, Generator(seed))[0]
    expect.kind(moved, dict, what="best")
    grads = mlp_gradients(model, *train)
    start, due = flat(model, model), 6 * flat(grads, model)
    for name, weight in model.items():
        expect.shape(moved.get(name), tuple(weight.shape), what=f"best['{name}']")
        expect.finite(moved[name], what=f"best['{name}']")
    step = (start - flat(moved, model)) / lr
    if (step - due).norm() > 0.05 * due.norm():
        known = what_counted(step, model, train)
        raise CheckFailed("Les exemples n'ont pas tous compté autant.", misconception=known)


def what_counted(step, model, train):
    """A name for a wrong epoch: the step is solved for how often each example was in a batch of four."""
    each = [mlp_gradients(model, train[0][i : i + 1], train[1][i : i + 1]) for i in range(24)]
    gradients = torch.stack([flat(grads, model) for grads in each], dim=1)  # (numbers, 24)
    counts = 4 * torch.linalg.lstsq(gradients, step[:, None]).solution[:, 0]  # (24,)
    if (gradients @ counts / 4 - step).norm() > 0.05 * step.norm():
        return None
    if abs(counts.sum() - 4) < 0.5:
        return "one-step-per-epoch"
    if abs(counts.sum() - 24) > 0.5:
        return None
    return "same-batch-every-step" if (counts > 5.5).sum() == 4 else "batches-unequal"


def flat(weights, like):
    """All numbers in one row, in the order of `like`, float64."""
    return torch.cat([torch.from_numpy(to_array(weights[name], name).data).double().flatten() for name in like])


@check(
    points=0.5,
    message="Tirez-vous de nouveaux lots à chaque époque, avec le générateur reçu ?",
    misconceptions=["epochs-not-shuffled", "batches-drawn-once", "epochs-generator-unused"],
)
def test_new_batches(student, model, examples, seed):
    """Two examples in batches of one have two orders, and the curves tell which ones were taken.

    A right answer fails when ten epochs all take the same order, for each of three seeds: (2**-9)**3 < 1e-8. Whether the generator is used
    is seen on six examples: two examples are learnt after an epoch or two, and chance alone draws the same two orders one time in four.
    One that ignores it passes when three epochs take the same orders again: (1/720)**3 < 1e-8.
    """
    epochs, fixed = 10, []
    while not fixed or close(*fixed, 1e-2):  # until the order of the two examples shows
        train = examples(2)
        fixed = [one_order(model, train, order, epochs) for order in ([0, 1], [1, 0])]
    curves = [curve_of(student, model, train, epochs, s) for s in (seed, seed + 1, seed + 2)]
    like = [next((i for i, due in enumerate(fixed) if close(curve, due)), None) for curve in curves]
    if None not in like:
        known = "epochs-not-shuffled" if like == [0, 0, 0] else "batches-drawn-once"
        raise CheckFailed("Les lots sont les mêmes à chaque époque.", misconception=known)
    train = examples(6)
    if not close(*(curve_of(student, model, train, 3, seed) for _ in range(2))):
        raise CheckFailed("La même graine donne d'autres courbes.", misconception="epochs-generator-unused")


def curve_of(student, model, train, epochs, seed):
    """The student's training curve on batches of one."""
    losses = answer(student, model, train, train, epochs, 1, RATE, Generator(seed))[1]
    expect.shape(losses, (epochs,), what="train_losses")
    expect.finite(losses, what="train_losses")
    return to_array(losses, "train_losses").data.tolist()


def one_order(params, train, order, epochs):
    """The training curve when every epoch takes the examples one by one in this order."""
    curve = []
    for _ in range(epochs):
        params, _ = train_steps(params, *train, [torch.tensor([i]) for i in order], RATE)
        curve.append(evaluate(params, *train))
    return curve


def close(curve, other, tolerance=1e-4):
    return max(abs(a - b) for a, b in zip(curve, other, strict=True)) < tolerance


@check(
    points=0.5,
    message="Regardez `params` avant et après l'appel : les poids de départ doivent rester ce qu'ils étaient.",
    misconceptions=["weights-overwritten"],
)
def test_input_unchanged(student, model, examples, seed):
    found = answer(student, model, examples(20), examples(10), 2, 5, RATE, Generator(seed))
    if student.last_call.modified_inputs:
        raise CheckFailed("Les poids de départ ont été modifiés.", misconception="weights-overwritten")
    expect.shape(found[1], (2,), what="train_losses")


@pytest.fixture
def parts(rng, names):
    return draw_parts(rng, names)


def draw_parts(rng, names):
    """300 names to learn, 600 to validate, 600 to test, as examples with a context of 3; 37 symbols."""
    _, stoi = build_vocabulary(list(names))
    chosen = rng.sample(names, 1500)
    return [windows(part, stoi, 3) for part in (chosen[:300], chosen[300:900], chosen[900:])]


@check(
    points=1,
    message="Sur de vrais prénoms, la perte doit baisser, et elle doit être à peu près la même sur des prénoms jamais "
    "vus que sur ceux de validation.",
    misconceptions=["val-in-training"],
)
def test_real_names(student, parts, seed):
    """The weights that come back are evaluated here."""
    train, val, test = parts
    start = init_mlp(37, 3, 10, NAMES_HIDDEN, torch.Generator().manual_seed(seed))
    best = answer(student, start, train, val, NAMES_EPOCHS, NAMES_BATCH, NAMES_RATE, Generator(seed))[0]
    expect.kind(best, dict, what="best")
    for name, weight in start.items():
        expect.shape(best.get(name), tuple(weight.shape), what=f"best['{name}']")
        expect.finite(best[name], what=f"best['{name}']")
    best = {name: torch.from_numpy(to_array(best[name], name).data).float() for name in start}
    val_loss, test_loss = evaluate(best, *val), evaluate(best, *test)
    if test_loss - val_loss > LARGEST_GAP:
        raise CheckFailed("Le modèle connaît trop bien la validation.", misconception="val-in-training")
    expect.at_most(val_loss, LARGEST_LOSS, what="la perte de validation")
