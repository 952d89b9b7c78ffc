"""Personal data taken out of a text before it leaves the machine, and put back into the answer."""

import re


def mask_personal_data(text: str, patterns: dict[str, str]) -> tuple[str, dict[str, str]]:
    r"""Remplace les données personnelles d'un texte par des étiquettes.

    Les motifs sont appliqués l'un après l'autre, dans l'ordre du dictionnaire. Chaque donnée trouvée devient une
    étiquette « [SORTE_n] », où n compte, à partir de 1, les données différentes de cette sorte, dans l'ordre du texte.
    La même donnée, écrite exactement de même, reçoit la même étiquette partout.

    Paramètres
        text : le texte.
        patterns : pour chaque sorte de donnée, son nom et l'expression régulière qui la trouve. Le motif d'une sorte
            ne convient à aucune étiquette.

    Renvoie
        masked : le texte sans les données.
        table : dictionnaire qui donne, pour chaque étiquette, la donnée qu'elle remplace.

    Exemple
        >>> mask_personal_data("Léa et Zoé ; Léa a le 12345.", {"NOM": "Léa|Zoé", "CODE": r"\b\d{5}\b"})
        ('[NOM_1] et [NOM_2] ; [NOM_1] a le [CODE_1].', {'[NOM_1]': 'Léa', '[NOM_2]': 'Zoé', '[CODE_1]': '12345'})

    Source : règlement (UE) 2016/679, article 4, 5) (« pseudonymisation »).
    """
    table: dict[str, str] = {}
    for kind, pattern in patterns.items():
        numbers: dict[str, str] = {}

        def label(match: re.Match[str], kind: str = kind, numbers: dict[str, str] = numbers) -> str:
            return numbers.setdefault(match[0], f"[{kind}_{len(numbers) + 1}]")

        text = re.sub(pattern, label, text)
        table |= {name: found for found, name in numbers.items()}
    return text, table


def restore(text: str, table: dict[str, str]) -> str:
    """Remet les données à la place des étiquettes.

    Paramètres
        text : un texte, par exemple la réponse d'un modèle.
        table : ce que `mask_personal_data` a renvoyé.

    Renvoie
        Le texte, où chaque étiquette de la table est remplacée par sa donnée, partout où elle se trouve.

    Exemple
        >>> restore("Bonjour [NOM_1] !", {"[NOM_1]": "Léa"})
        'Bonjour Léa !'

    Source : règlement (UE) 2016/679, article 4, 5) (« pseudonymisation »).
    """
    for label, found in table.items():
        text = text.replace(label, found)
    return text
