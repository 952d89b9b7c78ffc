"""Both loaders: what they keep, and what they say about every kind of bad file."""

import io
import zipfile
from pathlib import Path

import pytest

from reference.names import NamesError, drop_rare_letters, insee_births, load_insee, load_names

HEADER = "sexe;preusuel;annais;nombre"
# Six names of 85 births and more share every letter of "anne"; the others are each left out for one reason.
ROWS = [
    "1;_PRENOMS_RARES;1900;5000",
    "2;ANNE;1900;84",
    "1;ANNE;1901;1",  # the other sex counts: 85 in all
    "2;ENNA;XXXX;85",  # an unknown year counts
    "2;NANE;1902;90",
    "2;NÉA;1903;400",  # é is in one name only
    "2;NAEN;1904;90",
    "2;EAN;1905;90",
    "1;NEA;1906;60",
    "1;NEA;2022;25",
    "1;ANEN;1907;84",  # one birth too few
]
KEPT = ["anne", "ean", "enna", "naen", "nane", "nea"]


def csv_bytes(rows: list[str] = ROWS, header: str = HEADER, end: str = "\r\n") -> bytes:
    return "".join(line + end for line in [header, *rows]).encode()


def zip_bytes(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        csv_bytes(),
        csv_bytes(end="\n"),
        b"\xef\xbb\xbf" + csv_bytes(),
        zip_bytes(nat2022_csv=csv_bytes(), readme_txt=b"?"),
    ],
    ids=["crlf", "lf", "byte order mark", "zip"],
)
def test_official_format(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "nat2022"  # a zip is recognised by its content as well as by its suffix
    path.write_bytes(data)
    assert load_insee(path) == KEPT
    assert load_insee(str(path)) == KEPT


def test_births_are_summed_without_the_row_of_rare_names(tmp_path: Path) -> None:
    path = tmp_path / "nat.csv"
    path.write_bytes(csv_bytes())
    births = insee_births(path)
    assert births["anne"] == 85
    assert births["nea"] == 85
    assert sum(births.values()) == 85 + 85 + 90 + 400 + 90 + 90 + 85 + 84
    assert not any("rares" in name for name in births)


def row(text: str) -> bytes:
    """A file whose line 4 is `text`."""
    return csv_bytes([*ROWS[:2], text, *ROWS[2:]])


BAD_CSV = {
    "empty": (b"", "line 1: expected the columns"),
    "other columns": (csv_bytes(header="sexe;prenom;periode;valeur"), "line 1: expected the columns.*valeur"),
    "commas": (csv_bytes(header=HEADER.replace(";", ",")), "line 1: expected the columns"),
    "no header": (csv_bytes(header=ROWS[0]), "line 1: expected the columns"),
    "cut in the header": (HEADER[:10].encode(), "line 1"),
    "header without line break": (HEADER.encode(), "line 1: the file ends in the middle"),
    "cut in a number": (csv_bytes()[:-3], "line 12: the file ends in the middle of this line"),
    "cut in a name": (csv_bytes()[:-12], "line 12: the file ends in the middle of this line"),
    "cut in a letter": (csv_bytes(["2;ZOÉ;1900;3"])[: len(HEADER) + 2 + 5], "line 2: .*middle of a character"),
    "latin-1": (csv_bytes().decode().encode("latin-1"), r"line 7: not UTF-8 \(byte 0xc9\)"),
    "utf-16": (csv_bytes().decode().encode("utf-16"), "line 1: not UTF-8"),
    "missing field": (row("1;JEAN;1900"), "line 4: expected 4 fields, found 3"),
    "extra field": (row("1;JEAN;1900;12;13"), "line 4: expected 4 fields, found 5"),
    "empty line": (row(""), "line 4: expected 4 fields, found 1"),
    "sex": (row("M;JEAN;1900;12"), "line 4: sexe must be 1 or 2, found 'M'"),
    "year": (row("1;JEAN;19OO;12"), "line 4: annais must be a year or XXXX, found '19OO'"),
    "columns swapped": (row("1;JEAN;12;1900"), "line 4: annais"),
    "negative number": (row("1;JEAN;1900;-12"), "line 4: nombre must be a whole number of births, found '-12'"),
    "decimal number": (row("1;JEAN;1900;12.0"), "line 4: nombre"),
    "no number": (row("1;JEAN;1900;"), "line 4: nombre"),
    "not an ASCII number": (row("1;JEAN;1900;²"), "line 4: nombre"),
    "empty name": (row("1;;1900;12"), "line 4: the name is empty"),
    "name with end mark": (row("1;J.P;1900;12"), "line 4: a name has no space and no '.'"),
    "no name left": (csv_bytes(ROWS[:3]), "no name has at least 85 births"),
}


@pytest.mark.parametrize("case", BAD_CSV)
@pytest.mark.parametrize("zipped", [False, True], ids=["csv", "zip"])
def test_bad_official_file(tmp_path: Path, case: str, zipped: bool) -> None:
    data, message = BAD_CSV[case]
    path = tmp_path / ("nat.zip" if zipped else "nat.csv")
    path.write_bytes(zip_bytes(nat_csv=data) if zipped else data)
    with pytest.raises(NamesError, match=message) as caught:
        load_insee(path)
    assert str(caught.value).startswith(str(path))


def corrupted_zip() -> bytes:
    """A zip whose compressed bytes no longer fit their checksum."""
    data = bytearray(zip_bytes(nat_csv=csv_bytes()))
    data[60] ^= 0xFF
    return bytes(data)


BAD_ZIP = {
    "truncated": (zip_bytes(nat_csv=csv_bytes())[:80], "broken zip"),
    "not a zip": (csv_bytes(), "broken zip"),
    "empty file": (b"", "broken zip"),
    "corrupted": (corrupted_zip(), "broken zip"),
    "no csv": (zip_bytes(nat_txt=csv_bytes()), "one .csv file in the zip, found 0"),
    "two csv": (zip_bytes(a_csv=csv_bytes(), b_csv=csv_bytes()), "one .csv file in the zip, found 2"),
}


@pytest.mark.parametrize("case", BAD_ZIP)
def test_bad_zip(tmp_path: Path, case: str) -> None:
    data, message = BAD_ZIP[case]
    path = tmp_path / "nat.zip"
    path.write_bytes(data)
    with pytest.raises(NamesError, match=message):
        load_insee(path)


@pytest.mark.parametrize("load", [load_names, load_insee])
def test_missing_file_and_folder(tmp_path: Path, load: object) -> None:
    assert callable(load)
    with pytest.raises(NamesError, match=r"absent\.csv: cannot be read: No such file"):
        load(tmp_path / "absent.csv")
    with pytest.raises(NamesError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["lf", "crlf", "no final line break"])
def test_list_of_names(tmp_path: Path, end: str) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(("zoé" + (end or "\n") + "n'guessan" + end).encode())
    assert load_names(path) == ["zoé", "n'guessan"]


def test_decomposed_accents_are_composed(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("le\u0301a\n".encode())
    assert load_names(path) == ["l\u00e9a"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\n", "line 1: the name is empty"),
        (b"anne\n\nmarie\n", "line 2: the name is empty"),
        (b"anne\n marie\n", "line 2: a name has no space"),
        (b"anne\nmarie.\n", "line 2: a name has no space and no '.'"),
        ("anne\nléa\n".encode("latin-1"), "line 2: not UTF-8"),
        ("anne\nzoé".encode()[:-1], "line 2: the file ends in the middle of a character"),
    ],
    ids=["empty", "blank", "empty line", "space", "end mark", "latin-1", "cut in a letter"],
)
def test_bad_list_of_names(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(data)
    with pytest.raises(NamesError, match=message):
        load_names(path)


def test_letters_are_counted_once_a_name_and_once_only() -> None:
    assert drop_rare_letters(["zza", "a", "ab", "b"], 2) == ["a", "ab", "b"]  # z twice, but in one name
    assert drop_rare_letters(["ax", "a", "b"], 2) == ["a"]  # a stays common after ax is gone
    assert drop_rare_letters([], 2) == []


def test_default_list(default_names: list[str]) -> None:
    assert len(default_names) == 20_727
    assert default_names == sorted(set(default_names))
    assert all(name == name.lower() for name in default_names)
    assert max(map(len, default_names)) == 19


def test_official_list(insee_file: Path) -> None:
    names = load_insee(insee_file)
    assert len(names) == 15_263
    assert names == sorted(set(names))
    assert {"marie", "léa", "jean-pierre"} <= set(names)


def test_default_list_comes_from_the_register(insee_file: Path, default_names: list[str]) -> None:
    births = insee_births(insee_file)
    assert min(births.get(name, 0) for name in default_names) == 44
