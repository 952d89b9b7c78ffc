"""Byte pair encoding against the library `tokenizers`; the rest against Python's codecs, loops and the count model of names."""

import math
import random
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from reference.bpe import count_pairs, merge_pair, to_bytes, train_bpe
from reference.count_model import count_bigrams, normalize_rows
from reference.evaluation import mean_nll
from reference.tokens import decode_tokens, encode_word, nll_per_character, split_specials, token_bytes
from reference.vocabulary import build_vocabulary

ROOT = Path(__file__).resolve().parents[2]
FIRST = 0x4E00  # one letter for each byte, in the order of the bytes, so that the library breaks ties as we do
texts = st.text(max_size=30)
few = st.text(alphabet="abé🙂", max_size=12)


def letters(word: str) -> str:
    """A word's bytes as letters."""
    return "".join(chr(FIRST + byte) for byte in word.encode())


def kept_tokenizer(words: dict[str, int], n_merges: int) -> Tokenizer:
    """The library's BPE on the same words: no pre-tokenizer, so that each line is one word."""
    tokenizer = Tokenizer(BPE())
    trainer = BpeTrainer(
        vocab_size=256 + n_merges,
        initial_alphabet=[chr(FIRST + byte) for byte in range(256)],
        limit_alphabet=256,
        show_progress=False,
    )
    tokenizer.train_from_iterator([letters(word) for word, n in words.items() for _ in range(n)], trainer)
    return tokenizer


@pytest.fixture(scope="module")
def words() -> dict[str, int]:
    """Words of the course's text, each preceded by its space."""
    text = (ROOT / "data" / "text" / "cours.txt").read_text(encoding="utf-8")[:12_000]
    return dict(Counter(f" {word}" for word in text.split()))


def test_training_and_encoding_are_those_of_the_library(words: dict[str, int]) -> None:
    merges = train_bpe(words, 120)
    kept = kept_tokenizer(words, 120)
    pieces = token_bytes(merges)
    assert len({bytes(piece) for piece in pieces}) == len(
        pieces
    )  # the library would give a piece made twice one number
    ids = {"".join(chr(FIRST + byte) for byte in piece): token for token, piece in enumerate(pieces)}
    assert kept.get_vocab() == ids
    for word in [*words, " anticonstitutionnellement", " œuvre🙂", "ééé", "aaaaaaa", "deux mots"]:
        assert encode_word(word, merges) == kept.encode(letters(word)).ids


def test_ties_are_broken_as_stated() -> None:
    assert train_bpe({"ba": 1, "ab": 1, "ac": 1}, 3) == [(97, 98), (97, 99), (98, 97)]
    words = {"dbca": 1, "cab": 1, "bad": 1, "dac": 1}
    merges = train_bpe(words, 6)
    pieces = {letters(bytes(piece).decode()): token for token, piece in enumerate(token_bytes(merges)) if token > 255}
    kept = kept_tokenizer(words, 6).get_vocab()
    assert {piece: token for piece, token in kept.items() if token > 255} == pieces


def test_merges_stop_when_every_word_is_one_token() -> None:
    merges = train_bpe({"abc": 1, "été": 2}, 100)
    assert [len(encode_word(word, merges)) for word in ("abc", "été")] == [1, 1]
    assert len(merges) == 5 and train_bpe({}, 5) == [] and train_bpe({"ab": 1}, 0) == []


@given(st.lists(st.integers(0, 3), max_size=20), st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_merging_is_replacing_in_a_string(ids: list[int], pair: tuple[int, int]) -> None:
    """str.replace reads from left to right and uses no letter twice, too."""
    text = "".join(map(str, ids)).replace(f"{pair[0]}{pair[1]}", "9")
    assert merge_pair(ids, pair, 9) == [int(letter) for letter in text]


@given(st.lists(st.tuples(st.lists(st.integers(0, 3), max_size=8), st.integers(1, 5)), max_size=6))
def test_pairs_against_a_table_of_the_text(weighted: list[tuple[list[int], int]]) -> None:
    table = torch.zeros(4, 4, dtype=torch.int64)
    for ids, weight in weighted:
        for i in range(len(ids) - 1):
            table[ids[i], ids[i + 1]] += weight
    found = count_pairs([ids for ids, _ in weighted], [weight for _, weight in weighted])
    assert found == {(a, b): int(table[a, b]) for a in range(4) for b in range(4) if table[a, b]}


@given(texts, st.lists(few, min_size=1, max_size=6))
def test_every_text_comes_back(text: str, learnt: list[str]) -> None:
    merges = train_bpe(dict(Counter(learnt)), 10)
    assert decode_tokens(encode_word(text, merges), merges) == text
    assert decode_tokens(to_bytes(text), []) == text


@given(st.lists(st.integers(0, 255), max_size=20))
def test_bytes_that_are_no_text_are_replaced(ids: list[int]) -> None:
    assert decode_tokens(ids, []) == bytes(ids).decode(errors="replace")


def test_tokens_hold_what_the_library_says(words: dict[str, int]) -> None:
    merges = train_bpe(words, 50)
    kept = kept_tokenizer(words, 50)
    for token, piece in enumerate(token_bytes(merges)):
        assert kept.id_to_token(token) == "".join(chr(FIRST + byte) for byte in piece)


@given(st.text(alphabet="ab|.<>", max_size=15), st.sets(st.text(alphabet="ab|.<>", min_size=1, max_size=3), max_size=4))
def test_specials_against_a_scan_by_hand(text: str, names: set[str]) -> None:
    specials = {name: 300 + i for i, name in enumerate(sorted(names))}
    expected: list[str | int] = []
    i = 0
    while i < len(text):
        fitting = [name for name in specials if text.startswith(name, i)]
        if fitting:
            name = max(fitting, key=len)
            expected.append(specials[name])
            i += len(name)
        else:
            if not expected or isinstance(expected[-1], int):
                expected.append("")
            expected[-1] = str(expected[-1]) + text[i]
            i += 1
    assert split_specials(text, specials) == expected


def test_nll_of_characters_is_that_of_the_count_model() -> None:
    """With one token a character and the end for '.', this is the bigram model of the first assignment."""
    names = (ROOT / "data" / "names" / "prenoms.txt").read_text(encoding="utf-8").split()
    random.Random(1).shuffle(names)
    train, val = names[:800], names[800:1000]
    itos, stoi = build_vocabulary(names)
    P = normalize_rows(count_bigrams(train, stoi), alpha=0.3)
    end = len(itos) - 1
    as_ids = [[[stoi[letter] - 1 for letter in name] for name in part] for part in (train, val)]
    n = sum(len(name) + 1 for name in val)
    assert nll_per_character(*as_ids, n, end, alpha=0.3) == pytest.approx(mean_nll(val, P, stoi), rel=1e-4)


def test_nll_of_unseen_tokens_is_uniform() -> None:
    assert nll_per_character([], [[0, 1, 2]], 4, 9, alpha=0.7) == pytest.approx(math.log(10))
