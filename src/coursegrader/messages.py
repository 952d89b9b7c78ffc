"""Every text that a student reads from the engine, by key, in the course's language.

The texts live in `locales/<language>.toml`; a key is "section.name". A translation may be partial: what it lacks is
told in French, the language the course is written in.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

FALLBACK = "fr"
LOCALES = Path(__file__).parent / "locales"

_language = FALLBACK


def available_languages() -> tuple[str, ...]:
    """Codes of the languages that have a file, sorted.

    Example:
        >>> "fr" in available_languages()
        True
    """
    return tuple(sorted(path.stem for path in LOCALES.glob("*.toml")))


def set_language(code: str) -> None:
    """Choose the language of all texts; done once, when the course is read.

    Raises:
        ValueError: there is no file of this language.
    """
    if code not in available_languages():
        raise ValueError(f"no texts in language {code!r}; there are {', '.join(available_languages())}")
    global _language
    _language = code


def language() -> str:
    """The language of all texts."""
    return _language


def text(key: str, /, **fields: object) -> str:
    """The text of a key, its `{fields}` filled in.

    Args:
        key: "section.name".
        fields: what the text's fields stand for; a value is inserted as it is, braces included.

    Raises:
        KeyError: no such text, or a field that is not supplied.

    Example:
        >>> text("expect.shape", what="counts", expected="(3, 3)", actual="(3,)")
        '« counts » doit avoir la forme (3, 3), mais sa forme est (3,).'
    """
    return _template(key).format_map(fields)


def has_text(key: str) -> bool:
    """Whether a text of this key exists.

    Example:
        >>> has_text("expect.shape"), has_text("expect.nonsense")
        (True, False)
    """
    return key in texts(_language) or key in texts(FALLBACK)


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of one language's file, unfilled, by key.

    Raises:
        ValueError: the file holds something else than sections of texts.
    """
    data = tomllib.loads((LOCALES / f"{language}.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for section, entries in data.items():
        if not isinstance(entries, dict) or not all(isinstance(entry, str) for entry in entries.values()):
            raise ValueError(f"locales/{language}.toml: [{section}] must hold texts only")
        found.update({f"{section}.{name}": entry for name, entry in entries.items()})
    return found


def _template(key: str) -> str:
    own = texts(_language)
    return own[key] if key in own else texts(FALLBACK)[key]
