"""Reads one PDF in a process of its own: what a hostile file breaks or eats up is only this.

The first line of the input is the request as JSON, the rest is the file. The answer is a PNG for
`render`, JSON for all else. Exits with 3 for a file that is locked, 4 for one that is broken.
Stands alone: it imports nothing of the control room.
"""

import ctypes
import json
import resource
import struct
import sys
import zlib
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

LOCKED, BROKEN = 3, 4
MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 10
MAX_PIXELS = 6_000_000
MAX_SCALE = 8.0
MAX_SEARCHED_PAGES = 30
SHARES = 100_000  # the grid that places on a page are measured with
PNG_LEVEL = 4


def main() -> int:
    _limit()
    asked = json.loads(sys.stdin.buffer.readline())
    content = sys.stdin.buffer.read()
    try:
        document = pdfium.PdfDocument(content)
        document.init_forms()  # what people filled in is drawn, too; nothing in it ever runs
        answer = ANSWERS[asked["want"]](document, asked)
    except pdfium.PdfiumError as error:
        is_locked = "password" in str(error).lower() or "security" in str(error).lower()
        return LOCKED if is_locked else BROKEN
    sys.stdout.buffer.write(answer)
    return 0


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _describe(document: Any, asked: dict[str, Any]) -> bytes:
    amount = len(document)
    sizes = []
    for index in range(min(amount, asked["pages"])):
        page = document[index]
        sizes.append([round(side, 2) for side in page.get_size()])
        page.close()
    return json.dumps({"amount": amount, "sizes": sizes}).encode()


def _render(document: Any, asked: dict[str, Any]) -> bytes:
    page = document[asked["page"] - 1]
    wide, high = page.get_size()
    scale = min(asked["width"] / wide, (MAX_PIXELS / (wide * high)) ** 0.5, MAX_SCALE)
    bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
    return _png(bitmap)


def _png(bitmap: Any) -> bytes:
    colours = {1: 0, 3: 2, 4: 6}[bitmap.n_channels]
    row, pixels = bitmap.width * bitmap.n_channels, memoryview(bitmap.buffer).cast("B")
    lines = bytearray()
    for top in range(0, bitmap.height * bitmap.stride, bitmap.stride):
        lines += b"\x00"
        lines += pixels[top : top + row]
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, colours, 0, 0, 0)
    packed = zlib.compress(bytes(lines), PNG_LEVEL)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _find(document: Any, asked: dict[str, Any]) -> bytes:
    """Find texts in the text layer: {name: {"page", "box"}} of each first place."""
    found: dict[str, Any] = {}
    for index in range(min(len(document), MAX_SEARCHED_PAGES)):
        wanted = [
            each
            for each in asked["texts"]
            if each["name"] not in found and each.get("page") in (None, index + 1)
        ]
        if not wanted:
            continue
        page = document[index]
        text = page.get_textpage()
        for each in wanted:
            box = _first_place(page, text, each["variants"])
            if box is not None:
                found[each["name"]] = {"page": index + 1, "box": box}
        text.close()
        page.close()
    return json.dumps(found).encode()


def _first_place(page: Any, text: Any, variants: list[str]) -> list[float] | None:
    for is_word in (True, False):
        for variant in variants:
            place = text.search(variant, match_whole_word=is_word).get_next()
            if place is not None:
                return _box(page, text, *place)
    return None


def _box(page: Any, text: Any, index: int, count: int) -> list[float] | None:
    """Return left, top, right, bottom as shares of the page as it is drawn, turned or not."""
    if not text.count_rects(index, count):
        return None
    left, bottom, right, top = text.get_rect(0)
    corners = [_share(page, left, top), _share(page, right, bottom)]
    xs, ys = sorted(x for x, _y in corners), sorted(y for _x, y in corners)
    return [xs[0], ys[0], xs[1], ys[1]]


def _share(page: Any, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, SHARES, SHARES, 0, x, y, across, down)
    return across.value / SHARES, down.value / SHARES


ANSWERS = {"describe": _describe, "render": _render, "find": _find}

if __name__ == "__main__":
    sys.exit(main())
