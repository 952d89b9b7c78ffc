"""Hidden checks of recall_at_k: the share of queries that find their class, for any k, and for the rows asked for only."""

import itertools

import torch

from coursegrader.checks import CheckFailed, StudentError, check, expect


def recall(scores, query_labels, item_labels, k, rows):
    """By sorting, row by row; lists of plain numbers."""
    hits = []
    for i in rows:
        best = sorted(range(len(item_labels)), key=lambda j: -scores[i][j])[:k]
        hits.append(any(item_labels[j] == query_labels[i] for j in best))
    return sum(hits) / len(hits)


def known_mistakes(scores, query_labels, item_labels, k, rows):
    """What usual wrong answers give."""
    N, M = len(query_labels), len(item_labels)
    others = [i for i in range(N) if i not in rows]
    negated = [[-score for score in row] for row in scores]
    best = [sorted(range(M), key=lambda j: -scores[i][j])[: min(k, M)] for i in range(N)]
    right = recall(scores, query_labels, item_labels, k, rows)
    columns = []  # for every item, the k best queries: the other direction
    for j in range(M):
        top = sorted(range(N), key=lambda i: -scores[i][j])[:k]
        columns.append(any(query_labels[i] == item_labels[j] for i in top))
    return {
        "recall-other-direction": sum(columns) / M,
        "recall-smallest": recall(negated, query_labels, item_labels, k, rows),
        "recall-first-only": recall(scores, query_labels, item_labels, 1, rows),
        "recall-one-too-many": recall(scores, query_labels, item_labels, k + 1, rows),
        "recall-all-queries": recall(scores, query_labels, item_labels, k, range(N)),
        "recall-other-queries": recall(scores, query_labels, item_labels, k, others) if others else right,
        "recall-first-queries": recall(scores, query_labels, item_labels, k, range(len(rows))),
        "recall-share-of-found": sum(item_labels[j] == query_labels[i] for i in rows for j in best[i])
        / (len(rows) * len(best[0])),
        "recall-number-for-class": sum(query_labels[i] in best[i] for i in rows) / len(rows),
        "recall-count": right * len(rows),
        "recall-percent": 100 * right,
        "recall-over-all": right * len(rows) / N,
        "recall-miss": 1 - right,
    }


WRONG = [*known_mistakes([[0.0, 1.0]], [0], [0, 1], 1, [0]), "recall-k-queries"]


def with_all_items(student, *given):
    """The answer for a k larger than the number of items; an error there has one cause, smaller k having gone well before."""
    try:
        return student.recall_at_k(*given)
    except StudentError as error:
        if error.reason != "raised":
            raise
        raise CheckFailed(
            "Quand k dépasse le nombre d'objets, recall_at_k s'arrête.", misconception="recall-k-too-large"
        ) from None


def judge(student, draw, N, M, n, k, differ):
    """Scores (N, M) and n queries, all of them in order if n is N; drawn until these mistakes show, each by a value of its own."""
    while True:
        scores = torch.rand((N, M), generator=draw)
        query_labels, item_labels = (torch.randint(5, (size,), generator=draw) for size in (N, M))
        rows = torch.arange(N) if n == N else torch.randperm(N, generator=draw)[:n]
        plain = scores.tolist(), query_labels.tolist(), item_labels.tolist(), k, rows.tolist()
        right, wrong = recall(*plain), known_mistakes(*plain)
        shown = sorted([right, *(wrong[name] for name in differ)])
        if all(b - a > 1e-3 for a, b in itertools.pairwise(shown)):
            break
    answer = student.recall_at_k(scores, query_labels, item_labels, k, rows)
    expect.unchanged(student, what="recall_at_k")
    # A value that two mistakes share says of neither that it was made.
    alone = {name for name, a in wrong.items() if sum(abs(a - b) < 1e-3 for b in wrong.values()) == 1}
    first = {name: wrong[name] for name in [*differ, *alone]}
    wrong = {name: value for name, value in first.items() if abs(value - right) > 1e-3}
    expect.close(answer, right, what="recall_at_k", misconceptions=wrong)


@check(
    points=1,
    message="Reprenez un tableau de quelques lignes à la main, avec k = 1 : quel objet a le plus grand score de la ligne, et est-il de "
    "la classe de la requête ? Essayez plus d'objets que de requêtes, puis moins.",
    misconceptions=WRONG,
)
def test_best(student, draw):
    """All queries count, in order: rows set aside are another check's business."""
    basic = ["recall-other-direction", "recall-smallest", "recall-number-for-class", "recall-count", "recall-percent"]
    judge(student, draw, 12, 9, 12, 1, [*basic, "recall-miss", "recall-one-too-many"])
    judge(student, draw, 8, 14, 8, 1, [*basic, "recall-miss", "recall-one-too-many"])


@check(
    points=1,
    message="Essayez k = 3, puis un k plus grand que le nombre d'objets : suffit-il que l'un des k meilleurs soit de la classe ?",
    misconceptions=[*WRONG, "recall-k-too-large"],
)
def test_several(student, draw):
    several = ["recall-first-only", "recall-one-too-many", "recall-share-of-found"]
    judge(student, draw, 14, 9, 14, 3, several)
    judge(student, draw, 11, 12, 11, 2, several)
    for N in (2, 5):  # less and more queries than items
        scores, query_labels = torch.rand((N, 3), generator=draw), torch.tensor([1, 4, 1, 4, 4])[:N]
        scores[:, 1] -= 2  # the only item that is found has the smallest score
        answer = with_all_items(student, scores, query_labels, torch.tensor([0, 1, 2]), 4, torch.arange(N))
        right = (query_labels == 1).double().mean().item()
        wrong = {"recall-k-queries": 0.0}
        expect.close(answer, right, what="recall_at_k, k étant plus grand que le nombre d'objets", misconceptions=wrong)


@check(
    points=1,
    message="Ne notez qu'une partie des requêtes, dans un ordre quelconque : les autres ne doivent rien changer au résultat.",
    misconceptions=WRONG,
)
def test_rows(student, draw):
    rows = ["recall-all-queries", "recall-other-queries", "recall-first-queries", "recall-over-all"]
    judge(student, draw, 15, 8, 6, 1, rows)
    judge(student, draw, 13, 7, 4, 1, rows)
