"""A PDF of one page with a few lines of text, written by hand: enough for a sample attachment."""

from collections.abc import Sequence

HEADER = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
LINE_HEIGHT_POINTS = 18


def make_pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF (A5) that shows `lines`; what is not Latin-1 becomes a question mark."""
    body = bytearray(HEADER)
    offsets = []
    for number, content in enumerate(_objects(lines), start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(offsets) + 1)
    body += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(body)


def _objects(lines: Sequence[str]) -> list[bytes]:
    text = b"\n".join(b"(%s) '" % _escaped(line) for line in lines)
    stream = b"BT /F1 12 Tf %d TL 40 560 Td\n%s\nET" % (LINE_HEIGHT_POINTS, text)
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]


def _escaped(line: str) -> bytes:
    for special in "\\()":
        line = line.replace(special, f"\\{special}")
    return " ".join(line.split()).encode("latin-1", errors="replace")
