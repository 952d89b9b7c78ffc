"""Hidden checks of train_bigram: the first loss, step equality, all losses, the start left alone, real names.

Step equality: from given weights, 20 steps of any right answer agree to rounding. The last check trains on real names
and evaluates the returned weights here; its bound is calibrated in docs/calibration/03-un-neurone.md.
"""

import torch

from coursegrader.checks import CheckFailed, check, expect
from coursegrader.checks.values import to_array
from reference.neural_bigram import bigram_gradient, train_bigram
from reference.neuron import cross_entropy
from reference.vocabulary import build_vocabulary

STEPS = 20
ABOVE_COUNTS = 0.04  # nats; 200 steps at 50 end .025 to .029 above the counts, 100 steps .048 and more
ABOVE_RIGHT = 0.004  # nats; float32 ends within 1e-5 of float64, a rate halved after 100 steps .008 above


def train(student, X, Y, W0, steps, lr):
    """W (V, V) and the losses of an answer; lists and tuples are equally good."""
    answer = student.train_bigram(X, Y, W0, steps, lr)
    expect.kind(answer, (tuple, list), what="la réponse")
    expect.equal(len(answer), 2, what="nombre d'objets renvoyés")
    return answer


def other_recipe(X, Y, W0, steps, lr, *, accumulate=False, factor=1.0):
    """W (V, V) and losses after steps with gradients that pile up, or with another rate."""
    W, losses, G = W0, [], torch.zeros_like(W0)
    for _ in range(steps):
        losses.append(cross_entropy(W[X], Y).item())
        G = bigram_gradient(W, X, Y) + (G if accumulate else 0.0)
        W = W - factor * lr * G
    return W, losses


def known_mistakes(X, Y, W0, steps, lr):
    """(W, losses) of usual wrong answers, by id."""
    n = len(X)
    longer, _ = train_bigram(X, Y, W0, steps + 1, lr)
    shorter, _ = train_bigram(X, Y, W0, steps - 1, lr)
    single, _ = train_bigram(X, Y, W0, 1, lr)
    _, losses = train_bigram(X, Y, W0, steps, lr)
    fixed_start = steps * [losses[0]]
    G = bigram_gradient(W0, X, Y)
    straight = [cross_entropy((W0 - k * lr * G)[X], Y).item() for k in range(steps)]
    return {
        "gradient-accumulated": other_recipe(X, Y, W0, steps, lr, accumulate=True),
        "gradient-ascent": other_recipe(X, Y, W0, steps, lr, factor=-1.0),
        "gradient-of-sum": other_recipe(X, Y, W0, steps, lr, factor=n),
        "bigram-rate-ignored": other_recipe(X, Y, W0, steps, 1.0),
        "rate-of-the-notebook": other_recipe(X, Y, W0, steps, 50.0),
        "one-step-only": (single, fixed_start),
        "one-step-too-many": (longer, losses),
        "one-step-too-few": (shorter, losses),
        "gradient-computed-once": (W0 - steps * lr * G, straight),
        "start-returned": (W0, fixed_start),
        "zero-start": train_bigram(X, Y, torch.zeros_like(W0), steps, lr),
    }


NAMED = [
    "gradient-accumulated", "gradient-ascent", "gradient-of-sum", "bigram-rate-ignored", "rate-of-the-notebook",
    "one-step-only", "one-step-too-many", "one-step-too-few", "gradient-computed-once", "start-returned", "zero-start",
]  # fmt: skip


def made_up(normal, integers):
    """X, Y (60,), W0 (7, 7) and a rate that twenty steps cannot make unstable."""
    return integers(7, 60), integers(7, 60), normal(7, 7), 3.0


