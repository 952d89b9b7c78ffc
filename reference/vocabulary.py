"""Vocabulary: the symbols of a list of names and their numbers."""


def build_vocabulary(names: list[str]) -> tuple[list[str], dict[str, int]]:
    """Numérote les symboles d'une liste de prénoms.

    Le symbole « . » marque à la fois le début et la fin d'un prénom : il porte le numéro 0.
    Les autres symboles (lettres, trait d'union, apostrophe) suivent dans l'ordre de `sorted`,
    pour que la numérotation soit la même à chaque exécution.

    Paramètres
        names : liste de prénoms ; aucun ne contient « . ».

    Renvoie
        itos : liste des V symboles (de type `str`) ; `itos[i]` est le symbole numéro i.
        stoi : dictionnaire inverse, `stoi[itos[i]] == i`.

    Exemple
        >>> itos, stoi = build_vocabulary(["léa", "anne"])
        >>> itos
        ['.', 'a', 'e', 'l', 'n', 'é']
        >>> stoi["l"]
        3

    Source : Shannon (1948), « A Mathematical Theory of Communication », § 2 (une source discrète et son alphabet).
    """
    itos = [".", *sorted(set("".join(names)))]
    stoi = {symbol: i for i, symbol in enumerate(itos)}
    return itos, stoi
