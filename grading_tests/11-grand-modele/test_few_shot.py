"""Hidden checks of few_shot: roles, order and contents of the messages, an example that is the question itself. All exact."""

from coursegrader.checks import CheckFailed, check, expect
from reference.llm import few_shot


def message(role, content):
    return {"role": role, "content": content}


def known_mistakes(task, examples, x):
    """What the usual wrong messages are."""
    kept = [pair for pair in examples if pair[0] != x]
    system, query = message("system", task), message("user", x)

    def shots(pairs, one="user", other="assistant"):
        return [part for question, answer in pairs for part in (message(one, question), message(other, answer))]

    questions = [message("user", question) for question, _ in kept]
    answers = [message("assistant", answer) for _, answer in kept]
    lines = "\n".join(f"{question} {answer}" for question, answer in kept)
    return {
        "query-among-examples": [system, *shots(examples), query],
        "roles-all-user": [system, *shots(kept, "user", "user"), query],
        "roles-swapped": [system, *shots(kept, "assistant", "user"), query],
        "roles-examples-system": [system, *shots(kept, "system", "system"), query],
        "task-as-user": [message("user", task), *shots(kept), query],
        "task-missing": [*shots(kept), query],
        "query-missing": [system, *shots(kept)],
        "query-first": [system, query, *shots(kept)],
        "examples-reversed": [system, *shots(kept[::-1]), query],
        "examples-two-blocks": [system, *questions, *answers, query],
        "examples-answers-first": [system, *shots([(b, a) for a, b in kept]), query],
        "examples-in-one-text": [message("system", f"{task}\n{lines}"), query],
        "last-example-missing": [system, *shots(kept[:-1]), query],
        "answers-missing": [system, *questions, query],
    }


WRONG = list(known_mistakes("t", [("a", "b"), ("c", "d")], "c"))


def judge(student, task, examples, x):
    answer = student.few_shot(task, examples, x)
    changed = student.last_call.modified_inputs
    expect.kind(answer, (list, tuple), what="few_shot")
    right = few_shot(task, examples, x)
    wrong = {name: value for name, value in known_mistakes(task, examples, x).items() if value != right}
    expect.equal(list(answer), right, what="few_shot", misconceptions=wrong)
    student.last_call.modified_inputs = changed
    expect.unchanged(student, what="few_shot")


@check(
    points=1,
    message="Écrivez la liste des messages pour deux exemples : rôle et contenu de chacun, dans l'ordre. Puis sans aucun exemple.",
    misconceptions=WRONG,
)
def test_messages(student, words):
    a, b, c, d, e, f, task = words(7)
    judge(student, task, [(a, b), (c, d), (e, f)], f + a)
    judge(student, task, [(a + " ?", "oui, " + b)], c)
    judge(student, task, [], c)
    # the texts as they are, and a question asked twice
    judge(student, f" {task}\n", [(a, f"{b}\n"), (f"  {c}", d), (a, e)], f + a)


@check(
    points=1,
    message="Posez une question qui est aussi celle d'un exemple : la réponse ne doit pas se trouver dans la demande. "
    "Les autres exemples restent, même s'ils lui ressemblent.",
    misconceptions=["query-among-examples", "query-example-drops-all", "query-example-by-part"],
)
def test_question_among_examples(student, words):
    a, b, c, d, e, task = words(6)
    examples = [(a, b), (c, d), (c + " " + a, e), (c, e), (c.upper(), b), (e, c)]
    answer = student.few_shot(task, examples, c)
    expect.unchanged(student, what="few_shot")  # here one would take an example out of the list received
    expect.kind(answer, (list, tuple), what="few_shot")
    contents = [item.get("content") if type(item) is dict else item for item in answer]
    given = sorted(contents, key=str)

    def texts(pairs):
        return sorted([task, *(text for pair in pairs for text in pair), c], key=str)

    left = [texts([pair for i, pair in enumerate(examples) if i not in out]) for out in ((), (1,), (3,))]
    if given in left:
        raise CheckFailed("La réponse à la question se trouve dans la demande.", misconception="query-among-examples")
    wrong = {
        "query-example-drops-all": texts([]),
        "query-example-by-part": texts([pair for pair in examples if c.lower() not in pair[0].lower()]),
    }
    # Roles and order are the other check's business.
    expect.equal(
        given,
        texts([pair for pair in examples if pair[0] != c]),
        what="les contenus des messages",
        misconceptions=wrong,
    )