@check(
    points=0.5,
    message="Regardez `losses` : autant de nombres que de pas, même quand la perte ne bouge presque plus, et le premier est "
    "la NLL de `W0`, avant tout pas.",
    misconceptions=["losses-after-step", "losses-not-averaged"],
)
def test_first_loss(student, normal, integers):
    X, Y, W0, lr = made_up(normal, integers)
    _, losses = train(student, X, Y, W0, 5, lr)
    expect.shape(losses, (5,), what="losses")
    first = to_array(losses, "losses").data[0].item()
    _, right = train_bigram(X, Y, W0.double(), 6, lr)
    wrong = {"losses-after-step": right[1], "losses-not-averaged": right[0] * len(X)}
    expect.close(first, right[0], what="losses[0]", misconceptions=wrong)
    _, losses = train(student, X, Y, W0, 6, 1e-6)
    expect.shape(losses, (6,), what="losses, avec un pas minuscule")


@check(
    points=1.5,
    message="Partez de poids donnés et faites quelques pas à la main ou avec autograd : chaque pas enlève à `W` le gradient "
    "du moment, multiplié par `lr`, et il y a `steps` pas.",
    misconceptions=NAMED,
)
def test_steps(student, normal, integers):
    X, Y, W0, lr = made_up(normal, integers)
    D = W0.double()
    wrong = {name: W for name, (W, _) in known_mistakes(X, Y, D, STEPS, lr).items()}
    W, _ = train(student, X, Y, W0, STEPS, lr)
    right, _ = train_bigram(X, Y, D, STEPS, lr)
    expect.close(W, right, what="W", atol=1e-4, misconceptions=wrong)


@check(
    points=0.5,
    message="Regardez toutes les pertes : `losses[k]` est la NLL juste avant le pas k, un nombre par pas.",
    misconceptions=[name for name in NAMED if not name.startswith("one-step-too")] + ["losses-after-step"],
)
def test_losses(student, normal, integers):
    X, Y, W0, lr = made_up(normal, integers)
    D = W0.double()
    _, longer = train_bigram(X, Y, D, STEPS + 1, lr)
    mistakes = known_mistakes(X, Y, D, STEPS, lr)
    wrong = {name: losses for name, (_, losses) in mistakes.items() if not name.startswith("one-step-too")}
    _, losses = train(student, X, Y, W0, STEPS, lr)
    expect.close(losses, longer[:-1], what="losses", misconceptions={**wrong, "losses-after-step": longer[1:]})


@check(
    points=0.5,
    message="Regardez `W0` avant et après l'appel : c'est à une copie qu'il faut faire les pas.",
    misconceptions=["start-modified"],
)
def test_start_unchanged(student, normal, integers):
    X, Y, W0, lr = made_up(normal, integers)
    W, _ = train(student, X, Y, W0, 3, lr)
    if student.last_call.modified_inputs:
        raise CheckFailed("Après l'appel, `W0` ou les paires ne sont plus les mêmes.", misconception="start-modified")
    expect.shape(W, (7, 7), what="W")


@check(
    points=1,
    message="Entraînez sur de vrais prénoms, avec 200 pas de 50 : la NLL des poids renvoyés doit s'approcher de celle du "
    "modèle compté. Une boucle sur les paires, refaite à chaque pas, peut être trop lente.",
)
def test_meets_the_counts(student, rng, names):
    itos, stoi = build_vocabulary(list(names))
    text = "." + "".join(name + "." for name in rng.sample(names, 500))
    ids = torch.tensor([stoi[symbol] for symbol in text])
    X, Y, V = ids[:-1], ids[1:], len(itos)
    W, _ = train(student, X, Y, torch.zeros(V, V), 200, 50.0)
    expect.shape(W, (V, V), what="W")
    expect.finite(W, what="W")
    learned = cross_entropy(torch.as_tensor(to_array(W, "W").data).double()[X], Y).item()
    counts = torch.bincount(X * V + Y, minlength=V * V).view(V, V).double()
    counted = -torch.special.xlogy(counts, counts / counts.sum(dim=1, keepdim=True).clamp(min=1)).sum() / len(X)
    expect.at_most(learned, counted.item() + ABOVE_COUNTS, what="la NLL après l'entraînement")
    right, _ = train_bigram(X, Y, torch.zeros(V, V, dtype=torch.float64), 200, 50.0)
    bound = cross_entropy(right[X], Y).item() + ABOVE_RIGHT
    expect.at_most(learned, bound, what="la NLL après 200 pas", why="Le pas `lr` est le même du premier au dernier.")
