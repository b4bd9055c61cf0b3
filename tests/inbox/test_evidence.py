"""Evidence beside the fields, and files that people and programs attach to tasks."""

import json

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.events.models import Event
from apps.inbox import attachments
from apps.inbox.attachments import attach_to_task, reference_to
from apps.inbox.models import TaskFile, UserTask
from apps.inbox.predicted import Predicted, PredictedField, Region
from apps.queues.files import attach
from tests.api.conftest import BASE
from tests.factories_queues import ANNA
from tests.inbox.rows import BOT
from tests.papers import MAIL, make_pdf

PDF = make_pdf([[(60, 700, 12, "Total 100.00 EUR")]])
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_pages():
    caches["pages"].clear()


def page(task, name="task", *args):
    return reverse(f"inbox:{name}", args=[task.pk, *args])


def predict(task, *, is_blind=False, **fields):
    stored = Predicted(fields=fields, is_blind=is_blind).stored()
    UserTask.objects.filter(pk=task.pk).update(predictions=json.loads(json.dumps(stored)))


def upload(name="note.txt", content=b"hello", kind="text/plain"):
    return SimpleUploadedFile(name, content, kind)


def doubtful(value, file="", box=None, page=1):
    region = Region(file=file, page=page, box=box)
    return PredictedField(value=value, confidence=0.5, is_doubtful=True, region=region)


def test_the_file_that_a_doubtful_value_was_read_from_is_shown_first_with_its_box(
    business_client, task
):
    attach(task.item, ContentFile(MAIL, name="a.eml"), by=BOT)
    attach(task.item, ContentFile(PDF, name="a.pdf"), by=BOT)
    predict(task, total=doubtful("100.00", "a.pdf"), vendor=doubtful("Stark", "a.eml"))

    first = business_client.get(page(task)).text
    drawn = business_client.get(page(task, "evidence"), headers=HTMX).text

    assert 'data-file-name="a.pdf"' in first
    assert 'hx-trigger="load"' in first
    assert 'data-box-of="total" class="is-doubtful"' in drawn
    assert 'data-box-of="vendor"' not in drawn
    assert "hx-trigger" not in drawn.split("evidence-body")[1]


def test_a_blind_look_shows_no_boxes(business_client, task):
    attach(task.item, ContentFile(PDF, name="a.pdf"), by=BOT)
    predict(task, is_blind=True, total=doubtful("100.00", "a.pdf", (0.1, 0.1, 0.2, 0.2)))

    drawn = business_client.get(page(task, "evidence"), headers=HTMX).text

    assert "evidence-page" in drawn
    assert "data-box-of" not in drawn


def test_evidence_by_itself_leads_to_the_task_without_a_script(business_client, task):
    answer = business_client.get(page(task, "evidence") + "?file=t7")

    assert answer["Location"] == f"{page(task)}?file=t7"


def test_files_of_items_and_tasks_stand_together(business_client, task):
    attach(task.item, ContentFile(b"of the bot", name="bot.txt"), by=BOT, content_type="text/plain")
    kept = attach_to_task(task, upload("mine.txt", b"of a person"), by=ANNA)

    shown = business_client.get(f"{page(task)}?file=t{kept.pk}").text

    assert "of a person" in shown
    assert "bot.txt" in shown
    assert "mine.txt" in shown


def test_people_attach_several_files_and_one_bad_one_does_not_stop_the_others(
    business_client, task, settings
):
    settings.MAX_FILE_BYTES = 100
    files = [upload("a.txt"), upload("big.bin", b"x" * 101), upload("b.txt"), upload("no.txt", b"")]

    answer = business_client.post(page(task, "file_add"), {"file": files}, headers=HTMX)

    assert answer.status_code == 413
    assert "“big.bin” is too large" in answer.text
    assert list(task.files.values_list("name", flat=True)) == ["a.txt", "b.txt"]
    assert Event.objects.filter(kind="user_task.file_added").count() == 2
    nothing = business_client.post(page(task, "file_add"), headers=HTMX)
    assert (nothing.status_code, "Choose a file" in nothing.text) == (422, True)
    assert business_client.post(page(task, "file_add"), {"file": upload()}).status_code == 302


