"""Hidden checks of online_elo: vote by vote, in the order received, from any start.

The student's loop may call the student's own elo_update: a mistake there has been paid for. A loop that does exactly what
that function says passes too, provided that the function moves the right way: otherwise any answer could be made to fit.
"""

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.elo import elo_update, online_elo

ATOL = (
    0.01  # Elo: 40 updates in float32 are off by at most 40 * 6e-5; the smallest mistake, a last vote left out, by 0.3
)


def known_mistakes(A, B, S, n, K, start):
    """What the usual wrong loops give."""

    def replay(votes, step=K, each=None):
        ratings = [start] * n
        for a, b, s in votes:
            if each is not None and ratings[a] + ratings[b] == each:
                continue
            ratings[a], ratings[b] = elo_update(ratings[a], ratings[b], s, step)
        return torch.tensor(ratings, dtype=torch.float64)

    votes = list(zip(A.tolist(), B.tolist(), S.tolist(), strict=True))
    together = [start] * n
    for a, b, s in votes:
        together[a] += K * (s - 0.5)
        together[b] -= K * (s - 0.5)
    return {
        "votes-reversed": replay(votes[::-1]),
        "votes-sorted": replay(sorted(votes)),
        "ties-skipped": replay([vote for vote in votes if vote[2] != 0.5]),
        "ties-as-losses": replay([(a, b, float(s == 1)) for a, b, s in votes]),
        "score-of-the-second": replay([(a, b, 1 - s) for a, b, s in votes]),
        "ratings-never-used": torch.tensor(together),
        "elo-fixed-step": replay(votes, step=32.0),
        "last-vote-missing": replay(votes[:-1]),
        "start-ignored": replay(votes) - start,
    }


WRONG = list(known_mistakes(torch.tensor([0]), torch.tensor([1]), torch.tensor([1.0]), 2, 4.0, 1000.0))


def followed(student, A, B, S, n, K, start):
    """The ratings that the student's own elo_update leads to; None where it is no such function."""
    ratings = [start] * n
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist(), strict=True):
        moved = student.elo_update(ratings[a], ratings[b], s, K)
        expect.shape(moved, (2,), what="elo_update")
        first, second = (float(x) for x in moved)
        if (s == 1 and not (first > ratings[a] and second < ratings[b])) or (s == 0 and not first < ratings[a]):
            return None
        ratings[a], ratings[b] = first, second
    return ratings


def judge(student, votes, n, K, start, call):
    """Right by the formula, or by the student's own update."""
    A, B, S = votes
    answer = call()
    changed = student.last_call.modified_inputs
    wrong = known_mistakes(A, B, S, n, K, start)
    try:
        expect.close(
            answer, online_elo(A, B, S, n, K, start), what="online_elo", rtol=0, atol=ATOL, misconceptions=wrong
        )
    except CheckFailed:
        own = followed(student, A, B, S, n, K, start) if student.has("elo_update") else None
        if own is None:
            raise
        try:
            expect.close(answer, own, what="online_elo", rtol=0, atol=ATOL)
        except CheckFailed:
            own = None
        if own is None:
            raise
    if changed:
        raise CheckFailed("La fonction a modifié un des tenseurs reçus.", misconception="votes-modified")


@check(
    points=1,
    message="Suivez quelques votes à la main : chaque vote part des cotes laissées par le précédent.",
    misconceptions=[*WRONG, "votes-modified"],
)
def test_in_order(student, votes):
    drawn = votes(5, 40)
    judge(student, drawn, 5, 16.0, 1000.0, lambda: student.online_elo(*drawn, 5, 16.0, 1000.0))


@check(
    points=0.5,
    message="Essayez d'autres réglages que ceux du carnet : K, la cote de départ, leurs valeurs par défaut.",
    misconceptions=[*WRONG, "votes-modified"],
)
def test_settings(student, votes):
    drawn = votes(4, 25)
    judge(student, drawn, 4, 4.0, 1000.0, lambda: student.online_elo(*drawn, 4))
    judge(student, drawn, 4, 24.0, 1500.0, lambda: student.online_elo(*drawn, 4, K=24.0, start=1500.0))


@check(
    points=0.5,
    message="Essayez un modèle qui n'a aucun vote : il doit figurer dans le résultat, avec sa cote de départ.",
    misconceptions=[*WRONG, "votes-modified", "models-without-votes"],
)
def test_without_votes(student, votes):
    A, B, S = votes(3, 12)
    drawn = (A + 1, B + 1, S)
    answer = student.online_elo(*drawn, 5, 16.0)
    try:
        expect.shape(answer, (5,), what="online_elo")
    except CheckFailed as error:
        raise CheckFailed(str(error), misconception="models-without-votes") from None
    judge(student, drawn, 5, 16.0, 1000.0, lambda: student.online_elo(*drawn, 5, 16.0))
