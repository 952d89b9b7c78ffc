"""Byte pair encoding: bytes, pairs, merges, training.

A token is an integer. Tokens 0 to 255 are the bytes; the merge number i makes the token 256 + i.
"""

from collections import Counter
from itertools import pairwise


def to_bytes(text: str) -> list[int]:
    """Octets d'un texte, en UTF-8.

    Paramètres
        text : texte quelconque, vide peut-être.

    Renvoie
        Liste d'entiers de 0 à 255. Une lettre sans accent donne un octet, « é » en donne deux, un émoji quatre.

    Exemple
        >>> to_bytes("Léa")
        [76, 195, 169, 97]

    Source : Yergeau (2003), « UTF-8, a transformation format of ISO 10646 », RFC 3629.
    """
    return list(text.encode("utf-8"))


def count_pairs(words: list[list[int]], weights: list[int]) -> dict[tuple[int, int], int]:
    """Compte les paires de jetons voisins.

    Toutes les places comptent, même quand elles se recouvrent : dans [7, 7, 7], la paire (7, 7) se trouve deux fois.
    Une paire ne va jamais d'un mot à l'autre.

    Paramètres
        words : liste de mots ; un mot est une liste de jetons, vide peut-être.
        weights : nombre d'occurrences de chaque mot dans le texte, dans le même ordre, au moins 1.

    Renvoie
        Dictionnaire : pour chaque paire (gauche, droite) rencontrée, son nombre d'occurrences dans le texte.

    Exemple
        >>> count_pairs([[1, 2, 1], [1, 2]], [1, 10])
        {(1, 2): 11, (2, 1): 1}

    Source : Sennrich, Haddow et Birch (2016), « Neural Machine Translation of Rare Words with Subword Units », § 3.2.
    """
    counts: Counter[tuple[int, int]] = Counter()
    for word, weight in zip(words, weights, strict=True):
        for pair in pairwise(word):
            counts[pair] += weight
    return dict(counts)


def merge_pair(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """Remplace une paire de jetons par un nouveau jeton, partout où elle se trouve.

    On lit de gauche à droite, et un jeton déjà pris ne sert pas deux fois : dans [7, 7, 7], la paire (7, 7) n'est
    remplacée qu'une fois, au début.

    Paramètres
        ids : liste de jetons, vide peut-être. Elle n'est pas modifiée.
        pair : la paire à remplacer, (gauche, droite).
        new_id : le jeton qui prend sa place.

    Renvoie
        Nouvelle liste de jetons.

    Exemple
        >>> merge_pair([5, 7, 7, 7, 5], (7, 7), 256)
        [5, 256, 7, 5]

    Source : Gage (1994), « A New Algorithm for Data Compression ».
    """
    merged: list[int] = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words: dict[str, int], n_merges: int) -> list[tuple[int, int]]:
    """Apprend les fusions d'un texte.

    Chaque mot commence comme la liste de ses octets. À chaque tour, on fusionne dans tous les mots la paire la plus
    fréquente ; la fusion numéro i fait le jeton 256 + i. Si plusieurs paires sont les plus fréquentes, on prend la
    plus petite dans l'ordre des couples de Python : (97, 98) avant (97, 99), et (97, 99) avant (98, 97).

    Paramètres
        words : mots distincts, avec leur nombre d'occurrences dans le texte. Le dictionnaire n'est pas modifié.
        n_merges : nombre de fusions voulu, 0 peut-être.

    Renvoie
        Liste des paires fusionnées, dans l'ordre. Elle est plus courte que `n_merges` s'il ne reste plus aucune
        paire, chaque mot étant devenu un seul jeton. Une paire qui n'est vue qu'une fois se fusionne aussi.

    Exemple
        >>> train_bpe({"abab": 1, "ab": 5}, n_merges=2)  # « ab », puis « abab »
        [(97, 98), (256, 256)]

    Source : Sennrich, Haddow et Birch (2016), § 3.2 ; Radford et al. (2019), « Language Models are Unsupervised
    Multitask Learners », § 2.2 (au niveau des octets).
    """
    sequences = [to_bytes(word) for word in words]
    weights = list(words.values())
    merges: list[tuple[int, int]] = []
    for i in range(n_merges):
        counts = count_pairs(sequences, weights)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        sequences = [merge_pair(ids, best, 256 + i) for ids in sequences]
        merges.append(best)
    return merges
