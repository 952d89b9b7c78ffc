"""Hidden checks of GPT: what the model does, whatever its layers are called.

Structure is judged on weights that are not those of the start, so that layers which begin at zero can be seen: to every
tensor of the state, half a standard normal is added, except to those that hold only 0, 1 and -inf, more than one of
them (a mask), and those of whole numbers. An effect counts from 1e-5 on, in scores of size one; rounding in float32
stays below 1e-6 by comparison. No loss is judged: a model that sees the future has the best one of all.
"""

import itertools
import math

import torch

from coursegrader.checks import CheckFailed, check, expect

V, BLOCK_SIZE, D, LAYERS, HEADS = 11, 7, 12, 2, 3
SEEN = 1e-5


def is_mask(value):
    kinds = {0.0, 1.0, -math.inf}
    found = set(value.flatten().tolist())
    return len(found) > 1 and found <= kinds


def awake(student, draw, n_layers=LAYERS):
    """A new model in evaluation mode, its weights moved away from their start."""
    model = student.GPT(V, BLOCK_SIZE, D, n_layers, HEADS)
    state = model.state_dict()
    expect.kind(state, dict, what="l'état du modèle")
    moved = {
        name: value + 0.5 * torch.randn(value.shape, generator=draw).to(value.dtype)
        for name, value in state.items()
        if value.is_floating_point() and value.dim() and not is_mask(value)
    }
    model.load_state_dict(moved, strict=False)
    model.eval()
    return model


def scores(model, ids):
    found = model(ids)
    expect.shape(found, (*ids.shape, V), what="les scores")
    expect.finite(found, what="les scores")
    return torch.as_tensor(found).detach().double()


def repeated(model, ids):
    """The scores, of a model that gives them again: where chance plays a part, every change of a symbol would seem to have an effect."""
    found = scores(model, ids)
    if (scores(model, ids) - found).abs().max() > SEEN:
        raise CheckFailed("Deux appels donnent d'autres scores.", misconception="gpt-random")
    return found


def is_normalised_before_the_scores(model):
    """Whether scores keep their size when the table of symbols is a thousand times larger.

    Then the output layer reads what a normalisation has made: the model's own, or that of a last block which normalises its sum
    (Vaswani et al. 2017, § 3.1). Without one the scores become a thousand times larger too; enlarging the output layer itself always does that.
    """
    state, ids = model.state_dict(), torch.arange(BLOCK_SIZE)[None]
    usual = float(scores(model, ids).abs().max())
    for name, table in state.items():
        if tuple(table.shape) == (V, D):
            model.load_state_dict({**state, name: 1000 * table}, strict=False)
            if float(scores(model, ids).abs().max()) < 30 * usual:
                return True
    return False


def numbers_of_its_own(model, draw):
    """How many numbers the state holds, each tensor counted once: under two names it holds the same values once it is filled by chance."""
    model.load_state_dict(
        {name: torch.randn(value.shape, generator=draw) for name, value in model.state_dict().items()}, strict=False
    )
    return sum({tuple(value.flatten().tolist()): value.numel() for value in model.state_dict().values()}.values())


def share_that_counts(model, draw):
    """Which part of the numbers in the state changes the scores, when their tensor is changed.

    Nearly all do: of an honest model the biases of the keys do not, which add the same to all scores of a query, nor the first of two names of one table.
    """
    ids = torch.randint(V, (2, BLOCK_SIZE), generator=draw)

    def given():  # of whatever shape: that is the first check's business
        return torch.as_tensor(model(ids)).detach().double()

    state, before = model.state_dict(), given()
    total = counting = 0
    for name, value in state.items():
        if not value.is_floating_point() or not value.dim() or is_mask(value):
            continue
        total += value.numel()
        model.load_state_dict({name: value + torch.randn(value.shape, generator=draw).to(value.dtype)}, strict=False)
        if (given() - before).abs().max() > SEEN:
            counting += value.numel()
        model.load_state_dict({name: value}, strict=False)
    return counting / max(total, 1)


@check(
    points=0.5,
    message="Essayez des suites de 1 à block_size symboles, et d'autres tailles : les scores ont la forme (B, T, V), et ne sont "
    "pas des probabilités.",
    misconceptions=["gpt-last-only", "gpt-softmax"],
)
def test_shapes(student, draw):
    model = student.GPT(V, BLOCK_SIZE, D, LAYERS, HEADS)
    model.eval()
    for B, T in ((3, BLOCK_SIZE), (1, 1), (2, 4)):
        found = model(torch.randint(V, (B, T), generator=draw))
        try:
            expect.shape(found, (B, T, V), what="les scores")
        except CheckFailed as failure:
            if tuple(getattr(found, "shape", ())) == (B, V):
                failure.misconception = "gpt-last-only"
            raise
        sums = torch.as_tensor(found).detach().double().exp().sum(-1), torch.as_tensor(found).detach().double().sum(-1)
        if any(torch.allclose(s, torch.ones_like(s), atol=1e-4) for s in sums):
            raise CheckFailed("Les scores sont déjà des probabilités, ou leur logarithme.", misconception="gpt-softmax")
    expect.shape(student.GPT(5, 9)(torch.zeros((2, 9), dtype=torch.int64)), (2, 9, 5), what="les scores")


