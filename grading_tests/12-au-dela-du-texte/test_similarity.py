"""Hidden checks of similarity: cosines of vectors of any length, divided by the temperature, images in rows, in the graph."""

import torch

from coursegrader.checks import CheckFailed, check, expect


def known_mistakes(images, texts, temperature):
    """Right scores first, then what usual wrong answers give."""
    x, y = images.double(), texts.double()
    u, v = x / x.norm(dim=1, keepdim=True), y / y.norm(dim=1, keepdim=True)
    cosines = u @ v.T
    return cosines / temperature, {
        "similarity-not-unit": x @ y.T / temperature,
        "similarity-one-side-unit": u @ y.T / temperature,
        "similarity-other-side-unit": x @ v.T / temperature,
        "similarity-temperature-multiplied": cosines * temperature,
        "similarity-no-temperature": cosines,
        "similarity-transposed": cosines.T / temperature,
        "similarity-unit-over-rows": (x / x.norm(dim=0)) @ (y / y.norm(dim=0)).T / temperature,
        "similarity-distance": torch.cdist(u, v) / temperature,
        "similarity-one-minus": (1 - cosines) / temperature,
        "similarity-softmax": (cosines / temperature).softmax(dim=1),
        "similarity-fixed-temperature": cosines / 0.1,
        "similarity-temperature-twice": cosines / temperature**2,
    }


WRONG = list(known_mistakes(torch.ones(1, 1), torch.ones(1, 1), 0.1)[1])


def judge(student, draw, N, M, d, temperature, *given):
    images = torch.randn((N, d), generator=draw) * (1 + 3 * torch.rand((N, 1), generator=draw))
    texts = torch.randn((M, d), generator=draw) * (1 + 3 * torch.rand((M, 1), generator=draw))
    right, wrong = known_mistakes(images, texts, temperature)
    if temperature == 0.1:
        del wrong["similarity-fixed-temperature"]
    answer = student.similarity(images, texts, *given)
    expect.unchanged(student, what="similarity")
    expect.close(answer, right, what="les scores", rtol=1e-3, atol=1e-4, misconceptions=wrong)


@check(
    points=1,
    message="Multipliez un vecteur par 10 : ses scores ne doivent pas changer. Et regardez la forme : une ligne par image, une "
    "colonne par texte.",
    misconceptions=WRONG,
)
def test_cosines(student, draw):
    judge(student, draw, 4, 6, 5, 0.1)
    judge(student, draw, 3, 2, 7, 0.1)


@check(
    points=0.5,
    message="Essayez une température de 0,5, puis une température plus grande que 1 : les scores grandissent-ils ou "
    "rapetissent-ils ?",
    misconceptions=WRONG,
)
def test_temperature(student, draw):
    """Compared with the student's own scores at the default temperature: cosines are the first check's business."""
    images, texts = torch.randn((3, 4), generator=draw), torch.randn((5, 4), generator=draw)
    usual = student.similarity(images, texts)
    expect.shape(usual, (3, 5), what="les scores")
    expect.finite(usual, what="les scores")
    usual = torch.as_tensor(usual).detach().double()
    # Scores that are no larger than 1 are cosines: the temperature is not fixed but missing.
    unmoved = "similarity-no-temperature" if usual.abs().max() <= 1 else "similarity-fixed-temperature"
    for temperature in (0.5, 2.0):
        wrong = {
            "similarity-temperature-multiplied": usual * temperature / 0.1,
            unmoved: usual,
            "similarity-temperature-twice": usual * (0.1 / temperature) ** 2,
        }
        answer = student.similarity(images, texts, temperature)
        expect.close(answer, usual * 0.1 / temperature, what="les scores", rtol=1e-3, atol=1e-4, misconceptions=wrong)


@check(
    points=0.5,
    message="Donnez des vecteurs dont `requires_grad` est vrai : les scores doivent rester dans le graphe, pour que les tours "
    "puissent apprendre. Un détour par NumPy, par des nombres Python ou par une copie le coupe.",
    misconceptions=["similarity-no-gradient"],
)
def test_graph(student, draw):
    """Cut off from one side only, one of the two towers would learn nothing."""
    images, texts = torch.randn((3, 4), generator=draw), torch.randn((5, 4), generator=draw)
    for side, tower in ((0, "images"), (1, "textes")):
        given = [images.clone(), texts.clone()]
        given[side].requires_grad_()
        found = student.similarity(*given)
        expect.shape(found, (3, 5), what="les scores")
        if not getattr(found, "requires_grad", False):
            raise CheckFailed(
                f"Les scores sont coupés du graphe : la tour des {tower} n'apprendrait rien.",
                misconception="similarity-no-gradient",
            )
