"""PNG pictures from a student's process, checked and rewritten before a browser decodes them.

Only the chunks that draw the picture are kept (PNG specification, third edition, section 11): an animation, a colour
profile that expands to gigabytes or a text chunk with a message do not reach the page.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass

MAX_BASE64 = 900_000
MAX_SIDE = 8_000
MAX_PIXELS = 16_000_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND"})


@dataclass(frozen=True)
class Png:
    """A picture that is safe to embed.

    Attributes:
        base64: ASCII, without line breaks.
        width, height: in pixels.
    """

    base64: str
    width: int
    height: int


def read_png(encoded: str) -> Png | None:
    """Check a base64 PNG and keep what draws the picture.

    Args:
        encoded: `image/png` of an output; line breaks are allowed.

    Returns:
        None when it is no PNG, is damaged, or is too large in bytes or in pixels.
    """
    if len(encoded) > MAX_BASE64 * 1.05:
        return None
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    chunks = _chunks(data)
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND" or len(chunks[0][1]) != 13:
        return None
    width, height = struct.unpack(">II", chunks[0][1][:8])
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        return None
    kept = b"".join(_pack(kind, body) for kind, body in chunks if kind in _KEPT)
    text = base64.b64encode(_SIGNATURE + kept).decode("ascii")
    return Png(text, width, height) if len(text) <= MAX_BASE64 else None


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Type and body of every chunk up to IEND; none when one is cut short or its checksum is wrong."""
    if not data.startswith(_SIGNATURE):
        return []
    chunks: list[tuple[bytes, bytes]] = []
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        kind, end = data[position + 4 : position + 8], position + 8 + length
        if end + 4 > len(data) or struct.unpack_from(">I", data, end)[0] != zlib.crc32(data[position + 4 : end]):
            return []
        chunks.append((kind, data[position + 8 : end]))
        if kind == b"IEND":
            return chunks
        position = end + 4
    return []


def _pack(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
