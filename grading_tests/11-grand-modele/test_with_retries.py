"""Hidden checks of with_retries: what is tried again, how long one waits, when one gives up. No time passes: `sleep` is a spy."""

from coursegrader.checks import CheckFailed, check, expect


def waits(sleep):
    """How long the function waited each time."""
    found = []
    for args, kwargs in sleep.get("calls"):
        given = [*args, *kwargs.values()]
        if len(given) != 1 or type(given[0]) not in (int, float):
            raise CheckFailed("`sleep` s'appelle avec un seul nombre, de secondes.")
        found.append(float(given[0]))
    return found


@check(
    points=1,
    message="Essayez un service qui répond 429, puis 503, puis pas à temps, puis enfin : combien d'appels, et quelles attentes ?",
    misconceptions=[
        "wait-constant",
        "wait-linear",
        "wait-doubled-early",
        "no-wait",
        "timeout-not-retried",
        "timeout-one-name",
        "retry-429-only",
        "empty-answer-retried",
    ],
)
def test_passing_faults(llm, rng, ended):
    base = rng.choice([0.25, 0.5, 2.0])
    answer = rng.randint(100, 999)
    for faults in (
        [{"status": 429}],
        [{"status": 503}, {"status": 429}],
        [{"status": 503}, {"timeout": True}, {"status": 429}],
        [{"timeout": "APITimeoutError"}],  # as OpenAI's client calls it, of no class that the notebook knows
        [{"timeout": "ReadTimeout"}],
    ):
        call, sleep = llm.Spy([*faults, {"value": answer}]), llm.Spy()
        result = ended("with_retries", call, 5, base, sleep)
        if "value" not in result:
            seen = len(call.get("calls"))
            timeout = len(faults) == 3 and seen == 2
            name = "timeout-not-retried" if timeout else "retry-429-only" if "status" in faults[seen - 1] else None
            name = "timeout-one-name" if len(faults) == 1 and "timeout" in faults[0] else name
            raise CheckFailed("Une panne passagère n'est pas suivie d'un nouvel essai.", misconception=name)
        expect.equal(result["value"], answer, what="la valeur de with_retries")
        n = len(faults)
        right = [base * 2**i for i in range(n)]
        wrong = {
            "no-wait": [],
            "wait-constant": [base] * n,
            "wait-linear": [base * (i + 1) for i in range(n)],
            "wait-doubled-early": [base * 2 ** (i + 1) for i in range(n)],
        }
        found = waits(sleep)
        wrong = {name: value for name, value in wrong.items() if value != right}
        if len(found) == len(right) and all(abs(a - b) < 1e-9 for a, b in zip(found, right, strict=True)):
            continue
        expect.equal(found, right, what="les attentes", misconceptions=wrong)
    call, sleep = llm.Spy([{"value": ""}]), llm.Spy()
    result = ended("with_retries", call, 3, base, sleep)
    if len(call.get("calls")) != 1:
        raise CheckFailed(
            "Une réponse vide est suivie d'un nouvel appel : ce n'est pas une panne.",
            misconception="empty-answer-retried",
        )
    expect.equal(result.get("value"), "", what="la valeur de with_retries, d'une réponse vide")


@check(
    points=1,
    message="Essayez une demande mal formée (400), une mauvaise clé (401) et une erreur sans numéro : combien d'appels sont utiles ?",
    misconceptions=["retries-everything", "error-swallowed", "retries-client-errors", "retries-server-errors"],
)
def test_other_errors(llm, ended):
    seen = []
    for step, error, status in (
        ({"error": "non"}, "ValueError", None),
        ({"status": 400}, "ServiceError", 400),
        ({"status": 401}, "ServiceError", 401),
        ({"status": 404}, "ServiceError", 404),
        ({"status": 500}, "ServiceError", 500),
    ):
        call, sleep = llm.Spy([step]), llm.Spy()
        seen.append((error, status, ended("with_retries", call, 3, 1.0, sleep), len(call.get("calls")), sleep))
    again = {status: n for _, status, _, n, _ in seen if n != 1}
    if again:
        name = "retries-everything" if None in again else "retries-client-errors" if min(again) < 500 else None
        raise CheckFailed(
            f"Une erreur qui n'est pas passagère a été suivie de {next(iter(again.values()))} appels.",
            misconception=name or "retries-server-errors",
        )
    for error, status, result, _, sleep in seen:
        if "value" in result:
            raise CheckFailed("L'erreur a disparu : elle doit être relancée.", misconception="error-swallowed")
        expect.equal([result["error"], result["status"]], [error, status], what="l'erreur relancée")
        expect.equal(waits(sleep), [], what="les attentes après une telle erreur")


@check(
    points=1,
    message="Essayez un service qui ne se remet jamais : combien d'appels en tout, combien d'attentes, et quelle erreur à la fin ?",
    misconceptions=[
        "one-attempt-too-many",
        "waits-before-giving-up",
        "error-swallowed",
        "attempts-ignored",
        "one-attempt-too-few",
    ],
)
def test_giving_up(llm, ended):
    # Which faults are tried again is the first check's business: 429 is enough to count, and others must only come to their end.
    mixed = [{"status": 503}, {"timeout": True}, {"status": 429}]
    for attempts, steps in ((3, [{"status": 429}]), (1, [{"status": 429}]), (3, mixed)):
        call, sleep = llm.Spy(steps), llm.Spy()
        result = ended("with_retries", call, attempts, 1.0, sleep)
        if steps is mixed and len(call.get("calls")) < 3:
            continue
        judge(call, sleep, attempts)
        if "value" in result:
            raise CheckFailed("Après le dernier essai, l'erreur doit être relancée.", misconception="error-swallowed")
        expect.equal([result["error"], result["status"]], ["ServiceError", 429], what="l'erreur relancée")
    call, sleep = llm.Spy([{"status": 429}]), llm.Spy()
    ended("with_retries", call, sleep=sleep)
    judge(call, sleep, 5)


def judge(call, sleep, attempts):
    n, waited = len(call.get("calls")), len(waits(sleep))
    if n != attempts:
        name = {attempts + 1: "one-attempt-too-many", attempts - 1: "one-attempt-too-few"}.get(n, "attempts-ignored")
        name = None if n == 1 else name  # not even a second one: the first check tells it which faults pass
        raise CheckFailed(f"{n} appels, au lieu de {attempts} au plus.", misconception=name)
    if waited == attempts:
        raise CheckFailed("Le programme attend encore après le dernier essai.", misconception="waits-before-giving-up")
    expect.equal(waited, attempts - 1, what="le nombre d'attentes")
