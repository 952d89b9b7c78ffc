"""Hidden checks of zero_shot: the class by the mean of its phrases, brought to length 1; sizes, and one phrase only."""

import torch

from coursegrader.checks import check, expect


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def classes_of(images, phrases, what=""):
    """Classes (N,) in double precision, as a list; `what` puts one thing wrong."""
    x, P = images.double(), phrases.double()
    mean = unit(P.mean(dim=1))
    scores = {
        "zero-mean-not-unit": x @ P.mean(dim=1).T,
        "zero-first-phrase": x @ P[:, 0].T,
        "zero-last-phrase": x @ P[:, -1].T,
        "zero-best-phrase": torch.einsum("nd,kpd->nkp", x, P).amax(2),
        "zero-smallest": -(x @ mean.T),
    }.get(what, x @ mean.T)
    if what == "zero-phrase-number":  # the number of the phrase, not of its class
        return (x @ P.flatten(0, 1).T).argmax(1).tolist()
    if what == "zero-from-one":
        return (1 + scores.argmax(1)).tolist()
    if what == "zero-other-direction":
        return scores.argmax(0).tolist()
    if what == "zero-classes-averaged":
        return (x @ unit(P.mean(dim=0)).T).argmax(1).tolist()
    return scores.argmax(1).tolist()


WRONG = [
    "zero-mean-not-unit",
    "zero-first-phrase",
    "zero-last-phrase",
    "zero-best-phrase",
    "zero-smallest",
    "zero-phrase-number",
    "zero-from-one",
    "zero-other-direction",
    "zero-classes-averaged",
]


def drawn(draw, N, K, P, d, differ):
    """Vectors of length 1: phrases of a class are more or less alike. No image lies between two classes, and these mistakes show."""
    while True:
        spread = 0.2 + 2 * torch.rand((K, 1, 1), generator=draw)
        phrases = unit(torch.randn((K, 1, d), generator=draw) + spread * torch.randn((K, P, d), generator=draw))
        images = unit(torch.randn((N, d), generator=draw))
        best = (images.double() @ unit(phrases.double().mean(1)).T).topk(2, dim=1).values
        clear = bool((best[:, 0] - best[:, 1] > 0.01).all())
        right = classes_of(images, phrases)
        if clear and all(classes_of(images, phrases, what) != right for what in differ):
            return images, phrases, right


def judge(student, images, phrases, right):
    answer = student.zero_shot(images, phrases)
    expect.unchanged(student, what="zero_shot")
    wrong = {what: found for what in WRONG if (found := classes_of(images, phrases, what)) != right}
    expect.equal(answer, right, what="les classes", misconceptions=wrong)
    expect.integers(answer, what="les classes")


@check(
    points=1.5,
    message="Calculez à la main le vecteur d'une classe de deux phrases : leur moyenne, puis sa longueur. Une classe dont les phrases "
    "se ressemblent ne doit pas être avantagée.",
    misconceptions=WRONG,
)
def test_several_phrases(student, draw):
    for N, K, P, d in ((14, 6, 3, 5), (10, 5, 4, 4)):
        judge(student, *drawn(draw, N, K, P, d, WRONG))


@check(
    points=0.5,
    message="Essayez une seule phrase par classe, une seule image, plus de classes que d'images : la réponse est faite de numéros de "
    "classes, un par image.",
    misconceptions=WRONG,
)
def test_one_phrase(student, draw):
    judge(student, *drawn(draw, 3, 7, 1, 4, ["zero-smallest", "zero-from-one"]))
    judge(student, *drawn(draw, 1, 4, 1, 5, ["zero-smallest", "zero-from-one"]))
