"""Hidden checks of sample_from_mlp: the law of the names, the source of chance, their form, their length.

With 4 symbols and a context of 3 there are 64 contexts: names are a Markov chain on contexts, whose table is known.
The law is judged twice. `expect.sampled_from` on that chain names the usual mistakes; with 9 named laws its e-values
raise a false alarm with a probability of at most 9 / 32 * 1e-6 + 0.5e-6 = 0.79e-6, whatever the number of names. Then
the surprise of all symbols is compared with the entropy that the model promises, which sees a law that is too sure of
itself or not enough: S = sum(-log p - H), W = sum(Var), and |S| > 6.6 sqrt(W) fails. No symbol has a probability below
0.01, so that a term is at most 4.7, and by Freedman's inequality P(|S| > 6.6 sqrt(W)) <= 2 exp(-43.56 W / (2 W + 4.7 *
6.6 / 1.5 * sqrt(W))): for W = 1000 below 1.6e-7, together with the law below 1e-6. Models are drawn until temperatures of
0.8 and 1.25 move the expected S by 11 sqrt(W) or more, four standard deviations beyond the threshold: with any model,
they were missed by 1 in 10. Power by simulation in docs/calibration/05-entrainer.md. Likewise until a name that begins in
the last context of the one before moves the log likelihood ratio of its law by 60 or more on average (sd below
sqrt(2 * 60) = 11): 43, or 3.9 standard deviations, beyond its threshold. Two independent draws of 40 names agree with a
probability below 1e-13:
two names agree with at most the probability of the likeliest one, below .2 for the empty name and .9 * .5 for another.
"""

import itertools
import random
from functools import cache

import numpy as np
import pytest
import torch

from coursegrader.checks import CheckFailed, Generator, check, expect
from coursegrader.checks.law import count_transitions
from reference.mlp import forward, init_mlp

NAMES = 1000  # that test_law asks for
SURPRISE = 6.6  # standard deviations; see above
LONGEST = 200  # a right name gets there with probability 0.92**200 < 1e-7; wrong ones may never end
CONTEXTS = torch.tensor(list(itertools.product(range(4), repeat=3)))  # (64, 3), the oldest symbol first


def law(model):
    """(64, 4): what follows each context."""
    return forward(model, CONTEXTS).double().softmax(dim=1)


def chain(rows):
    """Law of the next symbol (64, 4) -> transition table of contexts (64, 64); an end leads back to the first one."""
    P = torch.zeros(64, 64, dtype=torch.float64)
    for number, (_, b, c) in enumerate(CONTEXTS.tolist()):
        for i in range(4):
            P[number, 16 * b + 4 * c + i if i else 0] += rows[number, i]
    return P


def place(context):
    """The number of a context."""
    return 16 * context[0] + 4 * context[1] + context[2]


def states(name, itos):
    """The contexts that a name goes through, without the first; marks left in it are test_form's business."""
    context, path = [0, 0, 0], []
    for letter in name.replace(".", ""):
        if letter not in itos:
            raise CheckFailed("Un prénom contient un symbole qui n'est pas dans itos.")
        context = [*context[1:], itos.index(letter)]
        path.append(place(context))
    return path


@pytest.fixture
def made_up(rng):
    return make_up(rng)


@pytest.fixture
def telling(seed):
    return telling_model(seed)


@cache
def telling_model(seed):
    """The same for every student, after hundreds of draws: made once for all whom this process judges."""
    return make_up(random.Random(seed), telling=True)


def make_up(rng, *, telling=False):
    """A model whose law depends on each of three symbols, and its alphabet; an end has probability 0.08 to 0.5.

    A telling model shows a wrong temperature, and names that run on from one another.
    """
    itos = [".", *rng.sample("abdeilnoré", 3)]
    while True:
        generator = torch.Generator().manual_seed(rng.randrange(2**31))
        model = init_mlp(4, 3, embedding=3, hidden=10, generator=generator)
        model["C"] *= 2
        model["W2"] *= 60
        rows = law(model)
        moderate = rows.min() > 0.01 and rows[:, 0].max() < 0.5 and rows[:, 0].min() > 0.08 and rows[0, 0] < 0.2
        if moderate and (not telling or shows(rows)):
            return model, itos


def shows(rows):
    """Whether NAMES names tell a temperature of 0.8 or 1.25, and contexts that run on."""
    other = run_on(rows)
    gain = NAMES * float((other[0] * (other[0] / rows[0]).log()).sum())  # of the first symbols alone
    return gain > 60 and all(abs(drift(rows, tempered(rows, t), NAMES)) > 11 for t in (0.8, 1.25))


