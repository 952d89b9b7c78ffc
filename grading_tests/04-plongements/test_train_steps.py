"""Hidden checks of train_steps: one step, twenty steps, arguments left as they were.

Steps are compared with this file's own: any right way to write them agrees to 5e-6 after twenty steps, the smallest
effect of a mistake named here is 0.2 (docs/calibration/04-plongements.md), and 1e-4 lies between.
"""

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.mlp import mlp_gradients, mlp_loss

ATOL = 1e-4
LR = 0.3


def descend(params, X, Y, batches, lr, loss=mlp_loss, gradients=mlp_gradients, keep=0.0):
    """Parameters and losses of stochastic gradient descent; `keep` is the share of the last step's change kept."""
    losses, change = [], {part: torch.zeros_like(tensor) for part, tensor in params.items()}
    for batch in batches:
        losses.append(float(loss(params, X[batch], Y[batch])))
        grads = gradients(params, X[batch], Y[batch])
        change = {part: keep * change[part] + grads[part] for part in params}
        params = {part: tensor - lr * change[part] for part, tensor in params.items()}
    return params, losses


def frozen(*names):
    """Gradients that leave out some parts of the model."""

    def gradients(params, X, Y):
        grads = mlp_gradients(params, X, Y)
        return {part: torch.zeros_like(grad) if part in names else grad for part, grad in grads.items()}

    return gradients


def known_mistakes(model, batches):
    """Parameters after the usual wrong trainings."""
    params, X, Y = model.params, model.X, model.Y
    whole = [torch.arange(len(Y))] * len(batches)
    return {
        "gradients-piled-up": descend(params, X, Y, batches, LR, keep=1.0)[0],
        "momentum-kept": descend(params, X, Y, batches, LR, keep=0.9)[0],
        "uphill": descend(params, X, Y, batches, -LR)[0],
        "batches-ignored": descend(params, X, Y, whole, LR)[0],
        "first-batch-only": descend(params, X, Y, [batches[0]] * len(batches), LR)[0],
        "last-step-only": descend(params, X, Y, batches[-1:], LR)[0],
        "stale-gradients": descend(params, X, Y, batches, LR, gradients=lambda _, x, y: mlp_gradients(params, x, y))[0],
        "nothing-moves": params,
        "rate-ignored": descend(params, X, Y, batches, 1.0)[0],
        "table-frozen": descend(params, X, Y, batches, LR, gradients=frozen("C"))[0],
        "biases-frozen": descend(params, X, Y, batches, LR, gradients=frozen("b1", "b2"))[0],
    }


def result(answer, count, parts):
    """Parameters and losses of an answer; losses may be a list or a tensor."""
    expect.kind(answer, (tuple, list), what="la réponse")
    expect.equal(len(answer), 2, what="le nombre d'objets renvoyés")
    expect.shape(answer[1], (count,), what="losses")
    return parts(answer[0], "params"), answer[1]


@check(
    points=1,
    message="Faites un seul pas, sur un seul lot : comparez chaque tenseur avec p - lr × g, et `losses` avec la perte du "
    "lot avant le pas.",
    misconceptions=[
        "part-missing", "uphill", "batches-ignored", "nothing-moves", "rate-ignored", "table-frozen", "biases-frozen",
        "loss-after-step",
    ],
)  # fmt: skip
def test_one_step(student, make_model, parts, judged, own_array):
    model = make_model(41, n=40)
    batches = [torch.tensor([3, 17, 17, 30, 8])]
    wrong = known_mistakes(model, batches)
    for same in ("gradients-piled-up", "momentum-kept", "first-batch-only", "last-step-only", "stale-gradients"):
        del wrong[same]  # which one step cannot show
    _judge(student, model, batches, wrong, parts, judged, own_array)


@check(
    points=1.5,
    message="Faites une vingtaine de pas, chacun sur son lot. Chaque pas doit partir des paramètres du pas d'avant, avec "
    "un gradient calculé à neuf sur son propre lot.",
    misconceptions=[
        "part-missing", "gradients-piled-up", "momentum-kept", "uphill", "batches-ignored", "first-batch-only",
        "last-step-only", "stale-gradients", "nothing-moves", "rate-ignored", "table-frozen", "biases-frozen", "loss-after-step",
    ],
)  # fmt: skip
def test_twenty_steps(student, make_model, parts, judged, own_array):
    model = make_model(42, n=40)
    generator = torch.Generator().manual_seed(42)
    batches = [torch.randint(40, (6,), generator=generator) for _ in range(20)]
    _judge(student, model, batches, known_mistakes(model, batches), parts, judged, own_array)


def _judge(student, model, batches, wrong, parts, judged, own_array):
    answer = student.train_steps(model.params, model.X, model.Y, batches, LR)
    params, losses = result(answer, len(batches), parts)

    def compare(expected):
        after, due = expected
        for part, right in after.items():
            known = {name: tensors[part] for name, tensors in wrong.items()}
            expect.close(params[part], right, what=f"params['{part}']", atol=ATOL, misconceptions=_common(known))
        late = {"loss-after-step": _losses_after(model, batches)}
        expect.close(losses, due, what="losses", atol=ATOL, misconceptions=late)

    def _common(known):
        # A part that a mistake leaves right says nothing of it; of the others the whole answer must show the mistake.
        return {name: tensor for name, tensor in known.items() if _shows(params, wrong[name])}

    def own():
        def loss(params, X, Y):
            return own_array(student.mlp_loss(params, X, Y), ())

        def gradients(params, X, Y):
            grads = parts(student.mlp_gradients(params, X, Y), "own")
            return {part: own_array(grads[part], tuple(params[part].shape)).float() for part in params}

        after, due = descend(model.params, model.X, model.Y, batches, LR, loss, gradients)
        if any(torch.equal(after[part], tensor) for part, tensor in model.params.items()):
            raise CheckFailed("the student's own gradients do not move every part")
        return after, due

    judged(compare, descend(model.params, model.X, model.Y, batches, LR), own)


def _shows(params, tensors):
    """Whether an answer is what a mistake gives, in all its parts."""
    try:
        for part, tensor in tensors.items():
            expect.close(params[part], tensor, what=part, atol=ATOL)
    except CheckFailed:
        return False
    return True


def _losses_after(model, batches):
    """The loss of each batch just after its step."""
    losses, params = [], model.params
    for batch in batches:
        params, _ = descend(params, model.X, model.Y, [batch], LR)
        losses.append(float(mlp_loss(params, model.X[batch], model.Y[batch])))
    return losses


@check(
    points=0.5,
    message="Regardez le dictionnaire que vous avez reçu, après l'appel : ses tenseurs doivent avoir gardé leurs "
    "valeurs. Essayez aussi une liste de lots vide.",
    misconceptions=["part-missing", "start-overwritten", "nothing-moves"],
)
def test_start_unchanged(student, make_model, parts):
    model = make_model(43, n=20)
    answer = student.train_steps(model.params, model.X, model.Y, [torch.tensor([1, 5]), torch.tensor([0, 7])], LR)
    try:
        expect.unchanged(student, what="train_steps")
    except CheckFailed as failure:
        failure.misconception = "start-overwritten"
        raise
    params, _ = result(answer, 2, parts)
    if all(_shows({part: params[part]}, {part: tensor}) for part, tensor in model.params.items()):
        raise CheckFailed("Aucun tenseur n'a bougé.", misconception="nothing-moves")
    params, _ = result(student.train_steps(model.params, model.X, model.Y, [], LR), 0, parts)
    for part, tensor in model.params.items():
        expect.close(params[part], tensor, what=f"params['{part}']")
