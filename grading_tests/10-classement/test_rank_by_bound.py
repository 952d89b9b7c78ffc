"""Hidden checks of rank_by_bound: one more than the number of models that are surely better."""

import torch

from coursegrader.checks import check, expect
from reference.leaderboard import rank_by_bound


def known_mistakes(lo, hi):
    """What the usual wrong ranks are."""
    middle = (lo + hi) / 2
    right = rank_by_bound(lo, hi)
    by_value = sorted(set(right))
    return {
        "rank-by-estimate": [1 + int((middle > m).sum()) for m in middle],
        "rank-by-upper-bound": [1 + int((hi > h).sum()) for h in hi],
        "rank-by-lower-bound": [1 + int((lo > x).sum()) for x in lo],
        "rank-counts-worse": [1 + int((x > hi).sum()) for x in lo],
        "rank-counts-possible": [int((hi >= x).sum()) for x in lo],
        "rank-from-zero": [rank - 1 for rank in right],
        "rank-dense": [1 + by_value.index(rank) for rank in right],
        "rank-order-of-models": torch.argsort(middle, descending=True).tolist(),
    }


WRONG = [*known_mistakes(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 3.0])), "rank-touching"]


def intervals(rng, n):
    """Bounds of n models that overlap in part and never touch; drawn again until each mistake shows."""
    while True:
        middle = torch.tensor([float(rng.randint(1000, 1300)) for _ in range(n)])
        half = torch.tensor([rng.randint(5, 40) + 0.5 for _ in range(n)])
        lo, hi = middle - half, middle + half
        right = rank_by_bound(lo, hi)
        touching = bool((lo[None, :] == hi[:, None]).any())
        if not touching and len(set(right)) > 2 and all(wrong != right for wrong in known_mistakes(lo, hi).values()):
            return lo, hi


@check(
    points=1.5,
    message="Dessinez les intervalles : quels modèles sont tout entiers au-dessus du vôtre ?",
    misconceptions=WRONG,
)
def test_ranks(student, rng):
    for n in (6, 12, 18):
        lo, hi = intervals(rng, n)
        answer = student.rank_by_bound(lo, hi)
        expect.integers(answer, what="les rangs")
        expect.equal(answer, rank_by_bound(lo, hi), what="les rangs", misconceptions=known_mistakes(lo, hi))
    expect.unchanged(student, what="rank_by_bound")


@check(
    points=0.5,
    message="Essayez deux intervalles qui se touchent exactement, deux qui ne sont séparés que par une fraction de point, "
    "et un modèle tout seul.",
    misconceptions=WRONG,
)
def test_touching(student, rng):
    at = float(rng.randint(1000, 1200))
    lo, hi = torch.tensor([at, at - 20, at - 40]), torch.tensor([at + 10, at, at - 25])
    wrong = {"rank-touching": [1, 2, 3]}
    expect.equal(student.rank_by_bound(lo, hi), [1, 1, 3], what="les rangs", misconceptions=wrong)
    apart = torch.tensor([at + 0.375, at - 20.0]), torch.tensor([at + 9.0, at + 0.125])
    expect.equal(student.rank_by_bound(*apart), [1, 2], what="les rangs")
    expect.equal(student.rank_by_bound(lo[:1], hi[:1]), [1], what="les rangs")
