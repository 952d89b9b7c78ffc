"""Hidden checks of embed: one symbol at a time, then several end to end, then other sizes."""

from coursegrader.checks import CheckFailed, check, expect
from reference.mlp import embed


@check(
    points=1,
    message="Essayez d'abord des contextes d'un seul symbole, avec `X` de forme (B, 1) : chaque ligne du résultat est "
    "une ligne de C.",
    misconceptions=["not-end-to-end", "one-row-early"],
)
def test_one_symbol(student, make_model):
    model = make_model(1, V=9, k=1, E=4, n=12)
    C, X = model.params["C"], model.X
    wrong = {"not-end-to-end": C[X], "one-row-early": embed(C, X - 1)}
    expect.close(student.embed(C, X), embed(C, X), what="embed(C, X)", misconceptions=wrong)
    expect.unchanged(student, what="embed")


@check(
    points=1,
    message="Essayez des contextes de plusieurs symboles : chaque ligne du résultat contient le vecteur du premier "
    "symbole, puis celui du deuxième, et ainsi de suite.",
    misconceptions=[
        "not-end-to-end", "vectors-added", "vectors-averaged", "numbers-interleaved", "examples-mixed",
        "positions-first", "context-reversed", "last-symbol-only", "one-row-early",
    ],
)  # fmt: skip
def test_end_to_end(student, make_model):
    model = make_model(2, V=9, k=3, E=4, n=5)
    C, X = model.params["C"], model.X
    vectors = C[X]  # (5, 3, 4)
    wrong = {
        "not-end-to-end": vectors,
        "vectors-added": vectors.sum(dim=1),
        "vectors-averaged": vectors.mean(dim=1),
        "numbers-interleaved": vectors.transpose(1, 2).flatten(start_dim=1),
        "examples-mixed": vectors.reshape(12, 5).T,
        "positions-first": vectors.transpose(0, 1).reshape(5, 12),
        "context-reversed": embed(C, X.flip(1)),
        "last-symbol-only": vectors[:, -1],
        "one-row-early": embed(C, X - 1),
    }
    expect.close(student.embed(C, X), embed(C, X), what="embed(C, X)", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez d'autres tailles : un seul contexte, un contexte de six symboles, des vecteurs de deux nombres. "
    "Les tailles viennent de C et de X.",
    misconceptions=["not-end-to-end", "vectors-added", "vectors-averaged", "batch-axis-lost"],
)
def test_other_sizes(student, make_model):
    for sizes in ({"n": 1}, {"k": 6, "E": 2, "n": 3}, {"V": 40, "k": 2, "E": 30, "n": 50}):
        model = make_model(3, **sizes)
        C, X = model.params["C"], model.X
        wrong = {
            "not-end-to-end": C[X],
            "vectors-added": C[X].sum(dim=1),
            "vectors-averaged": C[X].mean(dim=1),
            "batch-axis-lost": C[X].flatten(),
        }
        expect.close(student.embed(C, X), embed(C, X), what="embed(C, X)", misconceptions=wrong)


@check(
    points=0.5,
    message="Passez un tableau C marqué par `requires_grad_()` : le résultat doit garder le lien avec C, sans quoi les "
    "plongements ne pourront jamais apprendre.",
    misconceptions=["gradient-cut"],
)
def test_gradient_passes(student, make_model):
    model = make_model(4, n=3)
    answer = student.embed(model.params["C"].requires_grad_(), model.X)
    expect.finite(answer, what="embed(C, X)")
    if not getattr(answer, "requires_grad", False):
        raise CheckFailed("Le résultat a perdu le lien avec C.", misconception="gradient-cut")
    # A new tensor with a mark of its own looks the same from here: measured slopes tell. embed is linear, any step is exact.
    slopes = student.ref("torch").get("autograd").gradcheck(
        student.ref("embed"), (model.params["C"], model.X), eps=0.5, atol=0.01, raise_exception=False,
        check_undefined_grad=False,
    )  # fmt: skip
    if slopes is not True:
        raise CheckFailed("Le résultat a perdu le lien avec C.", misconception="gradient-cut")
