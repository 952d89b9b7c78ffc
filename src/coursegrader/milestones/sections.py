"""Which sections slides have: goal, methods, challenges and surprises, results; in French or English, with or without accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SECTIONS = ("goal", "methods", "challenges", "results")
LONGEST_TITLE = 90
_WORDS = {
    "goal": r"buts?\b(?! not)|objectifs?|problematique|goals?|aims?|objectives?|purpose|notre but|question de recherche",
    "methods": r"methodes?|methodologie|demarche|approche|methods?|methodology|approach",
    "challenges": r"defis?|difficultes?|obstacles?|surprises?|imprevus?|challenges?|difficulties|problemes rencontres|ce qui (m|n)ous a surpris",
    "results": r"resultats?|results?|findings|performances?",
}
_PATTERNS = {name: re.compile(rf"\b(?:{words})\b") for name, words in _WORDS.items()}
_NUMBERING = re.compile(r"^[\W\d_]*(?:[ivx]+[.)]\s+)?")


def plain(text: str) -> str:
    """Lower case, without accents.

    Example:
        >>> plain("Défis & Méthodes")
        'defis & methodes'
    """
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def sections_of(pages: Iterable[str]) -> set[str]:
    """The sections that the pages have a title for: a short line that has one of its words among the first five.

    Example:
        >>> sorted(sections_of(["Mon projet", "1. But et mesure\\nTrier des avis", "Défis et surprises", "Résultats"]))
        ['challenges', 'goal', 'results']
    """
    found: set[str] = set()
    for page in pages:
        for line in page.splitlines():
            line = _NUMBERING.sub("", plain(line))
            if not line or len(line) > LONGEST_TITLE or line.rstrip().endswith((".", ",", ";")):
                continue
            start = " ".join(line.split()[:5])
            found |= {
                name for name, pattern in _PATTERNS.items() if pattern.search(start) and not _conjunction(name, start)
            }
    return found


def _conjunction(name: str, start: str) -> bool:
    """The English "but" inside of a line is no goal; a title begins with it, or says whose it is."""
    words = list(_PATTERNS[name].findall(start)) if name == "goal" else []
    return words == ["but"] and not re.match(r"(le |notre |mon |son )?but\b", start)
