"""Documents of items: what is kept, and who shows it."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.events.models import Event
from apps.lib.errors import DomainError, InvalidError, TooLargeError
from apps.queues import documents
from apps.queues.documents import registry
from apps.queues.files import attach, clean_name
from apps.queues.models import ItemFile
from tests.factories_queues import ANNA
from tests.queues.pages import SCRIPT, queue_in, waiting


@pytest.fixture
def item(folder):
    return waiting(queue_in(folder))


@pytest.fixture
def own_viewers(monkeypatch):
    monkeypatch.setattr(registry, "_viewers", [])


def keep(item, content, name="a.txt", content_type="text/plain"):
    return attach(item, ContentFile(content, name=name), by=ANNA, content_type=content_type)


@pytest.mark.django_db
def test_a_file_is_kept_with_its_digest_and_written_down(item):
    kept = keep(item, b"hello")

    assert (kept.name, kept.size, kept.added_by) == ("a.txt", 5, "Anna")
    assert kept.sha256.startswith("2cf24dba")
    assert Event.objects.get(kind="work_item.file_added").data["sha256"] == kept.sha256


@pytest.mark.django_db
def test_empty_and_large_files_are_refused(item, settings):
    settings.MAX_FILE_BYTES = 4

    with pytest.raises(InvalidError):
        keep(item, b"")
    with pytest.raises(TooLargeError):
        keep(item, b"hello")
    assert not ItemFile.objects.exists()


@pytest.mark.parametrize(("given", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\temp\\a.xml", "a.xml"), ("a\x00b\n.txt", "ab.txt"),
    ("", "file"), ("..", "file"), ("x" * 300, "x" * 255), ("März.pdf", "März.pdf"),
])  # fmt: skip
def test_names_are_only_names(given, kept):
    assert clean_name(given) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "content_type", "template"), [
    (b"hello", "text/plain", "text"), (b'{"a": 1}', "application/json", "text"),
    (b"{broken", "application/json", "text"), (b"<a><b/></a>", "application/xml", "xml"),
    (b"<a", "text/xml; charset=utf-8", "text"), (b"%PDF", "application/pdf", "pages_later"),
    (b"\x89PNG", "image/png", "pages"), (b"<svg/>", "image/svg+xml", "xml"),
    (b"\x00\x01", "text/plain", "download"), (b"MZ\x00", "application/octet-stream", "download"),
    ("schön".encode("latin-1"), "text/csv", "text"), (b"a;b\n1;2", "text/csv", "table"),
    (b"Subject: x\n\nhello", "message/rfc822", "mail"), (b"no mail", "message/rfc822", "download"),
])  # fmt: skip
def test_each_kind_of_file_has_a_viewer(item, own_viewers, content, content_type, template):
    shown, _context = documents.show(keep(item, content, content_type=content_type))

    assert shown == f"queues/documents/{template}.html"


@pytest.mark.django_db
def test_entities_are_never_resolved(item, own_viewers):
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'

    _template, context = documents.show(keep(item, bomb, content_type="application/xml"))

    assert "&amp;x;" in context["html"]
    assert "file:" not in context["html"]


@pytest.mark.django_db
def test_the_last_registered_viewer_is_asked_first_and_may_refuse(item, own_viewers):
    def refuses(_file):
        raise DomainError("Not mine.")

    documents.register_viewer(lambda file: ("mine.html", {}), content_types=["text/plain"])
    documents.register_viewer(refuses, content_types=["text/plain"])

    assert documents.show(keep(item, b"hello")) == ("mine.html", {})


@pytest.mark.django_db
def test_a_viewer_that_breaks_leaves_the_file_to_the_next(item, own_viewers):
    documents.register_viewer(lambda file: 1 / 0)

    template, _context = documents.show(keep(item, b"hello"))

    assert template == "queues/documents/text.html"


@pytest.mark.django_db
def test_a_file_that_the_storage_has_lost_is_a_download(item, own_viewers):
    kept = keep(item, b"hello")
    kept.file.storage.delete(kept.file.name)

    assert documents.show(kept)[0] == "queues/documents/download.html"


@pytest.mark.django_db
def test_a_lost_file_is_not_found(item, supervisor_client):
    kept = keep(item, b"hello")
    kept.file.storage.delete(kept.file.name)

    answer = supervisor_client.get(f"/items/{item.pk}/files/{kept.pk}/")

    assert answer.status_code == 404
    assert "lost" in answer.text


@pytest.mark.django_db
def test_names_and_contents_stay_text(item, supervisor_client):
    keep(item, SCRIPT.encode(), name=f"{SCRIPT}.txt")

    assert SCRIPT not in supervisor_client.get(f"/items/{item.pk}/").text


# --- on the page of an item ----------------------------------------------------------------------


def page_of(item, name="item_detail", *args):
    return reverse(f"items:{name}", args=[item.pk, *args])


@pytest.mark.django_db
def test_a_file_is_attached_and_read_beside_the_data(supervisor_client, item):
    upload = SimpleUploadedFile("note.txt", b"Call the vendor first.", "text/plain")

    supervisor_client.post(page_of(item, "file_add"), {"file": upload})

    page = supervisor_client.get(page_of(item)).text
    assert "Call the vendor first." in page
    assert "note.txt" in page


@pytest.mark.django_db
def test_one_of_several_documents_is_chosen_by_the_address(supervisor_client, item):
    for name in ("first", "second"):
        attach(
            item,
            ContentFile(name.encode() * 3, name=f"{name}.txt"),
            by=ANNA,
            content_type="text/plain",
        )
    second = ItemFile.objects.get(name="second.txt")

    assert "firstfirst" in supervisor_client.get(page_of(item)).text
    assert "secondsecond" in supervisor_client.get(page_of(item) + f"?file={second.pk}").text
    assert "firstfirst" in supervisor_client.get(page_of(item) + "?file=nonsense").text


@pytest.mark.django_db
def test_files_are_downloads_that_no_browser_interprets(supervisor_client, item):
    kept = attach(
        item, ContentFile(b"<script>", name="evil.html"), by=ANNA, content_type="text/html"
    )

    answer = supervisor_client.get(page_of(item, "file_download", kept.pk))

    answer.close()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_only_plain_images_are_shown_as_images(supervisor_client, item):
    png = attach(item, ContentFile(b"\x89PNG", name="a.png"), by=ANNA, content_type="image/png")
    svg = attach(item, ContentFile(b"<svg/>", name="a.svg"), by=ANNA, content_type="image/svg+xml")

    shown = supervisor_client.get(page_of(item, "file_image", png.pk))
    refused = supervisor_client.get(page_of(item, "file_image", svg.pk))

    shown.close()
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert refused.status_code == 302


@pytest.mark.django_db
def test_a_file_of_another_item_is_not_found(supervisor_client, item):
    one, other = item, waiting(item.queue, "INV-2")
    kept = attach(other, ContentFile(b"x", name="a.txt"), by=ANNA)

    assert supervisor_client.get(page_of(one, "file_download", kept.pk)).status_code == 404


@pytest.mark.django_db
def test_no_file_is_a_plain_sentence(supervisor_client, item):

    answer = supervisor_client.post(page_of(item, "file_add"), {}, follow=True)

    assert "Choose a file first." in answer.text


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused(supervisor_client, item, settings):
    settings.MAX_FILE_BYTES = 10
    upload = SimpleUploadedFile("big.bin", b"x" * 11)

    answer = supervisor_client.post(page_of(item, "file_add"), {"file": upload})

    assert answer.status_code == 413
    assert not ItemFile.objects.exists()
