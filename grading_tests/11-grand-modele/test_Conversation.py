"""Hidden checks of Conversation: what fits the budget, what is always kept, what is remembered. All exact.

Tokens are counted by `local_llm.count_tokens`, one for four characters, and contents have four characters a token.
"""

from coursegrader.checks import CheckFailed, check, expect


def turns_of(sizes):
    """Turns with messages of these sizes: [[5, 6], [3]] is a question of 5 tokens with its answer of 6, and one of 3."""
    turns, letters = [], iter("bcdefghijklmnopqrstuvwxyz")
    for turn in sizes:
        roles = ["user", *["assistant"] * (len(turn) - 1)]
        turns.append(
            [{"role": role, "content": next(letters) * (4 * size)} for role, size in zip(roles, turn, strict=True)]
        )
    return turns


def size(messages):
    return sum(len(message["content"]) // 4 for message in messages)


def flat(turns):
    return [message for turn in turns for message in turn]


def right_messages(system, turns, budget):
    kept, left = [], budget - size([system])
    for turn in reversed(turns):
        left -= size(turn)
        if kept and left < 0:
            break
        kept = turn + kept
    return [system, *kept]


def by_message(system, turns, budget):
    """Single messages kept from the end, not whole turns."""
    kept, left = [], budget - size([system])
    for message in reversed(flat(turns)):
        left -= size([message])
        if kept and left < 0:
            break
        kept.insert(0, message)
    return [system, *kept]


def with_gaps(system, turns, budget):
    """Turns that fit, a large one skipped."""
    kept, left = [], budget - size([system])
    for turn in reversed(turns):
        if not kept or size(turn) <= left:
            left -= size(turn)
            kept = turn + kept
    return [system, *kept]


def oldest_first(system, turns, budget):
    kept, left = [], budget - size([system])
    for turn in turns:
        if size(turn) > left:
            break
        left -= size(turn)
        kept += turn
    return [system, *kept]


def strict(system, turns, budget):
    return right_messages(system, turns, budget - 1)


def system_free(system, turns, budget):
    return right_messages(system, turns, budget + size([system]))


def system_lost(system, turns, budget):
    """The oldest messages go first, the system message with them."""
    messages = [system, *flat(turns)]
    while len(messages) > 1 and size(messages) > budget:
        messages.pop(0)
    return messages


def last_lost(system, turns, budget):
    kept, left = [], budget - size([system])
    for turn in reversed(turns):
        if size(turn) > left:
            break
        left -= size(turn)
        kept = turn + kept
    return [system, *kept]


def turns_reversed(system, turns, budget):
    """The right turns, collected from the end and left so."""
    kept = right_messages(system, turns, budget)[1:]
    return [system, *flat([turn for turn in turns[::-1] if turn[0] in kept])]


def known_mistakes(system, turns, budget):
    """What the usual wrong messages are."""
    right = right_messages(system, turns, budget)
    return {
        "never-truncated": [system, *flat(turns)],
        "system-truncated": system_lost(system, turns, budget),
        "system-missing": right[1:],
        "system-not-counted": system_free(system, turns, budget),
        "budget-off-by-one": strict(system, turns, budget),
        "answer-without-question": by_message(system, turns, budget),
        "turns-with-gaps": with_gaps(system, turns, budget),
        "last-turn-dropped": last_lost(system, turns, budget),
        "oldest-kept": oldest_first(system, turns, budget),
        "history-lost": [system, *flat(turns[-1:])],
        "last-message-only": [system, *flat(turns)[-1:]],
        "turns-reversed": turns_reversed(system, turns, budget),
        "system-last": [*right[1:], system],
    }


WRONG = [*known_mistakes({"role": "system", "content": ""}, turns_of([[1, 1], [1]]), 9), "history-doubled"]


def make(student, llm, system, turns, budget):
    """A conversation of the student's, with these turns added."""
    conversation = student.Conversation(system["content"], budget, llm.get("count_tokens"))
    for message in flat(turns):
        conversation.add(message["role"], message["content"])
    return conversation


def judge(answer, system, turns, budget):
    expect.kind(answer, (list, tuple), what="messages()")
    right = right_messages(system, turns, budget)
    wrong = {name: value for name, value in known_mistakes(system, turns, budget).items() if value != right}
    doubled = [system, *(message for message in right[1:] for _ in range(2))]
    expect.equal(list(answer), right, what="messages()", misconceptions=wrong | {"history-doubled": doubled})


SYSTEM = {"role": "system", "content": "a" * 16}


@check(
    points=1,
    message="Comptez les jetons en partant de la fin, tour par tour, consigne comprise : lesquels tiennent dans le budget ?",
    misconceptions=WRONG,
)
def test_budget(student, llm):
    # Here no two of the wrong answers are alike, save those that come out right: these are told apart below.
    turns = turns_of([[5, 6], [2, 1], [3, 4], [2, 2], [5, 1]])
    judge(make(student, llm, SYSTEM, turns, 21).messages(), SYSTEM, turns, 21)
    sizes = [[5, 6], [3, 4], [2, 2], [5]]
    turns = turns_of(sizes)
    for budget in (13, 12, 20, 24, 31, 30, 99):
        judge(make(student, llm, SYSTEM, turns, budget).messages(), SYSTEM, turns, budget)
    answered = turns_of([[5, 6], [9, 1], [3, 4]])  # after the answer of the last turn, too
    for budget in (12, 13, 16, 21):
        judge(make(student, llm, SYSTEM, answered, budget).messages(), SYSTEM, answered, budget)


@check(
    points=1,
    message="Essayez un budget trop petit pour le dernier tour, un grand tour entre deux petits, et une conversation vide : "
    "la consigne et le dernier tour restent toujours, et rien n'est sauté.",
    misconceptions=WRONG,
)
def test_always_kept(student, llm):
    for sizes, budget in (
        ([[2, 2], [3, 3]], 5),
        ([[2, 2], [9]], 1),
        ([[2, 2], [1, 1, 3]], 6),
        ([[1, 1], [20, 20], [2, 2]], 14),
        ([[9], [1], [8]], 12),
        ([], 3),
    ):
        turns = turns_of(sizes)
        judge(make(student, llm, SYSTEM, turns, budget).messages(), SYSTEM, turns, budget)


@check(
    points=1,
    message="Appelez `messages()` deux fois de suite, puis ajoutez un message et appelez-la encore : rien ne se perd, rien ne se "
    "double. Deux conversations ne partagent rien.",
    misconceptions=[*WRONG, "memory-shared"],
)
def test_memory(student, llm):
    # The budget is large: what fits is the other checks' business.
    turns = turns_of([[2, 2], [3, 3], [4]])
    fresh = make(student, llm, SYSTEM, [], 999).messages()
    expect.kind(fresh, (list, tuple), what="messages()")
    if len(fresh) > 1:  # the notebook has made conversations before
        raise CheckFailed("Une conversation neuve contient déjà des messages.", misconception="memory-shared")
    conversation = make(student, llm, SYSTEM, turns, 999)
    first, second = conversation.messages(), conversation.messages()
    right = [SYSTEM, *flat(turns)]
    judge(first, SYSTEM, turns, 999)
    expect.kind(second, (list, tuple), what="messages()")
    if list(second) != right:
        name = "history-doubled" if len(second) > len(right) else "history-lost"
        raise CheckFailed("Un second appel de `messages()` ne donne pas la même chose.", misconception=name)
    conversation.add("assistant", "zzzz")
    turns[-1].append({"role": "assistant", "content": "zzzz"})
    judge(conversation.messages(), SYSTEM, turns, 999)
    other = make(student, llm, {"role": "system", "content": "yyyy"}, turns_of([[7]]), 999)
    answer = other.messages()
    if len(answer) > 2:
        raise CheckFailed("Deux conversations partagent leur mémoire.", misconception="memory-shared")
    judge(answer, {"role": "system", "content": "yyyy"}, turns_of([[7]]), 999)
