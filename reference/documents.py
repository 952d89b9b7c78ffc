"""Answering from one's own documents: passages, the ones nearest to a question, an answer whose sources exist."""

import math
import re
from collections import Counter
from collections.abc import Callable


def chunk(text: str, size: int, overlap: int = 0) -> list[str]:
    """Coupe un texte en passages de `size` mots, dont chacun reprend les `overlap` derniers mots du précédent.

    Les mots sont ceux de `text.split()`, et un passage est fait de ses mots séparés par une espace. Le premier passage
    commence au premier mot, chacun commence `size - overlap` mots après le précédent, et l'on s'arrête au premier
    passage qui contient le dernier mot du texte : lui seul peut être plus court.

    Paramètres
        text : le texte ; il peut être vide.
        size : nombre de mots d'un passage.
        overlap : nombre de mots repris, au moins 0.

    Renvoie
        Liste de textes, dans l'ordre ; vide si le texte n'a pas de mot.

    Erreurs
        ValueError : `overlap` n'est pas plus petit que `size`.

    Exemple
        >>> chunk("un deux trois quatre cinq", size=3, overlap=1)
        ['un deux trois', 'trois quatre cinq']

    Source : Lewis et al. (2020), « Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks », § 3.
    """
    if overlap >= size:
        raise ValueError("overlap doit être plus petit que size")
    words = text.split()
    if not words:
        return []
    return [" ".join(words[i : i + size]) for i in range(0, max(len(words) - overlap, 1), size - overlap)]


def retrieve_passages(query: str, passages: list[str], k: int = 3) -> list[tuple[int, float]]:
    r"""Les k passages qui ressemblent le plus à une question, par le cosinus de leurs vecteurs TF-IDF.

    Les mots d'un texte sont ceux de `re.findall(r"\w+", text.lower())`. Avec N passages, dont df(m) contiennent le mot m,

        idf(m) = log((1 + N) / (1 + df(m))) + 1

    (logarithme naturel), et un texte a pour vecteur, sur chaque mot m, le nombre de fois qu'il contient m, multiplié
    par idf(m). Un mot de la question qu'aucun passage ne contient compte aussi dans la longueur de son vecteur (df = 0).

    Paramètres
        query : la question.
        passages : liste de N textes, peut-être vide.
        k : nombre de passages voulus, au moins 1.

    Renvoie
        Liste de couples (indice du passage, cosinus), du plus grand cosinus au plus petit, k au plus. À égalité, le
        plus petit indice d'abord. Les passages de cosinus nul n'y sont pas.

    Exemple
        >>> [i for i, _ in retrieve_passages("Le chat dort.", ["un chien court", "le chat mange", "il dort"])]
        [1, 2]

    Source : Salton et Buckley (1988), « Term-weighting approaches in automatic text retrieval » ; l'idf est celle de
    scikit-learn (`TfidfVectorizer`).
    """
    words = [Counter(re.findall(r"\w+", text.lower())) for text in [query, *passages]]
    df = Counter(word for counts in words[1:] for word in counts)
    vectors = [
        {word: n * (math.log((1 + len(passages)) / (1 + df[word])) + 1) for word, n in counts.items()}
        for counts in words
    ]
    lengths = [math.sqrt(sum(value**2 for value in vector.values())) for vector in vectors]
    asked = vectors[0]
    scores = []
    for i, vector in enumerate(vectors[1:]):
        product = sum(asked[word] * vector[word] for word in asked.keys() & vector.keys())
        if product > 0:
            scores.append((i, product / (lengths[0] * lengths[i + 1])))
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:k]


def answer_with_sources(
    ask: Callable[[list[dict[str, str]]], str], question: str, passages: list[str]
) -> tuple[str, list[int]]:
    """Fait répondre un modèle d'après des passages numérotés, et vérifie les sources qu'il cite.

    On envoie deux messages : une consigne, du rôle « system », et un message « user » qui contient chaque passage,
    précédé de son numéro entre crochets et d'une espace (« [1] », puis « [2] », dans l'ordre), puis la question.

    Dans la réponse, une source citée est un nombre entre crochets, « [2] » ; elle existe si elle est le numéro d'un
    passage. Celles qui n'existent pas sont remplacées dans le texte par « [?] ».

    Paramètres
        ask : fonction qui reçoit des messages et renvoie le texte de la réponse ; elle est appelée une fois.
        question : la question.
        passages : les passages, peut-être aucun ; alors `ask` n'est pas appelée.

    Renvoie
        text : la réponse, corrigée comme il est dit ; sans passage, "Je ne trouve pas la réponse dans les documents."
        sources : numéros des passages cités, qui existent, chacun une fois, dans l'ordre où le texte les cite d'abord.

    Exemple
        >>> answer_with_sources(lambda messages: "Oui [2], sans doute [7].", "Pleut-il ?", ["Il neige.", "Il pleut."])
        ('Oui [2], sans doute [?].', [2])

    Source : Lewis et al. (2020) ; Gao et al. (2023), « Enabling Large Language Models to Generate Text with Citations ».
    """
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    numbered = "\n".join(f"[{number}] {passage}" for number, passage in enumerate(passages, start=1))
    task = "Réponds d'après les passages seulement, et cite le numéro de chaque passage employé, comme ceci : [1]."
    text = ask([{"role": "system", "content": task}, {"role": "user", "content": f"{numbered}\n\n{question}"}])
    sources: list[int] = []

    def checked(match: re.Match[str]) -> str:
        number = int(match[1])
        if not 1 <= number <= len(passages):
            return "[?]"
        if number not in sources:
            sources.append(number)
        return match[0]

    return re.sub(r"\[(\d+)\]", checked, text), sources
