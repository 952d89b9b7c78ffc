"""Hidden checks of policy_loss: the formula, what the slope flows through, and a small model aligned here with it.

As for dpo_loss: after 25 steps of 64 answers of its own, at least 240 of 400 answers of the aligned model are liked better than the
start's, and with a fine of 5 for every nat it stays at most 1 nat away from the start on average.
"""

import copy

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.alignment import sequence_logprob
from reference.assistant import answers_logprob
from reference.finetuning import collate

WINS, FAR = 240, 1.0  # of 400; nats


def parts(logp, theirs, rewards, beta, what=""):
    """Advantages (n,) in float64; `what` puts one thing wrong."""
    logp, theirs, rewards = (x.double() for x in (logp, theirs, rewards))
    fine = {
        "policy-fine-reversed": theirs - logp,
        "policy-no-fine": torch.zeros_like(logp),
        "policy-fine-squared": (logp - theirs).square(),
        "policy-fine-absolute": (logp - theirs).abs(),
        "policy-fine-no-reference": logp,
    }.get(what, logp - theirs)
    if what == "policy-beta-on-reward":
        net = beta * rewards - fine
    elif what == "policy-beta-missing":
        net = rewards - fine
    else:
        net = rewards - beta * fine
    if what == "policy-no-baseline":
        return net
    if what == "policy-baseline-before-fine":
        return rewards - rewards.mean() - beta * fine
    advantages = net - net.mean()
    return advantages / advantages.std() if what == "policy-normalised" else advantages


def values(logp, theirs, rewards, beta):
    """The right loss, and those of known mistakes."""
    logp64 = logp.double()
    right = parts(logp, theirs, rewards, beta)
    wrong = {name: -(parts(logp, theirs, rewards, beta, name) * logp64).mean() for name in PARTS}
    return -(right * logp64).mean(), wrong | {
        "policy-sign": (right * logp64).mean(),
        "policy-sum": -(right * logp64).sum(),
        "policy-probability": -(right * logp64.exp()).mean(),
        "policy-no-logp": -right.mean(),
    }


PARTS = [
    "policy-no-baseline",
    "policy-baseline-before-fine",
    "policy-fine-reversed",
    "policy-no-fine",
    "policy-fine-squared",
    "policy-fine-absolute",
    "policy-fine-no-reference",
    "policy-beta-on-reward",
    "policy-beta-missing",
    "policy-normalised",
]
NAMES = list(values(*torch.rand(3, 3), 0.5)[1])


def factor_of(slope, due):
    """The number by which `due` was multiplied to be the slope, if it is one number."""
    factor = (slope * due).sum() / due.square().sum()
    return factor if factor != 0 and torch.allclose(slope, factor * due, atol=1e-5) else None


def wrong_slopes(logp, theirs, rewards, beta):
    """Slopes, up to a factor, where the gradient also takes the way through the advantages, and where these multiply probabilities."""
    for name in ("", *PARTS):
        leaf = logp.double().requires_grad_()
        loss = -(parts(leaf, theirs, rewards, beta, name) * leaf).mean()
        yield "policy-slope-through-advantage", torch.autograd.grad(loss, leaf)[0]
        yield "policy-probability", -parts(logp, theirs, rewards, beta, name) * logp.double().exp()


def case(draw, n):
    logp, theirs = 1.5 * torch.randn((2, n), generator=draw) - 4
    return logp, theirs, 2 * torch.randn(n, generator=draw) + 1


@check(
    points=1,
    message="Calculez à la main deux ou trois réponses : la récompense nette, sa moyenne, l'avantage, puis la moyenne de "
    "-avantage · logp.",
    misconceptions=NAMES,
)
def test_value(student, draw):
    for n, beta in ((6, 0.4), (5, 1.6)):
        logp, theirs, rewards = case(draw, n)
        right, wrong = values(logp, theirs, rewards, beta)
        found = student.policy_loss(logp, theirs, rewards, beta)
        expect.unchanged(student, what="policy_loss")
        expect.shape(found, (), what="la perte")
        wrong = {name: value for name, value in wrong.items() if not torch.isclose(value, right, atol=1e-3)}
        expect.close(found, right, what="la perte", misconceptions=wrong)


