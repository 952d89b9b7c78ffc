"""Hidden checks of collate: inputs, then targets, against tables made here token by token.

The pairs are made so that the end token is also the padding: masking by the token's value would lose the end.
"""

import pytest
import torch

from coursegrader.checks import CheckFailed, check, expect


def tables(pairs, pad_id, ignore_index=-100, what=""):
    """x, y (B, T) as tensors; `what` puts one thing wrong."""
    longest = max(len(p) + len(r) for p, r in pairs)
    rows_x, rows_y = [], []
    for prompt, response in pairs:
        if what == "collate-no-end":
            response = response[:-1]
        text = [*prompt, *response]
        hidden = len(prompt) - 1
        hidden += {"collate-first-token-masked": 1, "collate-prompt-end-counts": -1}.get(what, 0)
        hidden = 0 if what == "collate-prompt-counts" else max(hidden, 0)
        x, y = text[:-1], text[1:]
        if what == "collate-not-shifted":
            y, hidden = text[:-1], len(prompt)
        if what == "collate-unshifted-mask":
            hidden = len(prompt)
        y = [ignore_index] * min(hidden, len(y)) + y[hidden:]
        width = longest - 1
        if what == "collate-full-length":
            x, width = text, longest
        pad_y = pad_id if what == "collate-padding-counts" else ignore_index
        pad_x = ignore_index if what == "collate-ids-ignored" else pad_id
        fill_x, fill_y = [pad_x] * (width - len(x)), [pad_y] * (width - len(y))
        left = what == "collate-left"
        rows_x.append(fill_x + x if left else x + fill_x)
        rows_y.append(fill_y + y if left else y + fill_y)
    x, y = torch.tensor(rows_x), torch.tensor(rows_y)
    if what == "collate-end-masked":
        y[y == pad_id] = ignore_index
    if what == "collate-fixed-ignore":
        y[y == ignore_index] = -100
    return x, y


INPUTS = ["collate-ids-ignored", "collate-left", "collate-full-length", "collate-no-end"]
TARGETS = [
    "collate-prompt-counts",
    "collate-first-token-masked",
    "collate-prompt-end-counts",
    "collate-end-masked",
    "collate-padding-counts",
    "collate-not-shifted",
    "collate-left",
    "collate-full-length",
    "collate-no-end",
]


def last_kept(x, pairs):
    """The inputs with the last token of short texts left in."""
    x = x.clone()
    for b, (prompt, response) in enumerate(pairs):
        n = len(prompt) + len(response)
        if n <= x.shape[1]:
            x[b, n - 1] = response[-1]
    return x


def same(value, expected):
    try:
        expect.equal(value, expected, what="x")
    except CheckFailed:
        return False
    return True


@pytest.fixture
def compare(student):
    def run(pairs, which, names, pad_id=0, **options):
        answer = student.collate(pairs, pad_id, **options)
        expect.unchanged(student, what="collate")
        expect.kind(answer, (tuple, list), what="la réponse")
        assert len(answer) == 2
        right = tables(pairs, pad_id, **options)
        for i in which:
            what = "xy"[i]
            wrong = {name: tables(pairs, pad_id, **options, what=name)[i] for name in names}
            wrong = {name: value for name, value in wrong.items() if not torch.equal(value, right[i])}
            expect.integers(answer[i], what=what)
            if i == 0 and same(answer[0], last_kept(right[0], pairs)):
                continue  # padded first and cut afterwards: what a last token would predict does not count
            expect.equal(answer[i], right[i], what=what, misconceptions=wrong)

    return run


def pair(rng, p, r):
    """A prompt of p tokens, a response of r, its end included."""
    return [rng.randint(1, 40) for _ in range(p)], [*(rng.randint(1, 40) for _ in range(r - 1)), 0]


@check(
    points=1,
    message="Regardez les entrées x : le texte entier sauf son dernier jeton, complété à droite par pad_id.",
    misconceptions=INPUTS,
)
def test_inputs(compare, rng):
    pairs = [pair(rng, 5, 4), pair(rng, 3, 2), pair(rng, 2, 7), pair(rng, 4, 1)]
    compare(pairs, [0], INPUTS)
    compare(pairs, [0], INPUTS, pad_id=41)


@check(
    points=1.5,
    message="Regardez les cibles y, ligne par ligne : quelle position prédit le premier jeton de la réponse, laquelle le jeton de "
    "fin, et que valent toutes les autres ?",
    misconceptions=TARGETS,
)
def test_targets(compare, rng):
    pairs = [pair(rng, 5, 4), pair(rng, 3, 2), pair(rng, 2, 7), pair(rng, 4, 3)]
    compare(pairs, [1], TARGETS)


@check(
    points=0.5,
    message="Essayez d'autres valeurs de pad_id et d'ignore_index, une seule paire, un début d'un seul jeton, une réponse réduite au "
    "jeton de fin.",
    misconceptions=["collate-fixed-ignore", *INPUTS, *TARGETS],
)
def test_limits(compare, rng):
    names = ["collate-fixed-ignore", *INPUTS, *TARGETS]
    compare([pair(rng, 4, 3), pair(rng, 2, 3)], [0, 1], names, pad_id=41, ignore_index=-1)
    compare([pair(rng, 1, 4)], [0, 1], names)
    compare([pair(rng, 1, 1), pair(rng, 3, 1)], [0, 1], names)
