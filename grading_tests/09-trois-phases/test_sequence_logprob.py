"""Hidden checks of sequence_logprob: sums by loops in float64, and what must not change them."""

import torch

from coursegrader.checks import CheckFailed, StudentError, check, expect


def sums(logits, ids, mask, what=""):
    """(B,) by loops; `what` puts one thing wrong."""
    z = logits.double()
    logs = z if what == "logprob-scores" else z.log_softmax(dim=-1)
    found = []
    for b, (row, counts) in enumerate(zip(ids.tolist(), mask.tolist(), strict=True)):
        if what == "logprob-prompt-counts":
            counts = [True] * len(counts)
            row = [max(k, 0) for k in row]
        if what == "logprob-shifted":
            row, counts = [*row[1:], 0], [*counts[1:], False]
        each = [logs[b, t, k] for t, (k, here) in enumerate(zip(row, counts, strict=True)) if here]
        each = torch.stack(each)
        found.append(
            {
                "logprob-mean": each.mean(),
                "logprob-probability": each.sum().exp(),
                "logprob-log-of-sum": each.exp().sum().log(),
                "logprob-log-of-mean": each.exp().mean().log(),
                "logprob-sign": -each.sum(),
            }.get(what, each.sum())
        )
    return torch.stack(found)


WRONG = [
    "logprob-mean",
    "logprob-probability",
    "logprob-log-of-sum",
    "logprob-log-of-mean",
    "logprob-prompt-counts",
    "logprob-shifted",
    "logprob-scores",
    "logprob-sign",
]


def case(draw, B=4, T=8, V=5):
    logits, ids = 1.5 * torch.randn((B, T, V), generator=draw), torch.randint(V, (B, T), generator=draw)
    mask = torch.zeros(B, T, dtype=torch.bool)
    for b in range(B):
        mask[b, 1 + b % 3 : T - 2 + b % 3] = True
    mask[0, 3] = False  # what counts need not be in a row
    return logits, ids, mask


@check(
    points=1,
    message="Additionnez à la main les logarithmes des probabilités des jetons qui comptent, ligne par ligne.",
    misconceptions=[*WRONG, "logprob-batch-total"],
)
def test_value(student, draw):
    logits, ids, mask = case(draw)
    found = student.sequence_logprob(logits, ids, mask)
    expect.unchanged(student, what="sequence_logprob")
    right = sums(logits, ids, mask)
    if getattr(found, "shape", None) == () and torch.isclose(torch.as_tensor(found).double(), right.sum()):
        raise CheckFailed("Un seul nombre pour tout le lot.", misconception="logprob-batch-total")
    wrong = {name: sums(logits, ids, mask, name) for name in WRONG}
    expect.close(found, right, what="les logarithmes", misconceptions=wrong)


@check(
    points=1,
    message="Mettez -100 là où rien ne compte, ajoutez du remplissage, changez-y les scores, prenez une ligne où rien ne compte, de "
    "très longues réponses et un jeton très improbable. Le résultat reste dans le graphe.",
    misconceptions=[
        "logprob-minus-100",
        "logprob-underflow",
        "logprob-clamped",
        "logprob-prompt-counts",
        "sequence_logprob-no-graph",
    ],
)
def test_what_does_not_count(student, sloped, draw):
    logits, ids, mask = case(draw)
    before = student.sequence_logprob(logits, ids, mask)
    expect.shape(before, (4,), what="les logarithmes")
    before = torch.as_tensor(before).detach().double()
    try:
        hidden = student.sequence_logprob(logits, torch.where(mask, ids, -100), mask)
    except StudentError as error:
        raise CheckFailed(
            "Avec -100 là où rien ne compte, la fonction s'arrête sur une erreur.", misconception="logprob-minus-100"
        ) from error
    expect.close(hidden, before, what="les logarithmes, avec -100 là où rien ne compte")
    other = torch.where(mask.unsqueeze(-1), logits, 3 * torch.randn(logits.shape, generator=draw))
    longer = torch.cat([other, torch.randn((4, 3, 5), generator=draw)], dim=1)
    more = torch.cat([ids, torch.full((4, 3), -100)], dim=1)
    wide = torch.cat([mask, torch.zeros(4, 3, dtype=torch.bool)], dim=1)
    found = torch.as_tensor(student.sequence_logprob(longer, more, wide)).detach().double()
    if found.shape != (4,) or (found - before).abs().max() > 1e-4:
        raise CheckFailed("Ce qui ne compte pas change le résultat.", misconception="logprob-prompt-counts")
    none = mask.clone()
    none[0] = False
    expect.equal(float(student.sequence_logprob(logits, ids, none)[0]), 0.0, what="le logarithme d'une ligne vide")
    long = torch.randn((2, 900, 7), generator=draw)
    told, all_of_it = torch.randint(7, (2, 900), generator=draw), torch.ones(2, 900, dtype=torch.bool)
    found = student.sequence_logprob(long, told, all_of_it)
    if not torch.isfinite(torch.as_tensor(found)).all():
        raise CheckFailed("Une réponse de 900 jetons a un logarithme infini.", misconception="logprob-underflow")
    # exp(-60) is a float like another; 1e-9 added to it is not. The sign, or a probability instead of its logarithm, is the other check's business.
    answer = student.sequence_logprob(torch.tensor([[[60.0, 0.0]]]), torch.tensor([[1]]), torch.tensor([[True]]))
    improbable = float(answer[0])
    if 1 < abs(improbable) < 59:
        raise CheckFailed(
            f"Le logarithme d'une probabilité de e^-60 est {improbable:.1f}, et non -60.",
            misconception="logprob-clamped",
        )
    in_graph = student.sequence_logprob(logits.clone().requires_grad_(), ids, mask)
    if not getattr(in_graph, "requires_grad", False):  # a list or an array has no such thing
        raise CheckFailed("Le résultat est coupé du graphe.", misconception="sequence_logprob-no-graph")
