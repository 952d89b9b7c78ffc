"""Using a tokenizer: encode, decode, special tokens, and what a model over tokens is worth per character.

`merges` is what `reference.bpe.train_bpe` returns: the merge number i makes the token 256 + i.
"""

import math
import re
from collections import Counter

from reference.bpe import merge_pair, to_bytes


def encode_word(word: str, merges: list[tuple[int, int]]) -> list[int]:
    """Jetons d'un mot : ses octets, sur lesquels on refait les fusions dans l'ordre de l'apprentissage.

    Chaque fusion est appliquée partout dans le mot, de gauche à droite, avant que l'on passe à la suivante.

    Paramètres
        word : texte quelconque, vide peut-être.
        merges : fusions apprises, liste de paires ; la fusion numéro i fait le jeton 256 + i. Elle n'est pas modifiée.

    Renvoie
        Liste de jetons, de 0 à 255 + le nombre de fusions.

    Exemple
        >>> encode_word("abac", [(97, 98), (98, 97)])
        [256, 97, 99]

    Source : Sennrich, Haddow et Birch (2016), « Neural Machine Translation of Rare Words with Subword Units », § 3.2.
    """
    ids = to_bytes(word)
    for i, pair in enumerate(merges):
        ids = merge_pair(ids, pair, 256 + i)
    return ids


def token_bytes(merges: list[tuple[int, int]]) -> list[list[int]]:
    """Octets de chaque jeton.

    Paramètres
        merges : fusions apprises ; les deux jetons d'une fusion viennent toujours avant celui qu'elle fait.

    Renvoie
        Liste de 256 + len(merges) listes d'entiers de 0 à 255 : la première est [0], et celle du jeton 256 + i met
        bout à bout les octets des deux jetons de la fusion i.

    Exemple
        >>> token_bytes([(97, 98), (256, 99)])[255:]
        [[255], [97, 98], [97, 98, 99]]

    Source : Radford et al. (2019), « Language Models are Unsupervised Multitask Learners », § 2.2.
    """
    vocabulary = [[byte] for byte in range(256)]
    for left, right in merges:
        vocabulary.append(vocabulary[left] + vocabulary[right])
    return vocabulary


def decode_tokens(ids: list[int], merges: list[tuple[int, int]]) -> str:
    """Texte d'une liste de jetons.

    On met bout à bout les octets de tous les jetons, puis on les lit comme de l'UTF-8, d'un seul coup. Des octets qui
    ne forment pas de l'UTF-8 ne sont pas une erreur : comme `bytes.decode(errors="replace")`, on met « � » à leur place.

    Paramètres
        ids : liste de jetons, vide peut-être, tous entre 0 et 255 + len(merges).
        merges : fusions apprises ; la fusion numéro i fait le jeton 256 + i.

    Renvoie
        Le texte.

    Exemple
        >>> decode_tokens([76, 256, 97], [(195, 169)])
        'Léa'
        >>> decode_tokens([76, 195], [])
        'L�'

    Source : Radford et al. (2019), § 2.2 ; Unicode Standard, § 3.9 (« U+FFFD Substitution of Maximal Subparts »).
    """
    vocabulary = token_bytes(merges)
    return bytes(byte for token in ids for byte in vocabulary[token]).decode("utf-8", errors="replace")


def split_specials(text: str, specials: dict[str, int]) -> list[str | int]:
    """Sépare les jetons spéciaux du reste du texte.

    On lit de gauche à droite. À une place où plusieurs jetons spéciaux conviennent, on prend le plus long.

    Paramètres
        text : texte quelconque, vide peut-être.
        specials : nom de chaque jeton spécial et son numéro ; le dictionnaire peut être vide. Un nom n'est jamais
            vide ; tous les signes y sont permis, « | », « . » ou « * » par exemple.

    Renvoie
        Liste de morceaux, dans l'ordre du texte : un jeton spécial devient son numéro (`int`), ce qui se trouve
        entre deux jetons spéciaux reste du texte (`str`). Aucun morceau n'est vide.

    Exemple
        >>> split_specials("<|fin|>léa<|fin|>", {"<|fin|>": 300})
        [300, 'léa', 300]

    Source : Radford et al. (2019) (le jeton « <|endoftext|> » de GPT-2).
    """
    if not specials:
        return [text] if text else []
    longest_first = sorted(specials, key=len, reverse=True)
    pieces = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", text)
    return [specials.get(piece, piece) for piece in pieces if piece]


def nll_per_character(
    train: list[list[int]], val: list[list[int]], n_characters: int, end: int, alpha: float = 0.1
) -> float:
    """NLL par caractère d'un modèle de bigrammes sur des jetons.

    Chaque suite est précédée et suivie du jeton `end`, comme un prénom du point « . ». Sur `train`, on compte les
    paires de jetons voisins ; après a, le jeton b a la probabilité

        (compte(a, b) + alpha) / (compte(a) + alpha · V)

    où compte(a) est la somme des compte(a, b) et V = end + 1 le nombre de jetons. La somme des -log de ces
    probabilités (logarithme naturel) sur toutes les paires de `val` est divisée par `n_characters`.

    Paramètres
        train, val : listes de suites de jetons, tous de 0 à end - 1 ; une suite peut être vide.
        n_characters : nombre de caractères que les suites de `val` représentent, au moins 1.
        end : numéro du jeton de début et de fin, le plus grand de tous.
        alpha : lissage, strictement positif.

    Renvoie
        Un nombre réel, en nats par caractère.

    Exemple
        >>> nll = nll_per_character([[0, 1], [0]], [[0, 1]], n_characters=3, end=2, alpha=1.0)
        >>> round(nll, 4)  # (log(5/3) + log(5/2) + log(4/2)) / 3
        0.7068

    Source : Shannon (1951), « Prediction and Entropy of Printed English » ; Gao et al. (2020), « The Pile », § 3.1
    (la comparaison par octet de modèles aux jetons différents).
    """
    counts: Counter[tuple[int, int]] = Counter()
    for ids in train:
        counts.update(zip([end, *ids], [*ids, end], strict=True))
    totals: Counter[int] = Counter()
    for (left, _), count in counts.items():
        totals[left] += count
    V = end + 1
    total = 0.0
    for ids in val:
        for left, right in zip([end, *ids], [*ids, end], strict=True):
            total -= math.log((counts[left, right] + alpha) / (totals[left] + alpha * V))
    return total / n_characters
