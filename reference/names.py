"""Lists of French first names: a plain text file, or the national file of the civil register published by INSEE.

Both loaders answer a bad file with a `NamesError` that names the file, the line and what is wrong with it.
Source of the data: Insee, Fichier des prénoms, Licence Ouverte 2.0 (see data/names/README.md).
"""

import io
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

INSEE_COLUMNS = ["sexe", "preusuel", "annais", "nombre"]
INSEE_RARE = "_PRENOMS_RARES"  # one row a year that sums the names too rare to be published
MIN_BIRTHS = 85
MIN_NAMES_PER_LETTER = 6


class NamesError(ValueError):
    """A list of names cannot be read; the message says which file, which line and why."""


def load_names(path: str | Path) -> list[str]:
    """Read a list of names: UTF-8, one name a line, in the order of the file.

    Letters are composed (Unicode NFC), so that 'é' is one symbol whatever program wrote the file; case is kept.

    Raises:
        NamesError: the file is missing, not UTF-8 or empty; a line is empty, has spaces around or inside the name,
            or has a '.', which marks the ends of a name.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "names.txt"
        >>> _ = path.write_text("anne-marie\\nléa\\n", encoding="utf-8")
        >>> load_names(path)
        ['anne-marie', 'léa']
    """
    path = Path(path)
    text = _decode(_read(path), path)
    names = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    if not names:
        raise NamesError(f"{path}: the file is empty, expected one name a line")
    for number, name in enumerate(names, start=1):
        _check_name(name, path, number)
    return [unicodedata.normalize("NFC", name) for name in names]


def load_insee(path: str | Path) -> list[str]:
    """Read the official list: names of at least 85 births whose letters all occur in at least 6 of these names.

    Args:
        path: INSEE's national file `nat2022.csv` or the zip that holds it.

    Returns:
        The names in lower case, unique, sorted by code point (15,263 of them for the edition of 2023).

    Raises:
        NamesError: as `insee_births`, or no name is left.
    """
    births = insee_births(path)
    names = sorted(name for name, count in births.items() if count >= MIN_BIRTHS)
    kept = drop_rare_letters(names, MIN_NAMES_PER_LETTER)
    if not kept:
        raise NamesError(
            f"{path}: no name has at least {MIN_BIRTHS} births and only letters found in {MIN_NAMES_PER_LETTER} names; "
            "is the file complete?"
        )
    return kept


def insee_births(path: str | Path) -> dict[str, int]:
    """Births of each name (lower case) in INSEE's national file, summed over sexes and years.

    The row of rare names (`_PRENOMS_RARES`) is left out; births of an unknown year (`XXXX`) count.

    Raises:
        NamesError: the file is missing, a broken zip, not UTF-8, has other columns, a row with a missing field or a
            bad value, or ends in the middle of a line. A file cut exactly between two lines cannot be told from a
            complete one.
    """
    path = Path(path)
    text = _decode(_csv_bytes(path), path)
    lines = text.split("\n")
    header = lines[0].removesuffix("\r").split(";")
    if header != INSEE_COLUMNS:
        expected, found = ";".join(INSEE_COLUMNS), ";".join(header)[:80]
        raise NamesError(f"{path}, line 1: expected the columns {expected}, found {found!r}")
    births: Counter[str] = Counter()
    for number, line in enumerate(lines[1:-1], start=2):
        name, count = _parse_row(line.removesuffix("\r"), path, number)
        births[name] += count
    if lines[-1]:  # the last line of a complete file ends with a line break
        raise NamesError(f"{path}, line {len(lines)}: the file ends in the middle of this line; download it again")
    births.pop(INSEE_RARE.lower(), None)
    return dict(births)


def drop_rare_letters(names: Iterable[str], minimum: int) -> list[str]:
    """Names without a letter that occurs in fewer than `minimum` of the names.

    Each letter counts once a name. One pass: the letters are counted on the names given, not again on those left.

    Example:
        >>> drop_rare_letters(["anna", "ana", "zoé"], 2)
        ['anna', 'ana']
    """
    names = list(names)
    names_with = Counter(letter for name in names for letter in set(name))
    rare = {letter for letter, count in names_with.items() if count < minimum}
    return [name for name in names if rare.isdisjoint(name)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NamesError(f"{path}: cannot be read: {error.strerror or error}") from error


def _csv_bytes(path: Path) -> bytes:
    """The bytes of the csv file, taken out of the zip when `path` is one."""
    data = _read(path)
    if path.suffix.lower() != ".zip" and not data.startswith(b"PK\x03\x04"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(members) != 1:
                raise NamesError(f"{path}: expected one .csv file in the zip, found {len(members)}")
            return archive.read(members[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # RuntimeError: encrypted or unsupported
        raise NamesError(f"{path}: broken zip ({error}); download it again") from error


def _decode(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        if error.reason == "unexpected end of data":
            problem = "the file ends in the middle of a character; download it again"
        else:
            problem = f"not UTF-8 (byte 0x{error.object[error.start]:02x}); save the file as UTF-8"
        raise NamesError(f"{path}, line {line}: {problem}") from error


def _parse_row(line: str, path: Path, number: int) -> tuple[str, int]:
    """Name in lower case and births of one row `sexe;preusuel;annais;nombre`."""
    fields = line.split(";")
    if len(fields) != len(INSEE_COLUMNS):
        raise NamesError(f"{path}, line {number}: expected 4 fields, found {len(fields)}: {line[:80]!r}")
    sex, name, year, births = fields
    if sex not in ("1", "2"):
        raise NamesError(f"{path}, line {number}: sexe must be 1 or 2, found {sex[:40]!r}")
    if year != "XXXX" and not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise NamesError(f"{path}, line {number}: annais must be a year or XXXX, found {year[:40]!r}")
    if not (births.isascii() and births.isdigit()):
        raise NamesError(f"{path}, line {number}: nombre must be a whole number of births, found {births[:40]!r}")
    _check_name(name, path, number)
    return unicodedata.normalize("NFC", name.lower()), int(births)


def _check_name(name: str, path: Path, number: int) -> None:
    if not name:
        raise NamesError(f"{path}, line {number}: the name is empty")
    if "." in name or any(character.isspace() for character in name):
        raise NamesError(f"{path}, line {number}: a name has no space and no '.', found {name[:40]!r}")
