"""The script that makes the images of digits, on a made-up wheel, and the file in place."""

import doctest
import gzip
import hashlib
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from scripts import make_digits

SOURCE = ",".join([*map(str, [0, 16] * 32), "9"]) + "\n" + ",".join(["1"] * 64 + ["0"]) + "\n"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel whose data file has the pinned digest."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.whl", "w") as archive:
        archive.writestr(make_digits.MEMBER, gzip.compress(SOURCE.encode()))
    monkeypatch.setattr(make_digits, "SHA256", hashlib.sha256(SOURCE.encode()).hexdigest())
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["make_digits.py", *map(str, arguments)])
    make_digits.main()


def test_examples() -> None:
    assert doctest.testmod(make_digits).failed == 0


def test_writes_then_checks(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "chiffres.csv"
    run(monkeypatch, "--wheels", wheels, "--output", output)
    header, first, second = output.read_text(encoding="ascii").splitlines()
    assert header.split(",")[:3] + header.split(",")[-1:] == ["chiffre", "p00", "p01", "p77"]
    assert first.split(",") == ["9", *["0", "16"] * 32]
    assert second.split(",") == ["0", *["1"] * 64]
    run(monkeypatch, "--wheels", wheels, "--output", output, "--check")
    output.write_text("chiffre\n", encoding="ascii")
    with pytest.raises(SystemExit, match="differs"):
        run(monkeypatch, "--wheels", wheels, "--output", output, "--check")


def test_a_changed_source_stops(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_digits, "SHA256", "0" * 64)
    with pytest.raises(SystemExit, match=r"a\.whl: .*digits\.csv\.gz is not the pinned version's"):
        make_digits.read_source(wheels)


def test_a_missing_source_stops(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no wheel holds"):
        make_digits.read_source(tmp_path)


@pytest.mark.parametrize(
    "line", ["1,2,9", ",".join(["17"] * 64 + ["1"]), ",".join(["1"] * 64 + ["10"]), "a" + ",1" * 64]
)
def test_a_line_that_is_no_image(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|invalid literal"):
        make_digits.make_digits(line)


def test_file_in_place() -> None:
    text = make_digits.OUTPUT.read_text(encoding="ascii")
    header, *lines = text.splitlines()
    rows = [[int(value) for value in line.split(",")] for line in lines]
    assert header.split(",") == make_digits.HEADER
    assert len(rows) == 1797
    assert all(len(row) == 65 and 0 <= min(row[1:]) <= max(row[1:]) <= 16 for row in rows)
    counts = Counter(row[0] for row in rows)
    assert set(counts) == set(range(10))
    assert (min(counts.values()), max(counts.values())) == (174, 183)


def test_readme_tells_what_is_in_place() -> None:
    readme = (make_digits.OUTPUT.parent / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(make_digits.OUTPUT.read_bytes()).hexdigest() in readme
    name, version = make_digits.PACKAGE.split("==")
    assert f"`{name}` {version}" in readme
    assert "CC-BY-4.0" in readme
    assert "Alpaydin" in readme
