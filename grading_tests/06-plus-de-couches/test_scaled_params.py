"""Hidden checks of scaled_params: shapes and biases, the spread of each table, the model at its start, the generator.

The spread is judged by the root mean square r of the table divided by the specified one. For n normal numbers, n r**2
is chi-square with n degrees of freedom, and by Laurent and Massart (2000, lemma 1)
P(r**2 > 1 + 2 sqrt(t/n) + 2 t/n) <= e**-t and P(r**2 < 1 - 2 sqrt(t/n)) <= e**-t. With t = 16 and six bounds (three
tables), a false alarm has probability at most 6 e**-16 = 7e-7. Any law of this variance with lighter tails, such as the
uniform one, stays inside, too: the next paragraph is for that. Power: the bounds are [0.84, 1.16] for C (800 numbers) and within 4 % for W1 and W2 (over
14,000 numbers); the nearest wrong spread is wrong by a factor 1.67 (gain forgotten), over 50 standard deviations away.

The law itself is judged by the largest value of W1 and W2, in root mean squares: of over 14,000 normal numbers none beyond
2.5 standard deviations, 1.24 % of each, has probability 0.9876**14000 < 1e-75; uniform draws end at 1.73.
"""

import math

import torch

from coursegrader.checks import CheckFailed, Generator, StudentError, check, expect
from reference.initialisation import kaiming_std, saturation_share

SHAPES = {"C": ("V", "E"), "W1": ("kE", "H"), "b1": ("H",), "W2": ("H", "V"), "b2": ("V",)}
V, K, E, H = 50, 4, 16, 300
SIZES = {"V": V, "E": E, "kE": K * E, "H": H}
FARTHEST = 2.5  # standard deviations; see above


def params_of(student, seed):
    """The student's parameters, their shapes as specified; without a seed no generator is given."""
    params = student.scaled_params(V, K, E, H, generator=None if seed is None else Generator(seed))
    expect.kind(params, dict, what="la réponse")
    for name, sizes in SHAPES.items():
        if name not in params:
            raise CheckFailed(f"Il manque la clé « {name} ».")
        expect.shape(params[name], tuple(SIZES[size] for size in sizes), what=name)
        expect.finite(params[name], what=name)
    return {name: torch.as_tensor(params[name]).detach().double() for name in SHAPES}


def own_std(student, n, gain):
    """What the student's own kaiming_std gives: a wrong one costs its own points, not these as well."""
    try:
        value = student.kaiming_std(n, gain=gain)
    except StudentError:
        return None
    return value if type(value) is float and value > 0 else None


def check_spread(value, name, stds, wrong_stds):
    """The root mean square of a table against its law; see the arithmetic above."""
    n, t = value.numel(), 16
    low, high = math.sqrt(1 - 2 * math.sqrt(t / n)), math.sqrt(1 + 2 * math.sqrt(t / n) + 2 * t / n)
    got = value.square().mean().sqrt().item()
    if any(std is not None and low <= got / std <= high for std in stds):
        return
    found = next((known for known, wrong in wrong_stds.items() if low <= got / wrong <= high), None)
    raise CheckFailed(
        f"Les valeurs de {name} ont une taille (moyenne quadratique) de {got:.3g}, loin de l'écart-type demandé.",
        actual=f"{got:.3g}",
        misconception=found,
    )


@check(
    points=0.5,
    message="Regardez les clés, la forme de chaque tableau et les biais : W1 a une ligne par entrée et une colonne par "
    "neurone.",
)
def test_shapes_and_biases(student, seed):
    params = params_of(student, seed)
    for name in ("b1", "b2"):
        expect.equal(params[name], torch.zeros(params[name].shape), what=name)


