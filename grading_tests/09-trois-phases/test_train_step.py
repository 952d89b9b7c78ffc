"""Hidden checks of train_step: eight steps equal to ours, what a step must leave alone, and what the two phases do with it.

The last check trains a small model in the student's process with the notebook's `train_phase`: 200 batches of names, in
which vowels and consonants alternate, then 120 of a question: a letter, to be said again. Thresholds are those of
benchmarks/calibration/09-trois-phases.py: the loss on new names, and the share of right answers on 200 new names.
"""

import itertools
import random

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.assistant import train_phase
from reference.finetuning import collate

V, RATE = 6, 0.2
PRETRAINED, RIGHT = 1.9, 120  # loss at most; right answers of 200 at least


def play(weight, batches, what=""):
    """Weights and losses after the notebook's loop with a step of ours; `what` puts one thing wrong."""
    model = torch.nn.Embedding(V, V)
    model.load_state_dict({"weight": weight})

    def step(model, optimizer, x, y):
        targets = y.clamp(min=0) if what == "step-padding-counts" else y
        reduction = "sum" if what == "step-sum" else "mean"
        loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), targets, reduction=reduction)
        if what == "step-all-positions":
            loss = loss * (y != -100).sum() / y.numel()
        if what != "step-gradients-pile-up":
            optimizer.zero_grad()
        (-loss if what == "step-uphill" else loss).backward()
        if what != "step-missing":
            optimizer.step()
        after = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y)
        return (after if what == "step-loss-after" else loss).item()

    losses = train_phase(model, batches, step, RATE)
    return model.weight.detach(), losses


WRONG = [
    "step-gradients-pile-up",
    "step-padding-counts",
    "step-all-positions",
    "step-sum",
    "step-uphill",
    "step-missing",
    "step-loss-after",
]


def batch(draw, B=5, T=7):
    x, y = torch.randint(V, (B, T), generator=draw), torch.randint(V, (B, T), generator=draw)
    for b in range(B):
        y[b, : b % 3] = -100
        y[b, T - 1 - b % 2 :] = -100
    return x, y


def run(student, weight, batches):
    """A table of scores in the student's process, trained there by the notebook's loop; and the losses."""
    model = student.ref("torch").get("nn").Embedding(V, V)
    model.load_state_dict({"weight": weight})
    model.eval()
    return model, student.train_phase(model, batches, student.ref("train_step"), RATE)


@check(
    points=1.5,
    message="Refaites deux ou trois pas à la main : la perte moyenne de ce qui compte, ses gradients et eux seuls, un pas ; "
    "et c'est la perte d'avant le pas qui est rendue.",
    misconceptions=WRONG,
)
def test_steps(student, draw):
    """Adam, of the notebook's loop, hides a factor of the loss from the weights: the losses show it."""
    weight, batches = torch.randn((V, V), generator=draw), [batch(draw) for _ in range(8)]
    model, found = run(student, weight, batches)
    right = play(weight, batches)
    wrong = {name: play(weight, batches, what=name) for name in WRONG}
    after = model.state_dict()["weight"]
    table = {name: value[0] for name, value in wrong.items() if not torch.allclose(value[0], right[0], atol=1e-2)}
    expect.close(after, right[0], what="les poids après huit pas", rtol=1e-3, atol=1e-3, misconceptions=table)
    values = {name: value[1] for name, value in wrong.items()}
    expect.close(found, right[1], what="les pertes des huit pas", rtol=1e-3, misconceptions=values)


@check(
    points=0.5,
    message="La fonction rend un nombre de Python, met le modèle en mode entraînement, oublie les gradients qui restaient, et suit le "
    "nouveau tel quel.",
    misconceptions=["step-tensor", "step-eval-mode", "step-old-gradients", "step-clipped"],
)
def test_state(student, draw):
    model, found = run(student, torch.randn((V, V), generator=draw), [batch(draw)])
    expect.kind(found, list, what="les pertes")
    if isinstance(found[0], torch.Tensor):
        raise CheckFailed("La perte est rendue comme tenseur.", misconception="step-tensor")
    expect.kind(found[0], float, what="la perte")
    if model.get("training") is not True:
        raise CheckFailed("Le modèle n'est pas en mode entraînement.", misconception="step-eval-mode")
    judge_old_gradients(student)
    judge_large_gradient(student)