def run_on(rows):
    """The laws (64, 4) of names that begin in the last context of the one before, as seen from the contexts that they should have.

    There the first symbol follows some (x, y, end), the second some (y, end, i): their laws are means over x and y.
    """
    laws = rows.view(4, 4, 4, 4)
    seen = torch.full((4, 4, 4), 1 / 64, dtype=torch.float64)
    for _ in range(60):  # the share of each context, from one symbol to the next
        seen = torch.einsum("abc,abci->bci", seen, laws)
    ended = seen[:, :, 0] / seen[:, :, 0].sum()
    other = laws.clone()
    begun = ended[..., None] * laws[:, :, 0]  # (x, y, first symbol)
    other[0, 0, 0] = begun.sum((0, 1))
    for i in range(1, 4):
        second = (begun[:, :, i].sum(0)[:, None] * laws[:, 0, i]).sum(0)
        other[0, 0, i] = second / second.sum()
    return other.view(64, 4)


def tempered(rows, temperature):
    """The laws at another temperature."""
    weights = rows ** (1 / temperature)
    return weights / weights.sum(dim=1, keepdim=True)


def drift(rows, other, n):
    """What `surprise` is on average for n names drawn from other laws (64, 4)."""
    P = chain(other)
    stays = torch.cat([P.T - torch.eye(64, dtype=torch.float64), torch.ones(1, 64, dtype=torch.float64)])
    seen = torch.linalg.lstsq(stays, torch.eye(65, dtype=torch.float64)[:, -1:]).solution[:, 0]  # share of each context
    symbols = n / (seen @ other[:, 0])
    logs = -rows.log()
    variance = (rows * logs**2).sum(dim=1) - (rows * logs).sum(dim=1) ** 2
    return float(symbols.sqrt() * (seen @ ((other - rows) * logs).sum(dim=1)) / (seen @ variance).sqrt())


def wrong_laws(rows):
    """The laws of the next symbol that usual wrong samplers draw from."""

    def seen_as(change):
        return rows[[place(change(context)) for context in CONTEXTS.tolist()]]

    return {
        "mlp-context-reversed": seen_as(lambda c: c[::-1]),
        "context-never-slides": rows[[0] * 64],
        "mlp-last-symbol-only": seen_as(lambda c: [0, 0, c[2]]),
        "context-one-late": seen_as(lambda c: [0, *c[:2]]),
        "context-left-aligned": seen_as(lambda c: [s for s in c if s] + [0] * c.count(0)),
        "uniform-names": torch.full((64, 4), 0.25, dtype=torch.float64),
        "mlp-softmax-twice": rows.softmax(dim=1),
        "most-probable-symbol": torch.eye(4, dtype=torch.float64)[rows.argmax(dim=1)],
        "names-run-on": run_on(rows),
    }


def surprise(counts, P):
    """How many standard deviations the mean surprise of the symbols drawn is above the entropy of their laws, rows of P (64, 64)."""
    logs = np.where(P > 0, -np.log(np.maximum(P, 1e-300)), 0.0)  # (64, 64)
    entropy = (P * logs).sum(axis=1)
    variance = (P * logs**2).sum(axis=1) - entropy**2
    seen = counts.sum(axis=1)
    return ((counts * logs).sum() - (seen * entropy).sum()) / np.sqrt((seen * variance).sum())


def draw(student, made_up, n, seed=None, max_len=LONGEST, *, generator=None):
    """n names, as they came."""
    model, itos = made_up
    generator = generator if seed is None else Generator(seed)
    names = student.sample_from_mlp(model, itos, n, generator=generator, max_len=max_len)
    expect.kind(names, (list, tuple), what="la réponse")
    expect.equal(len(names), n, what="le nombre de prénoms")
    for name in names:
        expect.kind(name, str, what="un prénom")
    return list(names)


def must_vary(names):
    if all(name == names[0] for name in names):
        raise CheckFailed("Tous les prénoms d'un même tirage sont identiques.", misconception="most-probable-symbol")


@check(
    points=1.5,
    message="Écrivez, pour un prénom, le contexte de chaque tirage : il contient les derniers symboles, le plus récent à "
    "droite, et chaque symbole est tiré selon la loi que le modèle lui donne.",
    misconceptions=["mlp-context-reversed", "context-never-slides", "mlp-last-symbol-only", "context-one-late",
                    "context-left-aligned", "uniform-names", "mlp-softmax-twice", "most-probable-symbol",
                    "names-run-on", "names-too-surprising", "names-too-likely"],
)  # fmt: skip
def test_law(student, telling, seed):
    model, itos = telling
    rows = law(model)
    wrong = {name: chain(other) for name, other in wrong_laws(rows).items()}
    paths = [states(name, itos) for name in draw(student, telling, NAMES, seed)]
    must_vary(paths)
    expect.sampled_from(paths, chain(rows), what="sample_from_mlp", misconceptions=wrong, max_len=LONGEST)
    z = surprise(count_transitions(paths, 64, LONGEST), chain(rows).numpy())
    if abs(z) > SURPRISE:
        known = "names-too-surprising" if z > 0 else "names-too-likely"
        raise CheckFailed("Les tirages ne suivent pas la loi du modèle.", misconception=known)