@check(
    points=0.5,
    message="Comptez les paramètres avec un, deux et trois blocs : chaque bloc en ajoute autant, et l'optimiseur doit les "
    "trouver. Puis relisez l'ordre des couches, de la table des symboles aux scores.",
    misconceptions=["gpt-plain-list", "gpt-layers-shared", "gpt-no-last-norm", "gpt-block-unused"],
)
def test_layers(student, draw):
    totals = []
    for n_layers in (1, 2, 3):
        state = student.GPT(V, BLOCK_SIZE, D, n_layers, HEADS).state_dict()
        expect.kind(state, dict, what="l'état du modèle")
        totals.append(sum(value.numel() for value in state.values()))
    steps = [b - a for a, b in itertools.pairwise(totals)]
    if steps == [0, 0]:
        raise CheckFailed("Le nombre de paramètres ne dépend pas de n_layers.", misconception="gpt-plain-list")
    if steps[0] != steps[1] or steps[0] < 8 * D * D:
        raise CheckFailed("Les blocs n'ajoutent pas chacun autant de paramètres.")
    model = student.GPT(V, BLOCK_SIZE, D, LAYERS, HEADS)
    state = model.state_dict()
    # The scales of the normalisations are the only rows of ones: two a block, and that of the end.
    scales = [value for value in state.values() if tuple(value.shape) == (D,) and bool((value == 1).all())]
    model.eval()
    if len(scales) == 2 * LAYERS and not is_normalised_before_the_scores(model):
        raise CheckFailed(
            "Les blocs ont leurs normalisations, la sortie n'a pas la sienne.", misconception="gpt-no-last-norm"
        )
    # Two names of one tensor are honest: two tables that are one, a block whose layers stand in a Sequential as well. Blocks that are one are not.
    own = [numbers_of_its_own(student.GPT(V, BLOCK_SIZE, D, n_layers, HEADS), draw) for n_layers in (1, 2)]
    if own[1] - own[0] < 8 * D * D:
        raise CheckFailed("Des blocs ont les mêmes poids.", misconception="gpt-layers-shared")
    if share_that_counts(awake(student, draw), draw) < 0.8:
        raise CheckFailed("Une partie des poids ne change rien aux scores.", misconception="gpt-block-unused")


@check(
    points=1,
    message="Changez un symbole : les scores d'avant ne bougent pas, ceux d'après bougent tous, et les autres lignes du lot non "
    "plus.",
    misconceptions=["gpt-random", "gpt-sees-future", "gpt-forgets", "gpt-mixes-batch", "gpt-length-counts"],
)
def test_past_and_future(student, draw):
    model = awake(student, draw)
    ids = torch.randint(V, (2, BLOCK_SIZE), generator=draw)
    before = repeated(model, ids)
    for t in range(BLOCK_SIZE):
        other = ids.clone()
        other[0, t] = (other[0, t] + 1 + t % 3) % V
        change = (scores(model, other) - before).abs().amax(dim=-1)
        if (change[0, :t] > SEEN).any():
            raise CheckFailed(f"Changer le symbole {t} change des scores d'avant.", misconception="gpt-sees-future")
        if (change[0, t:] < SEEN).any():
            raise CheckFailed(
                f"Changer le symbole {t} ne change pas tous les scores qui suivent.", misconception="gpt-forgets"
            )
        if (change[1] > SEEN).any():
            raise CheckFailed("Une ligne du lot change les scores d'une autre.", misconception="gpt-mixes-batch")
    try:
        expect.close(scores(model, ids[:, :3]), before[:, :3], what="les scores d'un début", rtol=1e-3, atol=1e-4)
    except CheckFailed as failure:
        failure.misconception = "gpt-length-counts"
        raise


@check(
    points=1,
    message="Échangez deux symboles du passé, puis donnez partout le même symbole : les scores doivent savoir où ils sont.",
    misconceptions=["gpt-no-positions", "gpt-no-order", "gpt-random"],
)
def test_positions(student, draw):
    model = awake(student, draw)
    same = torch.full((1, BLOCK_SIZE), 4)
    found = repeated(model, same)
    for t in range(1, BLOCK_SIZE):
        if (found[0, t] - found[0, t - 1]).abs().max() < SEEN:
            raise CheckFailed(
                "Avec partout le même symbole, deux positions ont les mêmes scores.", misconception="gpt-no-positions"
            )
    # One block, whose attention is a sum that knows no order: who adds the positions behind the blocks is not told apart by two of them,
    # since the second reads what the first has made of every beginning.
    model = awake(student, draw, n_layers=1)
    ids = torch.randperm(V, generator=draw)[:BLOCK_SIZE].unsqueeze(0)
    before = scores(model, ids)
    for t in range(BLOCK_SIZE - 2):
        swapped = ids.clone()
        swapped[0, [t, t + 1]] = ids[0, [t + 1, t]]
        if (scores(model, swapped)[0, -1] - before[0, -1]).abs().max() < SEEN:
            raise CheckFailed("Échanger deux symboles du passé ne change rien.", misconception="gpt-no-order")