@check(
    points=1,
    message="Regardez la pente de la perte : pour chaque réponse, c'est -avantage / n, et rien d'autre. Rien ne remonte par la référence "
    "ni par les récompenses.",
    misconceptions=[
        "policy-slope-through-advantage",
        "policy-probability",
        "policy-no-logp",
        "policy-others-learn",
        "policy-slope-sign",
        "policy_loss-no-graph",
    ],
)
def test_slope(sloped, draw):
    """Up to one factor, so that a sum for a mean costs only the first check."""
    logp, theirs, rewards = case(draw, 6)
    _, (slope, *others) = sloped("policy_loss", logp, theirs, rewards, 0.7)
    if slope.abs().max() < 1e-7:
        cut = any(other.abs().max() > 1e-7 for other in others)  # fixed advantages on their own have no slope at all
        raise CheckFailed(
            "La pente est nulle partout.", misconception="policy_loss-no-graph" if cut else "policy-no-logp"
        )
    for name in ("", *PARTS):  # wrong advantages are the first check's business: here, that they are fixed numbers
        factor = factor_of(slope, -parts(logp, theirs, rewards, 0.7, name))
        if factor is not None:
            if factor < 0 and name == "":
                raise CheckFailed("La pente va dans l'autre sens.", misconception="policy-slope-sign")
            break
    else:
        names = [
            name for name, wrong in wrong_slopes(logp, theirs, rewards, 0.7) if factor_of(slope, wrong) is not None
        ]
        raise CheckFailed("La pente n'est pas -avantage / n.", misconception=names[0] if names else None)
    if any((other != 0).any() for other in others):
        raise CheckFailed(
            "Un gradient remonte par la référence ou les récompenses.", misconception="policy-others-learn"
        )


def align(slope_of, world, draw, beta, steps=25, rate=3e-3):
    """A copy of the start, aligned on its own answers by the slopes of a loss; and how far it went, in nats."""
    policy, start = copy.deepcopy(world.speaker()), world.speaker()
    optimizer = torch.optim.Adam(policy.parameters(), lr=rate)
    gaps = []
    for _ in range(steps):
        asked = world.prompts(draw, 64)
        rows, liked = world.answers(policy, asked, draw)
        x, y = collate(list(zip(asked.tolist(), rows, strict=True)), 0)
        mine = answers_logprob(policy, x, y, sequence_logprob)
        with torch.no_grad():
            theirs = answers_logprob(start, x, y, sequence_logprob)
        gaps.append((mine.detach() - theirs).mean().item())
        slope = slope_of(mine.detach(), theirs, torch.tensor(liked), beta)
        optimizer.zero_grad()
        torch.autograd.backward([mine], [slope.float()])
        optimizer.step()
    return policy.eval(), sum(gaps[-5:]) / 5


@check(
    points=1,
    message="Avec votre perte, le modèle doit plaire davantage à ses lecteurs, sans oublier d'où il vient : alignez-en un, regardez ses "
    "réponses et son écart à la référence.",
    misconceptions=["policy-pleases-nobody", "policy-runs-away"],
)
def test_pleases(sloped, world, draw):
    slope_of = lambda *given: sloped("policy_loss", *given)[1][0]  # noqa: E731
    won = world.wins(align(slope_of, world, draw, 0.1)[0], draw)
    if won < WINS:
        raise CheckFailed(
            f"Les lecteurs préfèrent {won:g} réponses sur 400 à celles du départ.",
            misconception="policy-pleases-nobody",
        )
    _, gap = align(slope_of, world, draw, 5.0)
    if gap > FAR:
        raise CheckFailed(f"Malgré l'amende, l'écart à la référence est {gap:.1f}.", misconception="policy-runs-away")
