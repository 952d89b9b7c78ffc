"""Hidden checks of mlp_gradients: several examples, a single one, and arguments left as they were."""

import torch

from coursegrader.checks import CheckFailed, check, expect
from coursegrader.checks.values import to_array
from reference.mlp import mlp_gradients

STEP = 1e-5  # of central differences, in float64: their error is of the order of 1e-9


def wide(params):
    """The same numbers in float64."""
    return {part: tensor.double() for part, tensor in params.items()}


def differences(student, model, own_array):
    """Gradient of the student's own mlp_loss, by central differences: right whatever mistake that function has."""
    grads = {}
    for part, tensor in wide(model.params).items():
        slopes = []
        for i in range(tensor.numel()):
            ends = []
            for step in (STEP, -STEP):
                moved = wide(model.params)
                moved[part].view(-1)[i] += step
                ends.append(own_array(student.mlp_loss(moved, model.X, model.Y), ()))
            slopes.append((ends[0] - ends[1]) / (2 * STEP))
        grads[part] = torch.stack(slopes).view(tensor.shape)
        if grads[part].abs().max() < 1e-4:
            raise CheckFailed("a part of the model that the student's loss does not depend on")
    return grads


def last_place_only(model):
    """Gradient of C where a symbol that comes back in the context keeps that of its last place; one example."""
    p = wide(model.params)
    vectors = p["C"][model.X].requires_grad_()  # (1, k, E)
    z = torch.tanh(vectors.flatten(start_dim=1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    (slopes,) = torch.autograd.grad(torch.nn.functional.cross_entropy(z, model.Y), [vectors])
    grad = torch.zeros_like(p["C"])
    for symbol, slope in zip(model.X[0].tolist(), slopes[0], strict=True):
        grad[symbol] = slope
    return grad


def compare_all(grads, expected, factors, table=None):
    """Every gradient against the expected one.

    `factors`: id -> what a mistake multiplies every gradient by; `table`: id -> a wrong gradient of C.
    """
    for part, right in expected.items():
        if grads[part] is not None and not to_array(grads[part], part).data.any():
            raise CheckFailed(f"Le gradient de {part} est nul.", misconception="gradient-missing")
        wrong = {name: right * factor for name, factor in factors.items()}
        if part == "C":
            wrong.update(table or {})
        expect.gradient(grads[part], right, what=f"grads['{part}']", misconceptions=wrong)


@check(
    points=2,
    message="Comparez quelques cases avec une pente mesurée : augmentez un seul nombre d'un millième, et voyez de combien "
    "la perte change. Essayez un symbole qui revient dans plusieurs contextes.",
    misconceptions=["part-missing", "gradient-missing", "gradient-summed", "gradient-sign-flipped", "gradient-doubled"],
)
def test_values(student, make_model, parts, judged, own_array):
    model = make_model(31, V=5, k=3, E=2, H=4, n=6)
    right = mlp_gradients(wide(model.params), model.X, model.Y)
    grads = parts(student.mlp_gradients(model.params, model.X, model.Y), "grads")
    factors = {"gradient-summed": 6.0, "gradient-sign-flipped": -1.0, "gradient-doubled": 2.0}
    judged(
        lambda expected: compare_all(grads, expected, factors), right, lambda: differences(student, model, own_array)
    )


@check(
    points=0.5,
    message="Essayez un seul exemple, dont le contexte contient deux fois le même symbole : sa ligne de C compte alors "
    "deux fois.",
    misconceptions=[
        "part-missing", "gradient-missing", "gradient-sign-flipped", "gradient-doubled", "symbol-overwritten",
    ],
)  # fmt: skip
def test_one_example(student, make_model, parts, judged, own_array):
    model = make_model(32, V=6, k=3, E=2, H=3, n=1)
    model.X[0] = torch.tensor([4, 2, 4])
    right = mlp_gradients(wide(model.params), model.X, model.Y)
    grads = parts(student.mlp_gradients(model.params, model.X, model.Y), "grads")
    factors = {"gradient-sign-flipped": -1.0, "gradient-doubled": 2.0}
    table = {"symbol-overwritten": last_place_only(model)}
    judged(
        lambda expected: compare_all(grads, expected, factors, table),
        right,
        lambda: differences(student, model, own_array),
    )


@check(
    points=0.5,
    message="Regardez `params` après l'appel : ni ses valeurs, ni le `requires_grad` ou le `grad` de ses tenseurs ne doivent "
    "avoir changé. Cinq gradients, et non les paramètres eux-mêmes, sont renvoyés.",
    misconceptions=["part-missing", "arguments-marked", "params-returned", "gradient-missing"],
)
def test_arguments_unchanged(student, make_model, parts):
    model = make_model(33, n=4)
    grads = parts(student.mlp_gradients(model.params, model.X, model.Y), "grads")
    for part, tensor in model.params.items():
        if grads[part] is None:
            raise CheckFailed(f"Le gradient de {part} est None.", misconception="gradient-missing")
        expect.shape(grads[part], tuple(tensor.shape), what=f"grads['{part}']")
        expect.finite(grads[part], what=f"grads['{part}']")
        if not to_array(grads[part], part).data.any():
            raise CheckFailed(f"Le gradient de {part} est nul.", misconception="gradient-missing")
        if torch.is_tensor(grads[part]) and torch.equal(grads[part].detach().float(), tensor):
            raise CheckFailed(f"grads['{part}'] est égal à {part}.", misconception="params-returned")
    still(student)
    marked = {part: tensor.clone().requires_grad_() for part, tensor in model.params.items()}  # a mark stays, too
    student.mlp_gradients(marked, model.X, model.Y)
    still(student)


def still(student):
    """The last call has left the parameters as they were."""
    try:
        expect.unchanged(student, what="mlp_gradients", gradients=True)
    except CheckFailed as failure:
        failure.misconception = "arguments-marked"
        raise
