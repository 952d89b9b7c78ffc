"""Hidden checks of dpo_loss: the formula, its start and its slopes, and a small model aligned here with them.

The start answers a letter with a name of it; readers like short names. After 40 steps with the student's slopes, 400
answers are put beside 400 of the start's, and the readers' favourites counted, ties by half: at least 240 must be of
the aligned model. A model that has learnt nothing wins half of them; the exact tails are in
benchmarks/calibration/09-trois-phases.py.
"""

import copy
import math
import random

import torch

from coursegrader.checks import CheckFailed, check, expect
from reference.alignment import sequence_logprob
from reference.assistant import answers_logprob, prefers_first
from reference.finetuning import collate

WINS = 240  # of 400


def values(pc, pr, rc, rr, beta):
    """The right loss, and those of known mistakes."""
    log = torch.nn.functional.logsigmoid
    pc, pr, rc, rr = (x.double() for x in (pc, pr, rc, rr))
    margin = (pc - rc) - (pr - rr)
    return -log(beta * margin).mean(), {
        "dpo-swapped": -log(-beta * margin).mean(),
        "dpo-beta-outside": -beta * log(margin).mean(),
        "dpo-beta-missing": -log(margin).mean(),
        "dpo-beta-divides": -log(margin / beta).mean(),
        "dpo-beta-policy-only": -log(beta * (pc - pr) - (rc - rr)).mean(),
        "dpo-no-reference": -log(beta * (pc - pr)).mean(),
        "dpo-reference-added": -log(beta * ((pc + rc) - (pr + rr))).mean(),
        "dpo-sum": -log(beta * margin).sum(),
        "dpo-no-log": -(beta * margin).sigmoid().mean(),
        "dpo-no-sigmoid": -beta * margin.mean(),
        "dpo-mean-first": -log(beta * margin.mean()),
        "dpo-sign": log(beta * margin).mean(),
        "dpo-ratio-of-probabilities": -log(beta * ((pc - rc).exp() - (pr - rr).exp())).mean(),
    }


NAMES = list(values(*torch.zeros(4, 2), 0.5)[1])


@check(
    points=1,
    message="Calculez à la main la perte d'une paire : deux écarts à la référence, leur différence, beta, la sigmoïde, le logarithme. "
    "Puis la moyenne de deux paires.",
    misconceptions=NAMES,
)
def test_value(student, draw):
    for n, beta in ((5, 0.3), (4, 1.7)):
        pc, pr, rc, rr = 1.5 * torch.randn((4, n), generator=draw) - 3
        right, wrong = values(pc, pr, rc, rr, beta)
        found = student.dpo_loss(pc, pr, rc, rr, beta)
        expect.unchanged(student, what="dpo_loss")
        expect.shape(found, (), what="la perte")
        wrong = {name: value for name, value in wrong.items() if not torch.isclose(value, right, atol=1e-3)}
        expect.close(found, right, what="la perte", misconceptions=wrong)


@check(
    points=1,
    message="Au départ, quand le modèle est encore la référence, que vaut la perte ? Vers où va chaque pente, et laquelle est nulle ? Et "
    "essayez des écarts de plusieurs milliers.",
    misconceptions=[
        "dpo-start",
        "dpo-slopes-swapped",
        "dpo-one-side",
        "dpo-reference-learns",
        "dpo-overflow",
        "dpo-clamped",
        "dpo_loss-no-graph",
    ],
)
def test_start_and_slopes(sloped, draw):
    pc, pr = 2 * torch.randn((2, 6), generator=draw) - 9
    for beta in (0.1, 2.0):
        value, (up, down, *frozen) = sloped("dpo_loss", pc, pr, pc.clone(), pr.clone(), beta)
        if abs(value - math.log(2)) > 1e-4:
            raise CheckFailed(
                f"Quand le modèle est la référence, la perte est {value:.4f}, et non log 2.", misconception="dpo-start"
            )
        if any((slope != 0).any() for slope in frozen):
            raise CheckFailed("Un gradient remonte par la référence.", misconception="dpo-reference-learns")
        if (up == 0).all() or (down == 0).all():
            raise CheckFailed("La perte ne fait rien de l'une des deux réponses.", misconception="dpo-one-side")
        if (up >= 0).any() or (down <= 0).any():
            raise CheckFailed("La pente fait monter la réponse écartée.", misconception="dpo-slopes-swapped")
    far = torch.tensor([4000.0, -4000.0])
    value, found = sloped("dpo_loss", far, -far, torch.zeros(2), torch.zeros(2), 1.0)
    if not (abs(value) < 1e30 and all(torch.isfinite(slope).all() for slope in found)):
        raise CheckFailed("De grands écarts donnent une perte infinie.", misconception="dpo-overflow")
    if found[0][1] == 0:  # a sigmoid kept away from 0, and log(sigmoid + 1e-12): finite, and wrong
        raise CheckFailed("Là où le modèle se trompe de beaucoup, la pente est nulle.", misconception="dpo-clamped")


def votes_on(world, draw, chance, n=400):
    """Votes (prompt, chosen, rejected) on pairs of answers of the start's."""
    asked = world.prompts(draw, n)
    pairs = zip(*(world.answers(world.speaker(), asked, draw)[0] for _ in range(2)), strict=True)
    found = []
    for prompt, (a, b) in zip(asked.tolist(), pairs, strict=True):
        first = prefers_first(world.letters(prompt), world.letters(a), world.letters(b), chance)
        found.append((prompt, a, b) if first else (prompt, b, a))
    return found


def align(slopes_of, world, draw, chance, beta=0.1, steps=40, rate=1e-3):
    """A copy of the start, aligned by the slopes of a loss of four log-probabilities."""
    policy, start = copy.deepcopy(world.speaker()), world.speaker()
    votes = votes_on(world, draw, chance)
    optimizer = torch.optim.Adam(policy.parameters(), lr=rate)
    for _ in range(steps):
        batch = chance.choices(votes, k=32)
        both = [collate([(vote[0], vote[side]) for vote in batch], 0) for side in (1, 2)]
        mine = [answers_logprob(policy, x, y, sequence_logprob) for x, y in both]
        with torch.no_grad():
            theirs = [answers_logprob(start, x, y, sequence_logprob) for x, y in both]
        up, down, *_ = slopes_of(*mine, *theirs, beta)
        optimizer.zero_grad()
        torch.autograd.backward(mine, [up.float(), down.float()])
        optimizer.step()
    return policy.eval()


@check(
    points=1,
    message="Avec votre perte, le modèle doit plaire davantage à ses lecteurs : alignez-en un, et comptez les réponses qu'ils préfèrent à "
    "celles du départ.",
    misconceptions=["dpo-pleases-nobody"],
)
def test_pleases(sloped, world, draw, rng):
    policy = align(
        lambda *given: sloped("dpo_loss", *(g.detach() if torch.is_tensor(g) else g for g in given))[1],
        world,
        draw,
        random.Random(rng.randrange(2**31)),
    )
    won = world.wins(policy, draw)
    if won < WINS:
        raise CheckFailed(
            f"Les lecteurs préfèrent {won:g} réponses sur 400 à celles du départ.", misconception="dpo-pleases-nobody"
        )