def judge_old_gradients(student):
    """Gradients are there before the step: the notebook's reward model leaves them, at a rate of 0, in the model that it is made of.

    That model has one score a position now, so that every loss is log 1 = 0 and its gradient, too: nothing may move. Who never
    forgets gradients moves it at every step, which is the first check's business.
    """
    model = student.GPT(5, 6, 8, 1, 2)
    squares = student.ref("torch").get("nn").get("functional").get("mse_loss")
    student.train_reward_model(student.RewardModel(model), [([1, 2], [3, 0], [4, 0])], squares, 1, 0.0)
    batches = [(torch.tensor([[1, 2, 3, 4]]), torch.tensor([[-100, 0, 0, 0]]))]
    states = [model.state_dict()]
    for _ in range(2):
        student.train_phase(model, batches, student.ref("train_step"), RATE)
        states.append(model.state_dict())
    first, second = (any((b[name] - a[name]).abs().max() > 1e-3 for name in a) for a, b in itertools.pairwise(states))
    if first and not second:
        raise CheckFailed("D'anciens gradients ont servi au pas.", misconception="step-old-gradients")


def judge_large_gradient(student):
    """One position, whose gradient is 100 in one place and -100 in another, and plain descent: the step is as long as the gradient.

    Plain descent is the loop's own Adam with a large eps, which leaves lr / eps * gradient of its first step; and `partial` keeps what it is called
    with, the optimizer, too. Who limits the gradient makes a shorter step, in no place the other way. Every other difference is the first check's
    business.
    """
    torch_there, weight = student.ref("torch"), torch.eye(V)
    nn, x, y = torch_there.get("nn"), torch.tensor([[2]]), torch.tensor([[4]])
    model = nn.Sequential(nn.Embedding(V, V), nn.Linear(V, V, bias=False))
    model.load_state_dict({"0.weight": weight, "1.weight": 100 * torch.eye(V)})
    (called,) = student.train_phase(model, [(x, y)], torch_there.get("functools").get("partial"), RATE)
    optimizer = called.get("args")[0]
    state = optimizer.state_dict()
    state["param_groups"][0] |= {"lr": 1e5, "eps": 1e8}
    optimizer.load_state_dict(state)
    student.train_step(model, optimizer, x, y)
    moved = (weight - torch.as_tensor(model.state_dict()["0.weight"]).detach())[2]
    due = 0.1 * (weight[2] - weight[4])
    if (moved * due >= 0).all() and 0 < moved.norm() < 0.9 * due.norm():
        raise CheckFailed("Le pas est plus court que le gradient.", misconception="step-clipped")


def name_of(chance):
    """Letters 1 to 10 by turns out of two halves, three to eight of them."""
    first = chance.randint(0, 1)
    return [1 + 5 * ((first + i) % 2) + chance.randint(0, 4) for i in range(chance.randint(3, 8))]


def question(name):
    return [11, name[0]], [name[0], 0]


def batches_of(chance, make, n):
    return [collate([make(name_of(chance)) for _ in range(32)], 0) for _ in range(n)]


def phases(chance):
    """Batches of the two phases, 200 new names to read, 200 questions."""
    read = lambda name: ([0], [*name, 0])  # noqa: E731
    return (
        batches_of(chance, read, 200),
        batches_of(chance, question, 120),
        collate([read(name_of(chance)) for _ in range(200)], 0),
        collate([question(name_of(chance)) for _ in range(200)], 0),
    )


def loss_of(logits, y):
    return torch.nn.functional.cross_entropy(torch.as_tensor(logits).detach().double().transpose(1, 2), y).item()


def answered(logits, y):
    """How many of the questions are answered rightly, to the end: the best token at every position that counts."""
    best = torch.as_tensor(logits).detach().argmax(dim=-1)
    return int(((best == y) | (y == -100)).all(dim=1).sum())


@check(
    points=1,
    message="Avec votre fonction, la première phase doit apprendre à lire, et la deuxième à répondre : essayez-la sur un petit modèle, "
    "et regardez la perte descendre.",
    misconceptions=["step-reads-nothing", "step-answers-nothing"],
)
def test_phases(student, rng):
    first, second, (x, y), (asked, due) = phases(random.Random(rng.randrange(2**31)))
    student.manual_seed(rng.randrange(2**31))
    model = student.GPT(12, 12, 24, 1, 2)
    step = student.ref("train_step")
    student.train_phase(model, first, step, 0.01)
    model.eval()
    loss = loss_of(model(x), y)
    if not loss <= PRETRAINED:
        raise CheckFailed(
            f"Après la première phase, la perte sur de nouveaux prénoms est {loss:.2f}.",
            misconception="step-reads-nothing",
        )
    student.train_phase(model, second, step, 0.01)
    model.eval()
    right = answered(model(asked), due)
    if right < RIGHT:
        raise CheckFailed(
            f"Après la deuxième phase, {right} réponses sur 200 sont justes.", misconception="step-answers-nothing"
        )