@check(
    points=1,
    message="Mesurez l'écart-type de chaque table, avec d'autres tailles que celles du cours : suit-il la règle, et pour "
    "le bon nombre d'entrées ? Et les valeurs suivent-elles une loi normale ?",
    misconceptions=[
        "init-unit",
        "init-fan-in",
        "init-no-root",
        "init-no-gain",
        "init-output-large",
        "init-positive",
        "init-not-normal",
    ],
)
def test_spreads(student, seed):
    params = params_of(student, seed)
    n = K * E
    check_spread(params["C"], "C", [1.0], {"init-positive": math.sqrt(1 / 3)})
    wrong_hidden = {
        "init-unit": 1.0,
        "init-fan-in": kaiming_std(E),
        "init-no-root": 5 / 3 / n,
        "init-no-gain": kaiming_std(n, 1.0),
        "init-positive": kaiming_std(n) / math.sqrt(3),
    }
    check_spread(params["W1"], "W1", [kaiming_std(n), own_std(student, n, 5 / 3)], wrong_hidden)
    wrong_output = {
        "init-unit": 1.0,
        "init-fan-in": kaiming_std(V, 0.1),
        "init-no-root": 0.1 / H,
        "init-output-large": kaiming_std(H),
        "init-no-gain": kaiming_std(H, 1.0),
    }
    check_spread(params["W2"], "W2", [kaiming_std(H, 0.1), own_std(student, H, 0.1)], wrong_output)
    for name in ("W1", "W2"):
        size = (params[name].abs().max() / params[name].square().mean().sqrt()).item()
        if size < FARTHEST:
            raise CheckFailed(
                f"Aucune valeur de {name} ne s'écarte de zéro de plus de {size:.2f} écarts-types.",
                expected="une loi normale",
                misconception="init-not-normal",
            )


@check(
    points=0.25,
    message="Faites passer un lot dans le modèle tel que vous l'avez tiré : la perte doit être proche de log V, et moins "
    "d'un neurone sur cinq saturé.",
    misconceptions=["init-saturated", "init-confident"],
)
def test_start(student, seed):
    """Over 2,000 draws of the reference the share was .112 ± .0095 (at most .141), the loss ln V + .003 ± .010 (at most + .033).

    Both bounds are 9 standard deviations away, where a normal tail is below 1e-18; N(0, 1) gives a share of .75.
    """
    params = params_of(student, seed)
    X = torch.arange(400 * K).view(400, K) * 7 % V
    h = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"])
    loss = torch.nn.functional.cross_entropy(h @ params["W2"] + params["b2"], torch.arange(400) % V).item()
    share = saturation_share(h)
    if share >= 0.2:
        raise CheckFailed(f"La part saturée est de {share:.0%}.", actual=f"{share:.2f}", misconception="init-saturated")
    if loss > math.log(V) + 0.1:
        raise CheckFailed(
            f"La perte au départ dépasse log V de {loss - math.log(V):.2f}.", misconception="init-confident"
        )


@check(
    points=0.25,
    message="Tirez deux fois avec la même graine, puis avec une autre, puis deux fois sans générateur : les poids doivent être les "
    "mêmes, puis différents, et différents encore.",
    misconceptions=["scaled-generator-unused", "scaled-fixed-seed"],
)
def test_generator(student, seed):
    first, same, other = (params_of(student, s) for s in (seed, seed, seed + 1))
    for name in ("C", "W1", "W2"):
        if not torch.equal(first[name], same[name]):
            raise CheckFailed(
                f"La même graine donne deux fois d'autres valeurs de {name}.", misconception="scaled-generator-unused"
            )
        if torch.equal(first[name], other[name]):
            raise CheckFailed(f"Deux graines donnent les mêmes valeurs de {name}.", misconception="scaled-fixed-seed")
    # Without a generator the global one draws, which moves on from call to call.
    for name, one in params_of(student, None).items():
        if name in ("C", "W1", "W2") and torch.equal(one, params_of(student, None)[name]):
            raise CheckFailed(
                f"Sans générateur, deux appels de suite donnent les mêmes valeurs de {name}.",
                misconception="scaled-fixed-seed",
            )
