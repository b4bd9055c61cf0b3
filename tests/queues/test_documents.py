"""Viewers of documents: what strangers bring in is shown, and never acts."""

from dataclasses import dataclass

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.urls import reverse

from apps.lib.errors import NotFoundError
from apps.queues import documents
from apps.queues.documents import Mark, plain_type, registry
from apps.queues.documents.mail import clean_html
from apps.queues.documents.paged import spellings
from apps.queues.files import attach
from tests.factories_queues import ANNA
from tests.papers import MAIL, make_pdf, make_png, size_of_png
from tests.queues.pages import queue_in, waiting

INVOICE = make_pdf([[(60, 700, 12, "Total 1.203,50 EUR")], [(60, 700, 12, "End")]])


@pytest.fixture(autouse=True)
def own_viewers(monkeypatch):
    caches["pages"].clear()
    monkeypatch.setattr(registry, "_viewers", [])


@pytest.fixture
def keep(folder):
    item = waiting(queue_in(folder))

    def make(content, name, content_type=""):
        return attach(item, ContentFile(content, name=name), by=ANNA, content_type=content_type)

    return make


def drawn(file, marks=()):
    template, context = documents.show(file, marks)
    return render_to_string(template, {"file": file, **context})


@pytest.mark.django_db
def test_pages_of_a_pdf_come_later_and_then_with_the_places_of_the_fields(keep):
    file = keep(INVOICE, "a.pdf", "application/pdf")
    marks = [
        Mark(path="total", title="Total", page=0, text="1203.5", is_doubtful=True),
        Mark(path="end", title="<End>", page=2, box=(0.1, 0.2, 0.3, 0.25)),
        Mark(path="odd", title="Odd", page=1, box=(-5.0, 0.99, 7.0, float("1e9"))),
    ]

    later = drawn(file, marks)
    documents.prepare(file)
    pages_without_places = drawn(file, marks)
    documents.prepare(file, marks)
    now = drawn(file, marks)

    assert "being drawn" in later
    assert "being drawn" in pages_without_places
    assert now.count("<img") == 2
    assert 'data-box-of="total" class="is-doubtful"' in now
    assert 'data-box-of="end" x="97" y="197" width="206" height="56"' in now
    assert "&lt;End&gt;" in now
    assert 'data-box-of="odd"' in now
    assert "style=" not in now


@pytest.mark.django_db
def test_a_broken_pdf_says_so_and_is_not_read_again(keep, monkeypatch):
    file = keep(b"%PDF-1.4 nothing", "a.pdf", "application/pdf")
    documents.prepare(file)
    monkeypatch.setattr(documents.paged.pdf, "describe", None)

    documents.prepare(file)

    assert "damaged" in drawn(file)


@pytest.mark.django_db
def test_a_page_is_a_picture_that_only_those_see_who_see_the_item(
    keep, business_client, client, settings
):
    file = keep(INVOICE, "a.pdf", "application/pdf")
    address = reverse("items:file_page", args=[file.item_id, file.pk, 2])

    answer = business_client.get(address)

    assert size_of_png(answer.content)[0] == 1400
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(address).status_code == 302
    for page in (0, 3, 99999999):
        gone = reverse("items:file_page", args=[file.item_id, file.pk, page])
        assert business_client.get(gone).status_code == 404
    with pytest.raises(NotFoundError):
        documents.page_of(keep(b"text", "a.txt", "text/plain"), 1)


@pytest.mark.django_db
def test_an_e_mail_is_read_and_nothing_in_it_acts(keep):
    html = drawn(keep(MAIL, "a.eml", "application/octet-stream"))

    assert "Jürgen &lt;j@example.com&gt;" in html
    assert "The <b>kitchen</b> is wet." in html
    assert 'href="https://example.com/x"' in html
    assert "&lt;b&gt;claim.pdf" in html
    lowered = html.lower()
    for evil in ("<script", "javascript:", "onload", "evil.example", "<iframe", "<form", "<style"):
        assert evil not in lowered
    assert "<img" not in lowered
    assert "display:none" not in lowered


