"""PDF files are drawn and read by a child process that a hostile file can't take along."""

import pytest

from apps.lib import pdf
from tests.papers import make_pdf, size_of_png

INVOICE = make_pdf(
    [[(60, 700, 12, "Total 1.203,50 EUR"), (60, 600, 12, "Order 47110")], [(60, 700, 12, "End")]]
)


def test_pages_are_counted_measured_and_drawn():
    assert pdf.describe(INVOICE) == pdf.Pages(2, ((595.0, 842.0), (595.0, 842.0)))
    assert size_of_png(pdf.render(INVOICE, 1, width=595)) == (595, 842)


def test_texts_are_found_where_they_stand():
    found = pdf.find(
        INVOICE,
        [
            pdf.Sought("total", ("1,203.50", "1.203,50")),
            pdf.Sought("end", ("End",)),
            pdf.Sought("order", ("4711",), page=2),
            pdf.Sought("nothing", ("nowhere",)),
        ],
    )

    left, top, right, bottom = found["total"].box
    assert set(found) == {"total", "end"}
    assert (found["total"].page, found["end"].page) == (1, 2)
    assert 0.1 < left < right < 0.3
    assert 0.14 < top < bottom < 0.18


def test_boxes_fit_pages_that_are_turned():
    turned = make_pdf([[(60, 700, 12, "4711")]], rotate=90)

    left, top, _right, _bottom = pdf.find(turned, [pdf.Sought("a", ("4711",))])["a"].box

    assert left > 0.8
    assert top < 0.15


def test_a_huge_page_is_drawn_small_enough():
    wide, high = size_of_png(pdf.render(make_pdf([[]], size=(14_400, 14_400)), 1, width=20_000))

    assert wide * high <= 6_100_000


@pytest.mark.parametrize(
    "content",
    [b"", b"no pdf", b"%PDF-1.4\n" + b"\0" * 500, INVOICE[:300], b"%PDF-1.7\ntrailer<</Size 1>>"],
)
def test_files_that_are_broken_are_refused_in_words(content: bytes):
    with pytest.raises(pdf.PdfError, match="Download it"):
        pdf.render(content, 1, width=600)


def test_a_page_that_is_not_there_is_refused():
    with pytest.raises(pdf.PdfError):
        pdf.render(INVOICE, 9, width=600)


def test_a_file_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(pdf, "SECONDS", 0.001)

    with pytest.raises(pdf.PdfError, match="takes too long"):
        pdf.describe(INVOICE)


def test_whoever_comes_while_too_many_pages_are_drawn_is_told(monkeypatch):
    monkeypatch.setattr(pdf, "SECONDS", 0.001)
    turns = [pdf._turns.acquire() for _turn in range(pdf.AT_ONCE)]
    try:
        with pytest.raises(pdf.PdfBusyError):
            pdf.describe(INVOICE)
    finally:
        for _turn in turns:
            pdf._turns.release()
