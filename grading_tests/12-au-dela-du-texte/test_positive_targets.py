"""Hidden checks of positive_targets: classes that come several times, lots of one class or of different ones, rows of sum 1."""

import torch

from coursegrader.checks import check, expect


def right_targets(labels):
    """(B, B) by a loop, as lists."""
    return [[float(a == b) / labels.count(a) for b in labels] for a in labels]


def known_mistakes(labels):
    """Tables that usual wrong answers give."""
    y, B = torch.tensor(labels), len(labels)
    same = (y[:, None] == y[None, :]).double()
    first = torch.tensor([labels.index(a) for a in labels])
    return {
        "targets-identity": torch.eye(B),
        "targets-not-shared": same,
        "targets-over-batch": same / B,
        "targets-over-whole": same / same.sum(),
        "targets-first-only": torch.nn.functional.one_hot(first, B),
        "targets-without-itself": (same - torch.eye(B)) / (same.sum(1, keepdim=True) - 1).clamp(min=1),
        "targets-other-classes": (1 - same) / (1 - same).sum(1, keepdim=True).clamp(min=1),
        "targets-softmax": same.softmax(dim=1),
        "targets-integers": same // same.sum(1, keepdim=True),
    }


WRONG = list(known_mistakes([1, 1, 2]))


def judge(student, labels):
    right = right_targets(labels)
    wrong = {
        n: v for n, v in known_mistakes(labels).items() if not torch.allclose(v.double(), torch.tensor(right).double())
    }
    wrong = {n: v for n, v in wrong.items() if v.any()}  # zeros everywhere have several causes
    answer = student.positive_targets(torch.tensor(labels))
    expect.unchanged(student, what="positive_targets")
    expect.close(answer, right, what="targets", misconceptions=wrong)


def several(rng):
    """Classes of which some come two or three times, and one comes once, in any order."""
    a, b, c, d = rng.sample(range(40), 4)
    labels = [a, a, a, b, b, c, c, d]
    while labels == sorted(labels):
        rng.shuffle(labels)
    return labels


@check(
    points=1,
    message="Écrivez à la main le tableau d'un lot de quatre paires, dont deux de la même classe : quels textes conviennent à chaque "
    "image, et que vaut la somme d'une ligne ?",
    misconceptions=WRONG,
)
def test_duplicates(student, rng):
    judge(student, several(rng))
    judge(student, [*several(rng)[:5], 17])


@check(
    points=1,
    message="Essayez un lot où toutes les classes sont différentes, un lot d'une seule classe, et un lot d'une seule paire.",
    misconceptions=WRONG,
)
def test_extremes(student, rng):
    judge(student, [rng.randrange(20)] * 4)  # first: of classes that all differ, two of the mistakes are the same
    judge(student, rng.sample(range(60), 5))
    judge(student, [rng.randrange(20)])