@pytest.mark.parametrize(
    "html",
    [
        "<svg onload=alert(1)>", "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<p style='background:url(http://e.example)'>a", "<a href=' java\nscript:alert(1)'>a</a>",
        "<base href=http://e.example>", "<meta http-equiv=refresh content='0;url=http://e'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<p id=task-form>a</p>",
        "<div class='decision-bar' hx-get=/x>a</div>",
    ],
)  # fmt: skip
def test_markup_of_mails_is_harmless(html):
    cleaned = clean_html(html)

    for evil in (
        "onload",
        "onerror",
        "script",
        "style",
        "id=",
        "class=",
        "hx-",
        "src=",
        "http://e",
    ):
        assert evil not in cleaned


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        b"Subject: =?x-unknown?q?a?=\nContent-Type: text/plain; charset=x-none\n\nb\xff",
        b"Content-Type: multipart/mixed; boundary=\n\n--\n", b"Date: never\nFrom: @\n\nx",
        b"Subject: a\nContent-Type: multipart/alternative; boundary=q\n\n--q\n\n--q--",
        b"To: " + b"a@b, " * 5000 + b"\n\nhello",
    ],
)  # fmt: skip
def test_odd_mails_are_still_shown(keep, content):
    assert "document-mail" in drawn(keep(content, "a.eml"))


@pytest.mark.django_db
def test_xml_folds_and_stays_text(keep):
    content = b'<a x="&lt;script&gt;"><b>1 &lt;script&gt;</b><c><d>2</d></c><!-- <i> --></a>'

    html = drawn(keep(content, "a.xml", "text/xml"))

    assert html.count("<details") == 2
    assert "<script" not in html
    assert "<i>" not in html
    assert "1 &lt;script&gt;" in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content", [b"<a>" * 300 + b"x" + b"</a>" * 300, b"<a>" + b"<b>1</b>" * 5000 + b"</a>"]
)
def test_xml_that_is_deep_or_long_is_shown_all_the_same(keep, content):
    html = drawn(keep(content, "a.xml", "text/xml"))

    assert len(html) < 1_500_000
    assert "b" in html


@pytest.mark.django_db
def test_tables_are_tables_and_formulas_and_markup_are_text(keep):
    rows = ["name;total", "<script>alert(1)</script>;=1+2", *(f"row {n};{n}" for n in range(700))]

    html = drawn(keep("\n".join(rows).encode(), "a.csv", "text/csv"))

    assert "<th scope" in html
    assert "&lt;script&gt;" in html
    assert "=1+2" in html
    assert "201 more rows" in html


@pytest.mark.django_db
def test_html_and_svg_of_strangers_are_text(keep):
    for name, kind in (("a.html", "text/html"), ("a.svg", "image/svg+xml"), ("a.xhtml", "")):
        html = drawn(keep(b"<p><script>alert(1)</script></p>", name, kind))

        assert "<script" not in html


@pytest.mark.django_db
def test_a_picture_is_shown_with_its_boxes(keep):
    file = keep(make_png(), "shot.png", "image/png")

    html = drawn(file, [Mark(path="a", title="A", box=(0.0, 0.0, 0.5, 0.5))])

    assert reverse("items:file_image", args=[file.item_id, file.pk]) in html
    assert 'data-box-of="a"' in html


@dataclass
class Named:
    name: str
    content_type: str


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("a.pdf", "", "application/pdf"), ("a.PDF", "application/octet-stream", "application/pdf"),
        ("a.eml", "", "message/rfc822"), ("a.txt", "Text/HTML; charset=utf-8", "text/html"),
        ("a", "", ""), ("a.svg", "", "image/svg+xml"),
    ],
)  # fmt: skip
def test_the_name_tells_the_kind_only_where_nobody_said_one(name, said, kind):
    assert plain_type(Named(name, said)) == kind


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1203.5", "1.203,50"), ("1203.5", "1,203.50"), ("1203.5", "1203,50"), ("12", "12"),
        ("2026-03-31", "31.03.2026"), ("2026-03-01", "1.3.2026"), ("RE-1", "RE-1"),
        ("-5", "-5.00"), ("2026-13-45", "2026-13-45"),
    ],
)  # fmt: skip
def test_values_are_looked_for_as_documents_write_them(text, written):
    assert written in spellings(text)
