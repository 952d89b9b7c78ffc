import random

from hypothesis import given
from hypothesis import strategies as st

from reference.vocabulary import build_vocabulary


def test_end_mark_is_zero_and_the_rest_is_sorted() -> None:
    itos, stoi = build_vocabulary(["zoé", "anne-marie", "n'guessan"])
    assert itos == [".", "'", "-", "a", "e", "g", "i", "m", "n", "o", "r", "s", "u", "z", "é"]
    assert stoi == {symbol: i for i, symbol in enumerate(itos)}


def test_empty_list_has_only_the_end_mark() -> None:
    assert build_vocabulary([]) == (["."], {".": 0})


def test_default_list_has_37_symbols(default_names: list[str]) -> None:
    itos, _ = build_vocabulary(default_names)
    assert len(itos) == 37
    assert "".join(itos) == ".'-abcdefghijklmnopqrstuvwxyzâçèéëîïü"


@given(st.lists(st.text(alphabet="abzé'-"), max_size=8), st.randoms(use_true_random=False))
def test_does_not_depend_on_the_order_of_the_names(names: list[str], rng: random.Random) -> None:
    shuffled = names.copy()
    rng.shuffle(shuffled)
    assert build_vocabulary(shuffled) == build_vocabulary(names)
