"""Hidden checks of eval_nll: its value whatever the batches, and the model given back as it was.

The model is PyTorch's own, made in the student's process: a wrong `BatchNorm1d` of the student's costs nothing here.
"""

import torch

from coursegrader.checks import CheckFailed, check, expect

V, K, E = 7, 2, 3


def right_model(draw):
    """A model whose running statistics are far from those of any batch."""
    model = torch.nn.Sequential(
        torch.nn.Embedding(V, E), torch.nn.Flatten(), torch.nn.BatchNorm1d(K * E), torch.nn.Linear(K * E, V)
    )
    state = {name: torch.randn(value.shape, generator=draw) for name, value in model.state_dict().items()}
    state["2.running_var"] = state["2.running_var"].square() + 0.2
    state["2.num_batches_tracked"] = torch.tensor(9)
    model.load_state_dict(state)
    return model


def in_student(student, model):
    """The same model in the student's process."""
    nn = student.ref("torch").get("nn")
    twin = nn.Sequential(nn.Embedding(V, E), nn.Flatten(), nn.BatchNorm1d(K * E), nn.Linear(K * E, V))
    twin.load_state_dict(dict(model.state_dict()))
    return twin


def losses(model, X, Y, training, size):
    """(n,) loss of every example, in batches of this size."""
    model.train(training)
    with torch.no_grad():
        scores = torch.cat([model(x) for x in X.split(size)])
    return torch.nn.functional.cross_entropy(scores, Y, reduction="none")


@check(
    points=1,
    message="Comparez la note obtenue en un seul lot et en lots de plusieurs tailles : c'est la moyenne sur tous les "
    "exemples, en mode évaluation.",
    misconceptions=["nll-train-mode", "nll-mean-of-batches", "nll-last-batch", "nll-sum", "nll-dropped-rest"],
)
def test_value(student, draw):
    X, Y = (torch.randint(V, shape, generator=draw) for shape in ((59, K), (59,)))
    for size in (59, 16, 1000):  # 59 = 3 x 16 + 11; first a single batch
        model = right_model(draw)
        twin = in_student(student, model)
        twin.train()
        each = losses(model, X, Y, False, size)  # before the training mode moves the running statistics
        trained = losses(model, X, Y, True, size)
        means = [part.mean().item() for part in each.split(size)]
        wrong = {
            "nll-train-mode": trained.mean().item(),
            "nll-sum": each.sum().item(),
            "nll-mean-of-batches": sum(means) / len(means),
            "nll-last-batch": means[-1],
            "nll-dropped-rest": each[: 59 // size * size].mean().item() if size < 59 else None,
        }
        wrong = {name: value for name, value in wrong.items() if value is not None}
        if size >= 59:
            wrong = {name: wrong[name] for name in ("nll-train-mode", "nll-sum")}  # one batch: the others are right
        nll = student.eval_nll(twin, X, Y, batch_size=size)
        expect.close(nll, each.mean().item(), what="NLL", misconceptions=wrong)


@check(
    points=0.5,
    message="Regardez `model.training` avant et après l'appel, pour un modèle reçu en mode entraînement, puis pour un "
    "modèle reçu en mode évaluation. Regardez aussi celui de ses couches.",
    misconceptions=["mode-left-eval", "mode-left-train", "mode-of-parts"],
)
def test_mode_given_back(student, draw):
    X, Y = (torch.randint(V, shape, generator=draw) for shape in ((20, K), (20,)))
    model = in_student(student, right_model(draw))
    for mode, name in ((True, "mode-left-eval"), (False, "mode-left-train")):
        model.train(mode)
        expect.finite(student.eval_nll(model, X, Y, batch_size=8), what="NLL")
        if model.get("training") is not mode:
            given = "entraînement" if mode else "évaluation"
            raise CheckFailed(f"Un modèle reçu en mode {given} est rendu dans l'autre.", misconception=name)
        if model.get_submodule("2").get("training") is not mode:
            raise CheckFailed("Une couche du modèle n'est plus dans le mode du modèle.", misconception="mode-of-parts")


@check(
    points=0.5,
    message="Comparez l'état du modèle (`state_dict`) avant et après l'appel : noter un modèle n'y change rien, et ne calcule "
    "aucun gradient.",
    misconceptions=["nll-stats-moved", "nll-gradients", "nll-gradients-off", "nll-with-graph"],
)
def test_model_unchanged(student, draw):
    X, Y = (torch.randint(V, shape, generator=draw) for shape in ((20, K), (20,)))
    model = right_model(draw)
    twin = in_student(student, model)
    twin.train()
    nll = student.eval_nll(twin, X, Y, batch_size=8)
    expect.shape(nll, (), what="NLL")
    state = twin.state_dict()
    for name, value in model.state_dict().items():
        try:
            expect.equal(state[name], value, what=f"« {name} » du modèle")
        except CheckFailed as failure:
            failure.misconception = "nll-stats-moved"
            raise
    if not student.ref("torch").is_grad_enabled():
        raise CheckFailed("Après l'appel, PyTorch ne calcule plus de gradient.", misconception="nll-gradients-off")
    if isinstance(nll, torch.Tensor) and nll.requires_grad:
        raise CheckFailed("La note demande encore un gradient.", misconception="nll-gradients")
    if keeps_graph(student, in_student(student, model), X, Y):
        raise CheckFailed("Les scores sont calculés avec leur graphe.", misconception="nll-with-graph")


def keeps_graph(student, twin, X, Y):
    """Whether the model ran with its graph. Spectral normalisation makes a layer's weight anew in every call, and leaves it in the
    layer: it depends on a parameter, and asks for a gradient, unless gradients were off."""
    layer = twin.get_submodule("3")
    student.ref("torch").get("nn").get("utils").spectral_norm(layer)
    student.eval_nll(twin, X, Y, batch_size=8)
    return bool(layer.get("weight").requires_grad)
