"""Finds keys of paid services in a text, and takes them out. A key that others have seen has to be revoked.

    import keycheck

    keycheck.count_keys('api_key = "..."')

Knows the prefixes of several vendors, and keys without one by where they stand: beside a name such as MISTRAL_API_KEY, or
behind "Bearer". Also finds, whatever they look like, the values of the environment's own variables of such a name. Works on
the text of a notebook's file as it is, where quotes are escaped. The standard library is enough.
"""

from __future__ import annotations

import os
import re

REMOVED = "CLE-RETIREE"

# A key holds letters and digits; a placeholder such as "xxxxxxxx" or "your-key-goes-here" does not. Lengths are bounded, so that
# no text takes long.
_MIXED = r"(?=[\w-]{0,400}\d)(?=[\w-]{0,400}[A-Za-z])"
# Not inside a word, or right behind a new line as JSON writes it; prefix and at least so many characters as the vendor gives. What
# scikit-learn writes into pages ("sk-toggleable__label") has no capital.
_PREFIXED = re.compile(
    r"(?:(?<![\w-])|(?<=\\[nrt]))(?:sk-(?=[\w-]{0,400}[A-Z])(?=[\w-]{0,400}\d)[\w-]{24,400}"
    r"|hf_[A-Za-z]{30,60}|gh[pousr]_\w{36,80}|AIza[\w-]{35}|gsk_\w{40,80})",
    re.ASCII,
)
_QUOTE = r"\\{0,3}[\"']"  # escaped once or twice, where a notebook's file holds it
_NAMED = re.compile(
    rf"(?:(?i:api[_-]?key)|_KEY|_TOKEN)(?:{_QUOTE})?\]?(?:\s{{0,4}}[=:,]\s{{0,4}}{_QUOTE}|=)({_MIXED}[\w-]{{20,400}})(?![\w.(-])",
    re.ASCII,
)
_BEARER = re.compile(rf"Bearer\s{{1,4}}({_MIXED}[\w.-]{{20,400}})", re.ASCII)
_PATTERNS = (
    (("sk-", "hf_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "aiza", "gsk_"), _PREFIXED),
    (("api_key", "api-key", "apikey", "_key", "_token"), _NAMED),
    (("bearer",), _BEARER),
)
_VARIABLES = ("API_KEY", "TOKEN", "SECRET")
_VALUE = re.compile(rf"{_MIXED}[\w.-]{{20,}}", re.ASCII)


def without_keys(text: str) -> tuple[str, int]:
    """The text with REMOVED in the place of every key, and how many there were.

    Example:
        >>> without_keys('MISTRAL_API_KEY = "' + 8 * "a1B2" + '"')
        ('MISTRAL_API_KEY = "CLE-RETIREE"', 1)
        >>> without_keys('api_key = os.environ["MISTRAL_API_KEY"]')
        ('api_key = os.environ["MISTRAL_API_KEY"]', 0)
    """
    count = 0

    def taken(match: re.Match[str]) -> str:
        nonlocal count
        key = match[match.re.groups]
        count += 1
        return match[0].replace(key, REMOVED)

    for value in secret_values():
        count += text.count(value)
        text = text.replace(value, REMOVED)
    lowered = text.lower()
    for hints, pattern in _PATTERNS:
        if any(
            hint in lowered for hint in hints
        ):  # many times quicker than the pattern, and nearly every text ends here
            text = pattern.sub(taken, text)
    return text, count


def count_keys(text: str) -> int:
    """How many keys a text holds.

    Example:
        >>> count_keys("sk-learn, risk-free, sk-toggleable__content-arrow-2")
        0
    """
    return without_keys(text)[1]


def secret_values() -> list[str]:
    """Values of the environment's variables whose names end in API_KEY, TOKEN or SECRET, the longest first; not what may be plain words."""
    found = {value.strip() for name, value in os.environ.items() if name.upper().endswith(_VARIABLES)}
    return sorted((value for value in found if _VALUE.fullmatch(value)), key=lambda value: (-len(value), value))
