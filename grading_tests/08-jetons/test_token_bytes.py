"""Hidden checks of token_bytes: the bytes first, then every merge, however deep."""

from coursegrader.checks import check, expect
from reference.bpe import train_bpe
from reference.tokens import token_bytes


def known_mistakes(merges):
    """What the usual wrong lists are."""
    right = token_bytes(merges)
    reversed_pieces = [[byte] for byte in range(256)]
    for left, second in merges:
        reversed_pieces.append(reversed_pieces[second] + reversed_pieces[left])
    return {
        "merges-not-unfolded": right[:256] + [list(pair) for pair in merges],
        "bytes-missing": right[256:],
        "pair-turned-round": reversed_pieces,
        "bytes-as-numbers": [*range(256), *right[256:]],
        "bytes-from-one": right[1:],
        "ascii-only": right[:128] + right[256:],
        "tokens-as-text": [bytes(piece).decode("utf-8", errors="replace") for piece in right],
    }


WRONG = list(known_mistakes([(1, 2)]))


@check(
    points=1,
    message="Regardez les 256 premiers jetons, puis un jeton fait de deux jetons qui viennent eux-mêmes d'une fusion. Chaque "
    "jeton est une liste d'entiers (list), et non un objet `bytes`.",
    misconceptions=WRONG,
)
def test_all_tokens(student, make_words):
    for merges in (train_bpe(make_words(20), 15), [(98, 97), (256, 256), (257, 99), (100, 258)], []):
        right = token_bytes(merges)
        wrong = {name: value for name, value in known_mistakes(merges).items() if value != right}
        answer = student.token_bytes(merges)
        expect.kind(answer, (list, tuple), what="token_bytes")
        answer = [list(piece) if type(piece) is tuple else piece for piece in answer]
        for name, value in wrong.items():
            if answer == value:
                expect.equal(answer, right, what="token_bytes", misconceptions={name: value})
        expect.equal(len(answer), len(right), what="le nombre de jetons")
        for token, piece in enumerate(right):
            expect.equal(answer[token], piece, what=f"le jeton {token}")
