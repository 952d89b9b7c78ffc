"""Archives (zip, tar, tar.gz) read as data, within limits that no bomb gets past. Nothing is written to disk, nothing is followed."""

from __future__ import annotations

import gzip
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
MAX_ARCHIVE = 200 << 20
MAX_UNPACKED = 400 << 20
MAX_ENTRIES = 5_000
MAX_DIRECTORY = 4 << 20
KEPT = 64 << 20  # bytes of all files together that are kept; of the rest the name and the size are known
ONE = 16 << 20
MAX_NAME = 400
MAX_DESCRIPTION = (
    64 << 10
)  # bytes that a tar says about one entry, its name for example; and about all of them together


class BadArchive(Exception):
    """It cannot be read within the limits; `reason` is the ending of a key of the texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that can be read."""
    return name.lower().endswith(ENDINGS)


def read_archive(path: Path, room: int = KEPT) -> tuple[dict[str, tuple[int, bytes | None]], list[str]]:
    """The files in an archive.

    Args:
        path: a regular file, not above MAX_ARCHIVE.
        room: bytes that may be kept, at most KEPT.

    Returns:
        Path -> size in bytes and content (None where it is not kept), and the names that were left out: links, devices, and paths that
        lead out of the archive.

    Raises:
        BadArchive: damaged, encrypted, of another compression, or larger than the limits once unpacked.
    """
    try:
        entries = _zip(path) if path.name.lower().endswith(".zip") else _tar(path)
        return _collect(entries, min(room, KEPT))
    except BadArchive:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, OSError) as error:
        raise BadArchive("damaged") from error
    except (struct.error, ValueError, NotImplementedError, RuntimeError, IndexError, KeyError, OverflowError) as error:
        raise BadArchive("damaged") from error


def _collect(
    entries: Iterator[tuple[str, int, IO[bytes] | None]], room: int
) -> tuple[dict[str, tuple[int, bytes | None]], list[str]]:
    files: dict[str, tuple[int, bytes | None]] = {}
    left_out: list[str] = []
    kept = unpacked = 0
    for count, (name, _, stream) in enumerate(entries):
        if count >= MAX_ENTRIES:
            raise BadArchive("too_many")
        path = _safe(name)
        if stream is None or path is None:
            left_out.append(name[:MAX_NAME])
            continue
        content = stream.read(ONE + 1)
        size = len(content)
        while chunk := stream.read(1 << 20):  # what it says of its size may be a lie
            size += len(chunk)
            if unpacked + size > MAX_UNPACKED:
                raise BadArchive("bomb")
        unpacked += size
        if unpacked > MAX_UNPACKED:
            raise BadArchive("bomb")
        whole = size <= ONE and kept + size <= room
        kept += size if whole else 0
        files[path] = (size, content if whole else None)
    return files, left_out


def _safe(name: str) -> str | None:
    """A relative path below the archive's top; None for anything else."""
    if len(name) > MAX_NAME or not name.isprintable():
        return None
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return None
    return None if ":" in path.parts[0] else path.as_posix()


def _zip(path: Path) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    _refuse_large_directory(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            mode = info.external_attr >> 16
            if info.flag_bits & 1:
                raise BadArchive("encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise BadArchive("compression")
            if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
                yield info.filename, info.file_size, None
                continue
            with archive.open(info) as stream:
                yield info.filename, info.file_size, stream


def _refuse_large_directory(path: Path) -> None:
    """A directory of millions of entries would fill the memory before the first of them can be counted."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(size - 65_600, 0)
        file.seek(start)
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        raise BadArchive("damaged")
    if tail[max(end - 20, 0) : end].startswith(b"PK\x06\x07"):  # for archives of more than 4 GB or 65,535 files
        raise BadArchive("too_many")
    entries, directory = struct.unpack_from("<HL", tail, end + 10)
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY:
        raise BadArchive("too_many")


def _tar(path: Path) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    with path.open("rb") as file:
        packed = not path.name.lower().endswith(".tar")
        stream = _Bounded(gzip.GzipFile(fileobj=file) if packed else file)
        entry = type("Entry", (_Entry,), {"room": MAX_DESCRIPTION})
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=entry) as archive:  # type: ignore[call-overload]
            for member in archive:
                if member.isdir():
                    continue
                plain = member.isreg() and not member.issparse()
                yield member.name, member.size, archive.extractfile(member) if plain else None


class _Entry(tarfile.TarInfo):
    """An entry of a tar, refused where what is said about it would fill the memory: tarfile reads names, attributes and maps of holes whole.

    Attributes:
        room: bytes left, in this archive, of what is said about all entries that follow; tarfile keeps it and copies it for each of them.
    """

    room = 0

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if entry.type in _DESCRIPTIONS and entry.size > MAX_DESCRIPTION:
            raise BadArchive("bomb")
        if entry.type == tarfile.XGLTYPE:
            cls.room -= entry.size
            if cls.room < 0:
                raise BadArchive("bomb")
        if entry.type == tarfile.GNUTYPE_SPARSE and buf[_MORE_HOLES]:
            raise BadArchive("damaged")
        return entry

    def _proc_gnusparse_10(self, entry: tarfile.TarInfo, *_: object) -> None:
        """A file with holes is left out: its map, which may be as long as the archive, need not be read."""
        entry.sparse = b""


_DESCRIPTIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_MORE_HOLES = 482  # where a header of GNU's old form says that its map of holes goes on


class _Bounded:
    """A stream that ends in BadArchive where a bomb begins."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._left = stream, MAX_UNPACKED + (16 << 20)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(min(size, 16 << 20) if size >= 0 else 16 << 20)
        self._left -= len(data)
        if self._left < 0:
            raise BadArchive("bomb")
        return data
