"""Hidden checks of decode_tokens: texts that come back, characters cut in two, bytes that are no UTF-8.

An invalid sequence is compared with Python's own replacement: one « � » for each maximal part, as the exercise says.
"""

from coursegrader.checks import CheckFailed, StudentError, check, expect
from reference.bpe import train_bpe
from reference.tokens import decode_tokens, encode_word, token_bytes


def known_mistakes(ids, merges):
    """What the usual wrong texts are."""
    pieces = token_bytes(merges)
    flat = [byte for token in ids for byte in pieces[token]]
    return {
        "decoded-one-by-one": "".join(bytes(pieces[token]).decode("utf-8", errors="replace") for token in ids),
        "bytes-as-characters": "".join(chr(byte) for byte in flat),
        "invalid-bytes-dropped": bytes(flat).decode("utf-8", errors="ignore"),
        "invalid-bytes-escaped": bytes(flat).decode("utf-8", errors="backslashreplace"),
        "tokens-joined-by-spaces": " ".join(bytes(pieces[token]).decode("utf-8", errors="replace") for token in ids),
        "merges-not-undone": bytes(token for token in ids if token < 256).decode("utf-8", errors="replace"),
        "tokens-as-code-points": "".join(chr(token) for token in ids),
        "decoded-backwards": bytes(flat).decode("utf-8", errors="replace")[::-1],
    }


WRONG = [*known_mistakes([97], []), "invalid-bytes-refused"]


def judge(student, judged, ids, merges):
    try:
        answer = student.decode_tokens(ids, merges)
    except StudentError as error:
        if "UnicodeDecodeError" not in error.message:
            raise
        raise CheckFailed(error.message, misconception="invalid-bytes-refused") from None
    expect.kind(answer, str, what="decode_tokens")
    right = decode_tokens(ids, merges)
    wrong = {name: value for name, value in known_mistakes(ids, merges).items() if value != right}

    def compare(expected):
        known = {name: value for name, value in wrong.items() if value != expected}
        expect.equal(answer, expected, what="decode_tokens", misconceptions=known)

    def own():
        pieces = student.token_bytes(merges)
        # Tokens that all stand for the same bytes, or for none, would make any text the right one.
        if len(pieces) <= max(ids, default=0) or len({tuple(piece) for piece in pieces[:256]}) < 128:
            raise ValueError
        return bytes(byte for token in ids for byte in pieces[token]).decode("utf-8", errors="replace")

    judged(compare, right, own)


@check(
    points=1,
    message="Coupez un texte avec des accents et un émoji, puis recollez ses jetons : il doit revenir tel quel, même quand une lettre est coupée en deux.",
    misconceptions=WRONG,
)
def test_texts(student, make_words, judged):
    merges = train_bpe(make_words(20, "abéè"), 12)
    for text in ("éabèab aé", "🙂 5 € à Noël\n", "abba", ""):
        judge(student, judged, encode_word(text, merges), merges)
    judge(student, judged, [258, 99, 257, 256], [(97, 98), (256, 99), (257, 256)])  # tokens of tokens of tokens
    # the second half of « é » with the letter that follows it
    judge(student, judged, [195, 256, 98, 195, 256], [(169, 97)])


@check(
    points=1,
    message="Essayez des octets qui ne sont pas de l'UTF-8 : la moitié d'une lettre, au milieu et à la fin, doit donner « � », et non une erreur.",
    misconceptions=WRONG,
)
def test_invalid_bytes(student, judged, rng):
    cases = [
        ([76, 195, 97], []),
        ([97, 240, 159, 153, 98, 255, 195], []),
        ([256, 256, 169, 97], [(97, 195)]),
        ([rng.choice([97, 98, 169, 195, 226]) for _ in range(20)] + [195], []),
    ]
    for ids, merges in cases:
        judge(student, judged, ids, merges)
