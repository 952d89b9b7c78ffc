"""Hidden checks of BatchNorm1d against torch.nn.BatchNorm1d: one batch, five batches, evaluation, positions, the graph."""

import pytest
import torch

from coursegrader.checks import CheckFailed, StudentError, check, expect

C, MOMENTUM = 4, 0.3
VISIBLE = 0.1  # an eps that shows, in the one check that asks where it goes
EPS = 1e-6
# What torch.nn's layers and torch.nn.functional's functions end in, whatever name they were imported by, and what all of them compute with.
READY_MADE = [
    *(f"torch.{name}" for name in ("batch_norm", "instance_norm", "layer_norm", "group_norm")),
    *(
        f"aten::{name}"
        for name in (
            "native_batch_norm", "native_layer_norm", "native_group_norm", "_native_batch_norm_legit", "_native_batch_norm_legit.no_stats",
            "_batch_norm_with_update",
        )
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def own_work(student, take_away):
    """Every check of this exercise runs without PyTorch's normalisations, which the text forbids."""
    take_away(
        READY_MADE,
        lambda: student.BatchNorm1d(3)(torch.arange(12.0).view(4, 3)),
        "Sans les normalisations de PyTorch, votre classe ne calcule plus rien.",
        "bn-ready-made",
    )


def batches(draw, *shape):
    """Five batches whose channels differ in mean and spread, and which drift from one to the next."""
    offset, spread = torch.tensor([5.0, -2.0, 0.5, 0.0]), torch.tensor([1.0, 3.0, 0.4, 2.0])
    return [offset * (1 + i / 3) + spread * torch.randn(shape, generator=draw) for i in range(5)]


def torch_norm(eps=EPS):
    return torch.nn.BatchNorm1d(C, eps=eps, momentum=MOMENTUM)


def running(rows, momentum, correction=1, start=None):
    """Running mean and variance after these batches (n, C), by the formula; `start` is the batch to begin with, instead of 0 and 1."""
    mean, var = (torch.zeros(C), torch.ones(C)) if start is None else (start.mean(0), start.var(0))
    for batch in rows:
        mean = (1 - momentum) * mean + momentum * batch.mean(0)
        var = (1 - momentum) * var + momentum * batch.var(0, correction=correction)
    return mean, var


@check(
    points=1,
    message="Regardez la sortie d'un lot en mode entraînement, canal par canal : quelle moyenne, quelle variance, et où "
    "`eps` entre-t-il ? Et en mode évaluation ?",
    misconceptions=[
        "bn-ready-made", "bn-corrected-batch", "bn-eps-outside", "bn-variance-for-std", "bn-wrong-axis", "bn-global", "bn-not-centred",
        "bn-eval-no-eps",
    ],
)  # fmt: skip
def test_one_batch(student, draw):
    x = batches(draw, 6, C)[0]
    mean, var = x.mean(0), x.var(0, correction=0)
    rows = x.mean(1, keepdim=True), x.var(1, correction=0, keepdim=True)
    wrong = {
        "bn-corrected-batch": (x - mean) / torch.sqrt(x.var(0) + VISIBLE),
        "bn-eps-outside": (x - mean) / (torch.sqrt(var) + VISIBLE),
        "bn-variance-for-std": (x - mean) / (var + VISIBLE),
        "bn-wrong-axis": (x - rows[0]) / torch.sqrt(rows[1] + VISIBLE),
        "bn-global": (x - x.mean()) / torch.sqrt(x.var(correction=0) + VISIBLE),
        "bn-not-centred": x / torch.sqrt(var + VISIBLE),
    }
    bn = student.BatchNorm1d(C, eps=VISIBLE)
    bn.eval()
    alone = bn(x)  # running statistics 0 and 1: without eps, x itself; else it is test_evaluation's business
    bn.train()
    y = bn(x)
    expect.unchanged(student, what="BatchNorm1d")
    expect.close(y, torch_norm(VISIBLE)(x), what="y", misconceptions=wrong)
    expect.shape(alone, (6, C), what="y, en mode évaluation")
    if torch.allclose(torch.as_tensor(alone).detach(), x, rtol=1e-4, atol=1e-4):
        raise CheckFailed("En mode évaluation, `eps` ne change rien.", misconception="bn-eval-no-eps")


@check(
    points=0.5,
    message="Regardez `gamma` et `beta` : ce sont des `torch.nn.Parameter` de ces noms, et ils changent la sortie dans "
    "les deux modes.",
    misconceptions=["bn-ready-made", "bn-no-affine"],
)
def test_scale_and_shift(student, draw):
    bn = student.BatchNorm1d(C)
    for name, start in (("gamma", torch.ones(C)), ("beta", torch.zeros(C))):
        try:
            found = bn.get_parameter(name)
        except StudentError as error:
            if error.reason != "raised":
                raise
            # Of get_parameter's own error the student could make nothing: it is not their method.
            raise CheckFailed(f"Le module n'a pas de `torch.nn.Parameter` du nom de « {name} ».") from None
        expect.equal(found, start, what=f"{name} au départ")
    gamma, beta = torch.randn(C, generator=draw), torch.randn(C, generator=draw)
    x = batches(draw, 6, C)[0]
    for mode in (True, False):
        # The student's own normalised value: whether it is right is another check's business.
        new, scaled = student.BatchNorm1d(C), student.BatchNorm1d(C)
        new.train(mode)
        scaled.train(mode)
        plain = new(x)
        expect.shape(plain, (6, C), what="y")
        expect.finite(plain, what="y")
        plain = torch.as_tensor(plain).detach()
        scaled.load_state_dict({"gamma": gamma, "beta": beta}, strict=False)
        expect.close(scaled(x), gamma * plain + beta, what="y", misconceptions={"bn-no-affine": plain})


@check(
    points=1,
    message="Suivez `running_mean` et `running_var` sur cinq lots, à la main pour un canal : quel poids reçoit le nouveau "
    "lot, et par combien divise-t-on la variance ?",
    misconceptions=[
        "bn-ready-made",
        "bn-momentum-inverted",
        "bn-momentum-fixed",
        "bn-biased-running",
        "bn-never-updated",
        "bn-last-batch",
        "bn-first-batch",
        "bn-eps-stored",
    ],
)
def test_five_batches(student, draw):
    rows = batches(draw, 6, C)
    bn, oracle = student.BatchNorm1d(C, eps=VISIBLE, momentum=MOMENTUM), torch_norm(VISIBLE)
    for x in rows:
        bn(x)
        oracle(x)
    known = {
        "bn-momentum-inverted": running(rows, 1 - MOMENTUM),
        "bn-momentum-fixed": running(rows, 0.1),
        "bn-biased-running": running(rows, MOMENTUM, correction=0),
        "bn-never-updated": running([], MOMENTUM),
        "bn-last-batch": running(rows, 1.0),
        "bn-first-batch": running(rows[1:], MOMENTUM, start=rows[0]),
    }
    means = {name: mean for name, (mean, _) in known.items() if name != "bn-biased-running"}
    variances = {name: var for name, (_, var) in known.items()}
    variances["bn-eps-stored"] = running(rows, MOMENTUM)[1] + VISIBLE * 6 / 5 * (1 - (1 - MOMENTUM) ** len(rows))
    expect.close(bn.get("running_mean"), oracle.running_mean, what="running_mean", misconceptions=means)
    expect.close(bn.get("running_var"), oracle.running_var, what="running_var", misconceptions=variances)


@check(
    points=1,
    message="Passez en mode évaluation : un exemple seul doit y donner la même sortie que dans un lot, et rien ne doit "
    "être mis à jour.",
    misconceptions=["bn-ready-made", "bn-eval-batch", "bn-eval-updates"],
)
def test_evaluation(student, draw):
    bn = student.BatchNorm1d(C, eps=EPS, momentum=MOMENTUM)
    *seen, x = batches(draw, 6, C)
    for batch in [None, *seen]:  # at first before any batch: running statistics 0 and 1
        if batch is not None:
            bn.train()
            bn(batch)
        bn.eval()
        # The student's own statistics: how they came about is another check's business.
        before = {}
        for name in ("running_mean", "running_var"):
            value = bn.get(name)
            expect.finite(value, what=name)
            before[name] = torch.as_tensor(value).detach().clone()
            if tuple(before[name].shape) not in ((), (1,), (C,), (1, C)):
                expect.shape(value, (C,), what=name)
        mean, var = before["running_mean"].to(x.dtype), before["running_var"].to(x.dtype)
        if not (var + EPS > 0).all():
            raise CheckFailed("running_var contient une variance négative.")
        right = (x - mean) / torch.sqrt(var + EPS)
        wrong = {"bn-eval-batch": torch_norm()(x)}
        expect.close(bn(x), right, what="y, en mode évaluation", misconceptions=wrong)
        for name, value in before.items():
            try:
                expect.equal(bn.get(name), value, what=f"{name}, après une évaluation")
            except CheckFailed as failure:
                failure.misconception = "bn-eval-updates"
                raise
        expect.close(bn(x[2:3]), right[2:3], what="y d'un exemple seul")


@check(
    points=1,
    message="Essayez une entrée de forme (B, T, C), avec T plus grand que 1 : les moyennes se font sur toutes les "
    "dimensions sauf la dernière, donc sur B × T valeurs par canal.",
    misconceptions=["bn-ready-made", "bn-per-position", "bn-channels-second", "bn-batch-only"],
)
def test_positions(student, draw):
    rows = batches(draw, 6, 3, C)
    bn, oracle = student.BatchNorm1d(C, eps=EPS, momentum=MOMENTUM), torch_norm()
    flat = student.BatchNorm1d(C, eps=EPS, momentum=MOMENTUM)
    for x in rows:
        x = x + torch.arange(3).view(3, 1)  # positions differ in mean
        channel = x.mean((0, 2), keepdim=True), x.var((0, 2), correction=0, keepdim=True)
        wrong = {
            "bn-per-position": (x - x.mean(0)) / torch.sqrt(x.var(0, correction=0) + EPS),
            "bn-channels-second": (x - channel[0]) / torch.sqrt(channel[1] + EPS),
        }
        expect.close(bn(x), oracle(x.view(-1, C)).view_as(x), what="y", misconceptions=wrong)
        flat(x.view(-1, C))
    for name in ("running_mean", "running_var"):
        # As of the same values without positions; whether these are right is test_five_batches' business.
        expect.shape(bn.get(name), (C,), what=name)
        try:
            expect.close(bn.get(name), torch.as_tensor(flat.get(name)).detach(), what=f"{name}, d'une entrée (B, T, C)")
        except CheckFailed as failure:
            failure.misconception = "bn-batch-only"
            raise


@check(
    points=0.5,
    message="Donnez une entrée qui demande un gradient : les statistiques glissantes ne doivent pas faire partie du graphe, mais "
    "la moyenne et la variance du lot, oui : elles dépendent de x.",
    misconceptions=["bn-ready-made", "bn-stats-in-graph", "bn-detached"],
)
def test_graph(student, draw):
    student.ref("torch").set_grad_enabled(True)  # whatever the notebook left behind
    bn = student.BatchNorm1d(C)
    x = batches(draw, 6, C)[0].requires_grad_()
    if not getattr(bn(x), "requires_grad", False):
        raise CheckFailed("La sortie est coupée du graphe : aucun gradient ne passerait par la couche.")
    for name in ("running_mean", "running_var"):
        value = bn.get(name)
        expect.shape(value, (C,), what=name)
        if isinstance(value, torch.Tensor) and value.requires_grad:
            raise CheckFailed(f"{name} demande un gradient.", misconception="bn-stats-in-graph")
    check_gradient(student, student.BatchNorm1d(C), x.detach(), torch.randn(6, C, generator=draw))


def check_gradient(student, bn, x, dy):
    """The gradient of x goes through the batch's statistics; of another y than the right one it is another check's business."""
    leaf = x.clone().requires_grad_()
    right = torch_norm(1e-5)(leaf)
    (due,) = torch.autograd.grad(right, leaf, dy)
    y, dx = student.ref("torch").get("autograd").get("functional").vjp(bn, x, dy)
    if torch.allclose(torch.as_tensor(y).detach(), right.detach(), rtol=1e-4, atol=1e-4):
        wrong = {"bn-detached": dy / torch.sqrt(x.var(0, correction=0) + 1e-5)}
        expect.close(dx, due, what="le gradient de x", rtol=1e-3, atol=1e-4, misconceptions=wrong)
