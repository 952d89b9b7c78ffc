"""Hidden checks of answer_with_sources: what is asked, sources that exist, no passage at all. All exact."""

from coursegrader.checks import CheckFailed, check, expect

NOTHING = "Je ne trouve pas la réponse dans les documents."


@check(
    points=1,
    message="Regardez les deux messages envoyés : rôles, passages numérotés à partir de 1, puis la question. Sans passage, "
    "le modèle n'est pas appelé.",
    misconceptions=["passages-from-zero", "passages-not-numbered", "question-missing", "passages-in-system", "asked-without-passages",
                    "question-before-passages", "one-passage-only"],
)  # fmt: skip
def test_request(llm, words, ended):
    a, b, c, d, question, answer = words(6)
    passages = [f"{a} {b}.", f"{c} {d}.", f"{d} {a}."]
    ask = llm.Spy([{"value": answer}])
    result = ended("answer_with_sources", ask, question + " ?", passages)
    calls = ask.get("calls")
    expect.equal(len(calls), 1, what="le nombre d'appels de ask")
    (args, kwargs) = calls[0]
    given = [*args, *kwargs.values()]
    if len(given) != 1 or type(given[0]) is not list or not all(type(message) is dict for message in given[0]):
        raise CheckFailed("`ask` reçoit un seul argument, la liste des messages.")
    messages = given[0]
    roles = [message.get("role") for message in messages]
    expect.equal(roles, ["system", "user"], what="les rôles des messages")
    system, user = (message.get("content") for message in messages)
    for role, text in (("system", system), ("user", user)):
        # Any wording will do, but a service refuses a message without text.
        expect.kind(text, str, what=f"le contenu du message « {role} »")
    judge_text(system, user, passages, question)
    if "value" not in result:
        raise CheckFailed(f"La fonction finit par une erreur ({result['error']}).")
    ask = llm.Spy([{"value": answer}])
    result = ended("answer_with_sources", ask, question, [])
    if ask.get("calls"):
        raise CheckFailed("Sans passage, le modèle a été appelé.", misconception="asked-without-passages")
    expect.kind(result.get("value"), (tuple, list), what="answer_with_sources")
    expect.equal(list(result["value"]), [NOTHING, []], what="la réponse sans passage")


def judge_text(system, text, passages, question):
    """What the two messages hold, and in which order."""
    numbered = [f"[{n}] {passage}" for n, passage in enumerate(passages, start=1)]
    places = [text.find(piece) for piece in [*numbered, question + " ?"]]
    if min(places) >= 0 and places == sorted(places):
        return
    name = None
    if all(piece in system for piece in numbered):
        name = "passages-in-system"
    elif all(f"[{n}] {passage}" in text for n, passage in enumerate(passages)):
        name = "passages-from-zero"
    elif all(passage in text for passage in passages) and min(places[:-1]) < 0:
        name = "passages-not-numbered"
    elif places[-1] < 0:
        name = "question-missing"
    elif min(places) >= 0:
        name = "question-before-passages"
    elif any(piece in text for piece in numbered):
        name = "one-passage-only"
    raise CheckFailed(
        "Le message « user » contient « [1] », le premier passage, et ainsi de suite, puis la question.",
        misconception=name,
    )


@check(
    points=1,
    message="Essayez une réponse qui cite deux fois la même source, dans le désordre, et une source qui n'existe pas : 0, ou plus "
    "que le nombre de passages.",
    misconceptions=["sources-not-checked", "sources-repeated", "sources-sorted", "source-zero", "text-not-corrected", "sources-as-text",
                    "one-digit-sources", "all-passages-cited", "sources-from-zero"],
)  # fmt: skip
def test_sources(llm, words, ended):
    passages = words(12)
    for answer, right, cited in (
        ("Oui [3], non [1] ; oui [3].", "Oui [3], non [1] ; oui [3].", [3, 1]),
        ("Oui [12][11], 7 fois (4).", "Oui [12][11], 7 fois (4).", [12, 11]),
        ("Oui [2] [14], non [0].", "Oui [2] [?], non [?].", [2]),
        ("Oui [sic], oui [2].", "Oui [sic], oui [2].", [2]),
        ("Rien.", "Rien.", []),
    ):
        result = ended("answer_with_sources", llm.Spy([{"value": answer}]), "?", passages)
        if "value" not in result:
            name = "sources-not-checked" if "14" in answer else None
            raise CheckFailed(f"La fonction finit par une erreur ({result['error']}).", misconception=name)
        expect.kind(result["value"], (tuple, list), what="answer_with_sources")
        expect.equal(len(result["value"]), 2, what="le nombre de valeurs renvoyées")
        text, sources = result["value"]
        expect.kind(sources, (list, tuple), what="les sources")
        found = [int(n) for n in _numbers(answer)]
        wrong = {
            "sources-not-checked": list(dict.fromkeys(found)),
            "source-zero": [n for n in dict.fromkeys(found) if n <= len(passages)],
            "sources-repeated": [n for n in found if 1 <= n <= len(passages)],
            "sources-sorted": sorted(cited),
            "sources-as-text": [str(n) for n in cited],
            "one-digit-sources": [n for n in cited if n < 10],
            "all-passages-cited": list(range(1, 13)),
            "sources-from-zero": [n - 1 for n in cited],
        }
        expect.equal(
            list(sources), cited, what="les sources", misconceptions={k: v for k, v in wrong.items() if v != cited}
        )
        expect.equal(
            text, right, what="le texte", misconceptions={"text-not-corrected": answer} if answer != right else {}
        )


def _numbers(answer):
    found = [piece.split("]")[0] for piece in answer.split("[")[1:]]
    return [number for number in found if number.isdigit()]