def test_what_is_attached_is_only_ever_data(business_client, task):
    evil = b"<script>alert(1)</script>"
    for name, kind in (
        ("a.html", "text/html"),
        ("a.svg", "image/svg+xml"),
        ("a.js", "text/javascript"),
    ):
        kept = attach_to_task(task, upload(f"../<b>{name}", evil, kind), by=ANNA)
        shown = business_client.get(f"{page(task)}?file=t{kept.pk}").text
        answer = business_client.get(page(task, "file_download", kept.pk))

        assert "<script>alert" not in shown
        assert "<b>a." not in shown
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Content-Disposition"].startswith("attachment")
        assert business_client.get(page(task, "file_image", kept.pk)).status_code == 302
        assert answer.getvalue() == evil


def test_pages_and_pictures_of_attached_files_are_served(business_client, task):
    kept = attach_to_task(task, upload("a.pdf", PDF, "application/pdf"), by=ANNA)
    png = attach_to_task(task, upload("a.png", b"\x89PNG", "image/png"), by=ANNA)

    drawn = business_client.get(page(task, "file_page", kept.pk, 1))

    assert drawn["Content-Type"] == "image/png"
    picture = business_client.get(page(task, "file_image", png.pk))
    assert picture["Content-Type"] == "image/png"
    assert picture.getvalue() == b"\x89PNG"
    assert business_client.get(page(task, "file_page", kept.pk, 2)).status_code == 404
    assert business_client.get(page(task, "file_page", png.pk, 1)).status_code == 404


def test_files_of_other_tasks_and_for_others_are_not_there(
    business_client, auditor_client, client, task, queue
):
    from tests.inbox.rows import make_task

    other = make_task(queue, field="total")
    kept = attach_to_task(other, upload(), by=ANNA)

    assert business_client.get(page(task, "file_download", kept.pk)).status_code == 404
    assert auditor_client.post(page(task, "file_add"), {"file": upload()}).status_code == 403
    assert client.get(page(other, "file_download", kept.pk)).status_code == 302


def test_a_closed_task_takes_no_files(business_client, task):
    UserTask.objects.filter(pk=task.pk).update(status="cancelled", decided_at=task.created_at)

    answer = business_client.post(page(task, "file_add"), {"file": upload()}, headers=HTMX)

    assert answer.status_code == 409
    assert not TaskFile.objects.exists()


def test_a_task_holds_only_so_much(task, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_FILES", 2)
    attach_to_task(task, upload(), by=ANNA)
    monkeypatch.setattr(attachments, "MAX_BYTES_OF_TASK", 9)

    with pytest.raises(attachments.TooLargeError, match="may have 0 MB"):
        attach_to_task(task, upload(), by=ANNA)
    monkeypatch.setattr(attachments, "MAX_BYTES_OF_TASK", 1000)
    attach_to_task(task, upload(), by=ANNA)
    with pytest.raises(attachments.TooLargeError, match="2 files"):
        attach_to_task(task, upload(), by=ANNA)


def test_a_field_takes_a_file_of_the_task(business_client, task):
    UserTask.objects.filter(pk=task.pk).update(
        form={"type": "object", "properties": {"receipt": {"type": "string", "format": "x-file"}}},
        values={},
    )
    said = business_client.post(
        page(task, "file_add"), {"file": upload("r.txt")}, headers={"X-Requested-By": "field"}
    ).json()
    kept = task.files.get()

    shown = business_client.get(page(task)).text

    assert said == {"files": [{"ref": reference_to(kept), "title": "r.txt"}], "refused": ""}
    assert f'<option value="{reference_to(kept)}">r.txt</option>' in shown
    assert 'data-upload-for="v/receipt"' in shown


def test_programs_attach_list_and_get_files(program, task):
    made = program.upload(f"/user-tasks/{task.pk}/files", b"hello", name="../a.txt")
    listed = program.get(f"/user-tasks/{task.pk}/files").json()
    got = program.get(made.json()["url"].removeprefix(BASE))

    assert made.status_code == 201
    assert made.json()["name"] == "a.txt"
    assert listed["items"] == [made.json()]
    assert b"".join(got.streaming_content) == b"hello"
    assert got["Content-Type"] == "application/octet-stream"
    assert program.upload(f"/user-tasks/{task.pk}/files", b"").status_code == 422
    assert program.upload("/user-tasks/999999/files", b"a").status_code == 404
    assert program.get(f"/user-tasks/{task.pk}/files/{2**70}").status_code == 404
