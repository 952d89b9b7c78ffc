"""Hidden checks of respond: what a model answers whose next token is known from the last two; no chance in it."""

import torch

from coursegrader.checks import check, expect

V, END = 9, 4


def answer(following, prompt, end=END, block_size=50, max_new=12, what=""):
    """Tokens of the answer by a loop on the table; `what` puts one thing wrong."""
    ids = list(prompt)
    if what == "respond-prompt-ends" and end in prompt:
        return []
    for _ in range(max_new):
        seen = ids[-block_size:]
        last = (seen[-2] if len(seen) > 1 else 0, seen[-1])
        if what == "respond-last-only":
            last = (0, ids[-1])
        best = int(following[last])
        if what == "respond-training-mode":
            best = (best + 1) % V
        if best == end:
            if what == "respond-end-included":
                ids.append(best)
            if what != "respond-never-ends":
                break
        if best != end or what == "respond-never-ends":
            ids.append(best)
    if what == "respond-prompt-included":
        return ids
    return ids[len(prompt) + (1 if what == "respond-first-lost" else 0) :]


WRONG = [
    "respond-prompt-included",
    "respond-end-included",
    "respond-never-ends",
    "respond-last-only",
    "respond-training-mode",
    "respond-first-lost",
    "respond-prompt-ends",
]


def talkative(draw):
    """A table (V, V) of next tokens without the end, but that 7 and 8 in a row lead to it."""
    following = torch.randint(V - 1, (V, V), generator=draw)
    following[following == END] = 8
    following[7, 8] = END
    return following


def compare(student, following, prompt, block_size=50, **options):
    model = student.Perroquet(following, block_size)
    model.train()
    found = student.respond(model, prompt, END, block_size, **options)
    expect.unchanged(student, what="respond")
    right = answer(following, prompt, block_size=block_size, **options)
    wrong = {name: answer(following, prompt, block_size=block_size, **options, what=name) for name in WRONG}
    wrong = {name: value for name, value in wrong.items() if value != right}
    expect.equal(found, right, what="la réponse", misconceptions=wrong)


@check(
    points=1,
    message="Suivez la boucle à la main avec le faux modèle : il reçoit tout ce qui est écrit, en mode évaluation, on prend le meilleur "
    "score de la dernière position, et la réponse s'arrête avant le jeton de fin.",
    misconceptions=WRONG,
)
def test_answers(student, draw):
    following = talkative(draw)
    following[1, 2], following[2, 3], following[3, 5], following[5, 0], following[0, 6] = 3, 5, 0, 6, END
    following[0, 2], following[0, 3], following[0, 5] = 7, 1, 1  # what the last token alone would say
    compare(student, following, [6, 1, 2])
    compare(student, following, [1, 2])
    following[1, 3] = END
    compare(student, following, [1, 3])  # nothing to say
    following[3, END], following[END, 1] = 1, 2
    compare(student, following, [3, END])  # as a sentence begins with the end of another


@check(
    points=1,
    message="Essayez un modèle qui ne finit jamais, un petit max_new, un petit block_size et un long début.",
    misconceptions=WRONG,
)
def test_limits(student, draw):
    following = talkative(draw)
    following[following == END] = 6
    compare(student, following, [3, 1, 2], max_new=5)
    compare(student, following, [5, 3, 1, 2, 0, 7], block_size=4, max_new=6)
    compare(student, following, [2], block_size=3, max_new=1)