@check(
    points=0.5,
    message="Tirez deux fois avec la même graine, puis avec une autre, puis deux fois de suite avec le même générateur, "
    "et sans.",
    misconceptions=["names-generator-unused", "names-fixed-seed", "most-probable-symbol"],
)
def test_seeds(student, made_up, seed):
    first, again, other = (draw(student, made_up, 40, s) for s in (seed, seed, seed + 1))
    must_vary(first)
    if first != again:
        raise CheckFailed("La même graine donne d'autres prénoms.", misconception="names-generator-unused")
    source = student.ref("torch").Generator()  # which has moved on by the second call, unless the function sets it back
    one, two = (draw(student, made_up, 40, generator=source) for _ in range(2))
    if first == other or one == two or draw(student, made_up, 40) == draw(student, made_up, 40):
        raise CheckFailed("Des tirages qui devraient différer sont les mêmes.", misconception="names-fixed-seed")


def spelling(word, itos, context):
    """A model that spells one word, whatever chance does: symbol t of the word follows only what precedes it.

    One hidden unit for each position, which is +1 on its own context and -1 on all others.
    """
    ids = [*(itos.index(letter) for letter in word), 0]
    padded = [0] * context + ids
    V, H = len(itos), len(ids)
    W1 = torch.zeros(context, V, H)
    for t in range(H):
        for position in range(context):
            W1[position, padded[t + position], t] = 20.0
    W2 = torch.zeros(H, V)
    W2[range(H), ids] = 200.0
    b1 = torch.full((H,), 10.0 - 20.0 * context)
    return {"C": torch.eye(V), "W1": W1.reshape(context * V, H), "b1": b1, "W2": W2, "b2": W2.sum(dim=0)}


def form(student, rng, seed):
    """What `test_form` judges, of draws with this seed."""
    letters = rng.sample("abdeilnoré", 6)
    itos, word = [".", *letters], "".join(rng.sample(letters, 5))
    for context in (3, rng.choice([2, 4])):
        model = spelling(word, itos, context)
        names = student.sample_from_mlp(model, itos, 3, generator=Generator(seed), max_len=30)
        wrong = {"name-end-kept": [word + "."] * 3, "name-start-kept": ["." * context + word] * 3}
        expect.equal(names, [word] * 3, what="les prénoms", misconceptions=wrong)
    alphabet = [*"abcdefghijklmnopqrstuvwxyzàâçèéêëîïôùûü'-"]
    itos, word = [".", *alphabet], "".join(rng.sample(alphabet, len(alphabet)))
    names = student.sample_from_mlp(spelling(word, itos, 2), itos, 2, generator=Generator(seed))
    expect.kind(names, (list, tuple), what="la réponse")
    short = {len(name) for name in names if type(name) is str and word.startswith(name) and name != word}
    wrong = {"name-length-capped": [word[: short.pop()]] * 2} if len(short) == 1 else {}
    expect.equal(names, [word] * 2, what="les prénoms, sans max_len", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez un modèle qui ne connaît qu'un mot, avec un contexte d'une autre longueur : chaque prénom est une "
    "chaîne de caractères, sans les points du début et de la fin. Sans `max_len`, rien n'est coupé.",
    misconceptions=["name-end-kept", "name-start-kept", "name-length-capped"],
)
def test_form(student, rng, seed):
    """A failure is asked again: of right samplers, one that compares a number of 24 bits with cumulated sums draws a symbol of
    probability 0 once in 2**24. There are at most 200 such draws here, so that it happens twice with probability below 1e-9.
    """
    try:
        form(student, rng, seed)
    except CheckFailed:
        form(student, rng, seed + 1)


@check(
    points=0.5,
    message="Essayez un modèle qui ne s'arrête presque jamais, avec `max_len` : un prénom peut l'atteindre, pas le "
    "dépasser.",
    misconceptions=["name-length-unbounded"],
)
def test_longest(student, rng, made_up):
    """An end has probability below 1e-9 a symbol: that one of 20 names is shorter, below 20 * 9e-9."""
    model, itos = made_up
    model["b2"][0] -= 25.0
    max_len = rng.randint(5, 9)
    names = student.sample_from_mlp(model, itos, 20, max_len=max_len)
    expect.kind(names, (list, tuple), what="la réponse")
    lengths = {len(name.strip(".")) if type(name) is str else None for name in names}
    if None not in lengths and lengths and max(lengths) > 3 * max_len:
        raise CheckFailed("Des prénoms dépassent de loin `max_len`.", misconception="name-length-unbounded")
    expect.equal(sorted(lengths, key=str), [max_len], what="les longueurs des prénoms")
