"""Hidden checks of format_example: the two texts to the letter, with an input and without one."""

from coursegrader.checks import check, expect


def texts(example, what=""):
    """(prompt, response); `what` puts one thing wrong."""
    instruction, given, output = example["instruction"], example["input"], example["output"]
    if what == "format-stripped":
        instruction, given, output = instruction.strip(), given.strip(), output.strip()
    heads = ["Consigne : ", "Entrée : ", "Réponse : "]
    if what == "format-english":
        heads = ["### Instruction:\n", "### Input:\n", "### Response:\n"]
    if what == "format-one-line":
        return f"{heads[0]}{instruction} {heads[1] + given + ' ' if given else ''}{heads[2]}", output
    if what == "format-blank-lines":
        parts = [heads[0] + instruction, *([heads[1] + given] if given else []), heads[2]]
        return "\n\n".join(parts), output
    if what == "format-fields-swapped":
        instruction, given = given, instruction
    keep = given or what in ("format-empty-line", "format-fields-swapped")
    prompt = f"{heads[0]}{instruction}\n{heads[1] + given + chr(10) if keep else ''}{heads[2]}"
    if what == "format-input-lost":
        prompt = f"{heads[0]}{instruction}\n{heads[2]}"
    if what == "format-no-space":
        prompt = prompt.rstrip()
    if what == "format-newline-after":
        prompt = prompt.rstrip() + "\n"
    if what == "format-response-in-prompt":
        prompt += output
    if what == "format-response-headed":
        return prompt.removesuffix(heads[2]), heads[2] + output
    if what == "format-response-space":
        return prompt.rstrip(), " " + output
    return prompt, output


WRONG = [
    "format-empty-line",
    "format-input-lost",
    "format-fields-swapped",
    "format-response-in-prompt",
    "format-response-headed",
    "format-response-space",
    "format-no-space",
    "format-newline-after",
    "format-blank-lines",
    "format-one-line",
    "format-english",
    "format-stripped",
]


def compare(student, example):
    right = texts(example)
    wrong = {name: list(texts(example, name)) for name in WRONG}
    found = student.format_example(example)
    expect.unchanged(student, what="format_example")
    expect.kind(found, (tuple, list), what="la réponse")
    expect.equal(list(found), list(right), what="les deux textes", misconceptions=wrong)


@check(
    points=1,
    message="Écrivez les deux textes d'un exemple avec une entrée, à la lettre près : titres, espaces, fins de ligne.",
    misconceptions=WRONG,
)
def test_with_an_input(student, rng, names):
    name = rng.choice(names)
    compare(student, {"instruction": "donne la dernière lettre", "input": name, "output": name[-1]})
    compare(student, {"output": "bonjour, le monde !", "input": "hello, world!", "instruction": "traduis"})


@check(
    points=1,
    message="Essayez un exemple dont l'entrée est vide, et des textes de plusieurs lignes, avec des espaces autour ou des accolades : "
    "rien n'est ajouté, rien n'est enlevé.",
    misconceptions=WRONG,
)
def test_without_an_input(student, rng, names):
    name = rng.choice(names)
    compare(student, {"instruction": f"donne un prénom en {name[0]}", "input": "", "output": name})
    compare(student, {"instruction": "écris un vers", "input": "", "output": "l'un\nl'autre\n"})
    compare(student, {"instruction": f"  écris {name}\n", "input": "", "output": name})
    # no templates of Python's
    compare(student, {"instruction": "Complète {nom} à 100 %s", "input": "", "output": "{} %"})
