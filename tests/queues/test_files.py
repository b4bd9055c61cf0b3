"""Documents of items: what is kept, and who shows it."""

import pytest
from django.core.files.base import ContentFile

from apps.events.models import Event
from apps.lib.errors import DomainError, InvalidError, TooLargeError
from apps.queues import documents
from apps.queues.files import attach, clean_name
from apps.queues.models import ItemFile
from tests.factories_queues import ANNA
from tests.queues.pages import SCRIPT, queue_in, waiting


@pytest.fixture
def item(folder):
    return waiting(queue_in(folder))


@pytest.fixture
def own_viewers(monkeypatch):
    monkeypatch.setattr(documents, "_viewers", [])


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
    (b"{broken", "application/json", "text"), (b"<a><b/></a>", "application/xml", "text"),
    (b"<a", "text/xml; charset=utf-8", "text"), (b"%PDF", "application/pdf", "download"),
    (b"\x89PNG", "image/png", "image"), (b"<svg/>", "image/svg+xml", "text"),
    (b"\x00\x01", "text/plain", "download"), (b"MZ", "application/octet-stream", "download"),
    ("schön".encode("latin-1"), "text/csv", "text"),
])  # fmt: skip
def test_each_kind_of_file_has_a_viewer(item, own_viewers, content, content_type, template):
    shown, _context = documents.show(keep(item, content, content_type=content_type))

    assert shown == f"queues/documents/{template}.html"


@pytest.mark.django_db
def test_entities_are_never_resolved(item, own_viewers):
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'

    _template, context = documents.show(keep(item, bomb, content_type="application/xml"))

    assert "&x;" in context["text"]


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
