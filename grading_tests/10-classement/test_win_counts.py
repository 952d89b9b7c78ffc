"""Hidden checks of win_counts: both sides of a vote, ties, repeated pairs, models without votes."""

import torch

from coursegrader.checks import check, expect
from reference.leaderboard import win_counts


def known_mistakes(A, B, S, n):
    """What the usual wrong tables hold."""
    right = win_counts(A, B, S, n)
    one_side = torch.zeros(n, n, dtype=torch.float64)
    overwritten, whole_ties, dropped, lost = (torch.zeros(n, n, dtype=torch.float64) for _ in range(4))
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist(), strict=True):
        one_side[a, b] += s
        overwritten[a, b], overwritten[b, a] = s, 1 - s
        for table, tie in ((whole_ties, 1.0), (dropped, 0.0)):
            table[a, b] += tie if s == 0.5 else s
            table[b, a] += tie if s == 0.5 else 1 - s
        lost[a, b] += float(s == 1)
        lost[b, a] += float(s != 1)
    once = torch.zeros(n, n, dtype=torch.float64)
    once[A, B] += S.double()
    once[B, A] += 1 - S.double()
    return {
        "wins-transposed": right.T,
        "second-model-forgotten": one_side,
        "pairs-overwritten": overwritten,
        "pairs-added-once": once,
        "ties-counted-twice": whole_ties,
        "ties-dropped": dropped,
        "ties-as-losses": lost,
        "games-for-wins": right + right.T,
        "shares-for-counts": right / (right + right.T).clamp(min=1),
    }


WRONG = list(known_mistakes(torch.tensor([0]), torch.tensor([1]), torch.tensor([1.0]), 2))


@check(
    points=1,
    message="Comptez à la main quelques votes sans égalité, où les mêmes deux modèles se rencontrent plusieurs fois, dans "
    "les deux ordres.",
    misconceptions=WRONG,
)
def test_wins(student, votes):
    A, B, S = votes(4, 60, 0.0)
    wrong = {name: table for name, table in known_mistakes(A, B, S, 4).items() if not name.startswith("ties")}
    expect.close(student.win_counts(A, B, S, 4), win_counts(A, B, S, 4), what="W", misconceptions=wrong)
    expect.unchanged(student, what="win_counts")


@check(
    points=0.5,
    message="Essayez des égalités : un demi-point pour chacun des deux, et un point en tout par vote.",
    misconceptions=WRONG,
)
def test_ties(student, votes):
    A, B, S = votes(4, 60, 0.5)
    wrong = known_mistakes(A, B, S, 4)
    expect.close(student.win_counts(A, B, S, 4), win_counts(A, B, S, 4), what="W", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez plus de modèles que les votes n'en nomment, puis deux modèles seulement : la forme vient de n_models.",
    misconceptions=WRONG,
)
def test_shape(student, votes):
    for n, more in ((3, 2), (2, 0)):
        A, B, S = votes(n, 20)
        answer = student.win_counts(A, B, S, n + more)
        wrong = known_mistakes(A, B, S, n + more)
        expect.close(answer, win_counts(A, B, S, n + more), what="W", misconceptions=wrong)
