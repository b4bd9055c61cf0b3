"""The audit: who may read it, what it shows and hides, filters, pages, and the ways out."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Folder, User
from apps.accounts.roles import Role
from apps.accounts.tokens import create_token
from apps.events.bus import publish
from apps.events.models import Event
from apps.lib.actors import SYSTEM, Actor
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db
PAGE = "/audit/"
CHANGE = {"field": "title", "before": "Old secret of Ann", "after": "New"}


def happen(folder: Folder | None, kind: str = "queue.changed", *, by: str = "Ann", **data: object):
    return publish(
        kind,
        subject=(kind.partition(".")[0], 5),
        folder_id=folder.pk if folder else None,
        by=Actor(None, by),
        data={"changes": [CHANGE], **data},
    )


def text_of(client: Client, query: str = "") -> str:
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_auditors_read_who_did_what_before_and_after(auditor_client: Client, folder: Folder):
    happen(folder, address="192.0.2.1")

    page = text_of(auditor_client)

    for said in ("Ann", "queue.changed", "queue:5", "Old secret of Ann", "192.0.2.1"):
        assert said in page
    assert "</time>." in page


@pytest.mark.parametrize("kind", ["item.changed", "task.decided", "instance.changed", "odd.thing"])
def test_what_work_is_about_is_not_shown_here(auditor_client: Client, folder: Folder, kind: str):
    happen(folder, kind)

    assert "Old secret of Ann" not in text_of(auditor_client)
    assert "Old secret" not in table(auditor_client)[-1][-1]


@pytest.mark.parametrize("role", [Role.BUSINESS_USER, Role.SUPERVISOR, Role.DESIGNER])
def test_others_do_not_read_it_and_have_no_place_for_it(client_of, folder: Folder, role: Role):
    client = client_of(make_person(role=role, folder=folder))

    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}audit.csv").status_code == 403
    assert 'href="/audit/"' not in client.get("/profile/").content.decode()


def test_admins_have_a_place_for_it(admin_client: Client):
    assert 'href="/audit/"' in admin_client.get("/profile/").content.decode()


def test_folders_of_others_are_not_there(auditor_client: Client):
    other = make_folder("other")
    happen(other, by="Mallory")

    assert auditor_client.get(f"{PAGE}?folder=other").status_code == 404
    assert "Mallory" not in text_of(auditor_client)
    assert auditor_client.get(f"{PAGE}?folder=-").status_code == 404


def test_what_belongs_to_no_folder_is_for_auditors_of_all(auditor_client: Client, folder: Folder):
    happen(None, "person.invited", name="Zoe", role="admin")

    assert "invited Zoe" in text_of(auditor_client, "?folder=-")
    assert "invited Zoe" in text_of(auditor_client, "?folder=-&action=person&person=ann")
    assert "invited Zoe" not in text_of(auditor_client, "?folder=-&person=bob")
    assert "invited Zoe" not in text_of(auditor_client)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?person=ann", {"queue"}),
        ("?person=bob", {"trigger"}),
        ("?action=trigger", {"trigger"}),
        ("?action=trigger.fired", {"trigger"}),
        ("?action=trig", set()),
        ("?person=n", {"queue"}),
        ("?person=nobody-like-that", set()),
        ("?person=BOB&action=trigger", {"trigger"}),
        ("?person=bob&action=queue", set()),
        ("?object=queue:5", {"queue"}),
        ("?object=queue:6", set()),
        ("", {"queue", "trigger"}),
    ],
)
def test_filters(auditor_client: Client, folder: Folder, query: str, shown: set[str]):
    happen(folder)
    happen(folder, "trigger.fired", by="Bob")

    page = text_of(auditor_client, query)

    assert {sort for sort in ("queue", "trigger") if f">{sort}:5</a>" in page} == shown


def test_days_are_whole_and_the_last_thirty_without_any(auditor_client: Client, folder: Folder):
    long_ago = timezone.now() - timedelta(days=40)
    event = happen(folder, by="Long-ago")
    with connection.cursor() as cursor:
        cursor.execute(
            "update events_event set occurred_at = %s where id = %s", [long_ago, event.id]
        )
    happen(folder, by="This-day")
    day, today = long_ago.date(), timezone.now().date()

    assert "Long-ago" not in text_of(auditor_client)
    assert "Long-ago" in text_of(auditor_client, "?object=queue:5")
    assert "Long-ago" in text_of(auditor_client, f"?since={day}&until={day}")
    assert "This-day" not in text_of(auditor_client, f"?since={day}&until={day}")
    assert "This-day" in text_of(auditor_client, f"?since={today}&until={today}")


@pytest.mark.parametrize(
    "query",
    ["since=nonsense", "until=2026-13-01", "since=0001-01-01", "until=9999-12-31", "object=queue",
     "object=queue:x", f"object=queue:{'9' * 19}", "object=%00:1", "action=drop%20table",
     f"person={'x' * 10_000}", "person=%00", "after=nonsense", f"after={'x' * 5_000}"],
)  # fmt: skip
def test_nonsense_is_answered_in_words(auditor_client: Client, folder: Folder, query: str):
    answer = auditor_client.get(f"{PAGE}?{query}")

    assert answer.status_code == 422
    assert "This filter makes no sense" in answer.content.decode()
    if "after" not in query:
        assert auditor_client.get(f"{PAGE}audit.csv?{query}").status_code == 422


def test_pages_go_on_where_the_last_one_ended(auditor_client: Client, folder: Folder):
    for n in range(60):
        happen(folder, by=f"person-{n:02}")
    first = auditor_client.get(f"{PAGE}?action=queue")

    second = auditor_client.get(first.context["next_url"])

    names = [row["event"].actor_name for row in (*first.context["rows"], *second.context["rows"])]
    assert sorted(names) == [f"person-{n:02}" for n in range(60)]
    assert second.context["next_url"] == ""


def table(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(f"{PAGE}audit.csv{query}")
    return list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_table_for_spreadsheets_is_harmless_and_its_taking_is_audited(
    auditor_client: Client, folder: Folder
):
    happen(folder, by="=cmd|x")

    rows = table(auditor_client, "?action=queue")

    assert rows[1][2] == "'=cmd|x"
    assert "Old secret of Ann → New" in rows[1][-1]
    taken = Event.objects.get(kind="audit.exported")
    assert (taken.folder_id, taken.data["n"]) == (folder.pk, 1)
    assert "as a file" in text_of(auditor_client)


def by_token(person: User, folder: Folder, query: str = ""):
    _token, text = create_token(person, folder, name="t", by=SYSTEM)
    headers = {"authorization": f"Bearer {text}"}
    return Client().get(f"/api/v1/audit{query}", headers=headers)


def test_programs_read_it_with_the_right_to(folder: Folder, auditor: User, supervisor: User):
    happen(folder)

    assert by_token(supervisor, folder).status_code == 403
    assert by_token(auditor, folder, "?since=x").status_code == 422
    answer = by_token(auditor, folder, "?action=queue&limit=1").json()
    assert answer["items"][0]["changes"] == [CHANGE]
    assert answer["items"][0]["actor"] == "Ann"


def test_a_page_is_found_by_an_index(auditor_client: Client, folder: Folder):
    from apps.audit.asking import AuditFilter

    rows = AuditFilter().within_reach().rows(folder.pk).order_by("-occurred_at", "-id")[:51]
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        plan = rows.explain()

    assert "Seq Scan" not in plan
    assert "folder_id" in plan
