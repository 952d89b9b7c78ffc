"""Hidden checks of cost: two prices, a million, every request. Exact up to rounding; other keys of a request change nothing."""

from coursegrader.checks import check, expect
from reference.llm import cost


def known_mistakes(usages, price):
    """What the usual wrong prices are."""
    sent, got = (sum(usage[key] for usage in usages) for key in ("input", "output"))
    right = cost(usages, price)
    return {
        "prices-swapped": (sent * price["output"] + got * price["input"]) / 1e6,
        "price-per-thousand": 1000 * right,
        "price-per-token": 1e6 * right,
        "output-only": got * price["output"] / 1e6,
        "input-only": sent * price["input"] / 1e6,
        "one-price": (sent + got) * price["input"] / 1e6,
        "mean-price": (sent + got) * (price["input"] + price["output"]) / 2e6,
        "last-request-only": cost(usages[-1:], price),
        "first-request-only": cost(usages[:1], price),
        "mean-of-requests": right / max(len(usages), 1),
        "rounded-to-cents": round(right, 2),
    }


WRONG = list(known_mistakes([{"input": 1, "output": 1}], {"input": 1.0, "output": 1.0}))


@check(
    points=1,
    message="Refaites le compte à la main pour trois demandes : les jetons envoyés et reçus n'ont pas le même prix, "
    "et les prix sont ceux d'un million de jetons. Puis pour aucune demande.",
    misconceptions=WRONG,
)
def test_total(student, rng):
    for n in (3, 1, 0):
        usages = [
            {"input": rng.randint(900, 5000), "output": rng.randint(100, 800), "truncated": True} for _ in range(n)
        ]
        price = {"input": rng.uniform(1, 3), "output": rng.uniform(6, 12)}
        right = cost(usages, price)
        wrong = {name: value for name, value in known_mistakes(usages, price).items() if abs(value - right) > 1e-6}
        answer = student.cost(usages, price)
        expect.close(answer, right, what="le prix", rtol=1e-6, atol=1e-9, misconceptions=wrong)
    expect.unchanged(student, what="cost")
