"""What the checks of the large models share: the released module with scripted clients, in the student's process.

The checks talk to a student's function through `local_llm` there: `scripted` clients that play answers and note requests, `Spy`
for functions that are handed over, `attempt` for how a call ended. What they noted comes back as data, and is a claim like every
value: making it up takes what the exercise asks for. The official clients take the same calls over HTTP in tests/reference.
"""

import builtins

import pytest

from coursegrader.checks import StudentError, expect

KNOWN = {"ServiceError", "ServiceTimeout"} | {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)
}


@pytest.fixture
def llm(student):
    """The released module local_llm, in the student's process."""
    return student.ref("local_llm")


@pytest.fixture
def words(rng):
    """A function: n different invented words."""

    def draw(n):
        found = set()
        while len(found) < n:
            found.add("".join(rng.choice("abdeilmnorstu") for _ in range(rng.randint(4, 8))))
        return sorted(found, key=lambda word: (len(word), word[::-1]))

    return draw


@pytest.fixture
def ended(student, llm):
    """ended(name, *args, **kwargs): how the call of a student's function ended, as {"value": ...} or {"error": ..., "status": ...}.

    Of an error's class a name of Python's own is kept, and those of local_llm; any other could carry hidden inputs out.
    """

    def call(name, *args, **kwargs):
        result = llm.attempt(student.ref(name), *args, **kwargs)
        expect.kind(result, dict, what=name)
        if result.get("error") == "NotImplementedError":
            raise StudentError("not_done", name=name)
        if "error" in result and result["error"] not in KNOWN:
            result["error"] = "Exception"
        return result

    return call
