"""What people do with a task before they decide: drafts, hands, comments, personal values."""

import re

import pytest

from apps.events.models import Event
from apps.inbox.models import Comment, Draft
from tests.inbox.pages import HTMX, form_of, text_of, url
from tests.inbox.rows import PAYLOAD

pytestmark = pytest.mark.django_db


def test_a_draft_is_kept_for_its_author_and_shown_again(
    business_client, supervisor_client, business_user, task
):
    sent = form_of(task, **{"v/vendor": "half ty", "reason:reject": "because"})

    kept = business_client.post(url(task, "draft"), sent, headers={"X-Requested-By": "draft"})

    assert kept.status_code == 204
    assert Draft.objects.get().values == {"v/vendor": ["half ty"], "reason:reject": ["because"]}
    mine, theirs = (text_of(one.get(url(task))) for one in (business_client, supervisor_client))
    assert 'value="half ty"' in mine
    assert 'value="because"' in mine
    assert "half ty" not in theirs
    assert f"{business_user.name} is working on this" in theirs


def test_personal_values_are_not_kept_in_drafts_unless_changed(business_client, task):
    seen = form_of(task, **{"v/iban": PAYLOAD["iban"]})
    changed = form_of(task, **{"v/iban": "DE00"})

    business_client.post(url(task, "draft"), seen)
    first = Draft.objects.get().values
    business_client.post(url(task, "draft"), changed)

    assert first == {}
    assert Draft.objects.get().values == {"v/iban": ["DE00"]}


def test_rows_come_and_go_without_a_script(business_client, task):
    business_client.post(url(task, "draft"), form_of(task, _add="v/lines"))
    added = text_of(business_client.get(url(task)))
    business_client.post(url(task, "draft"), form_of(task, _remove="v/lines/0"))
    removed = text_of(business_client.get(url(task)))

    def keys(page):
        return re.findall(r'name="v/lines/:rows" value="(\w+)"', page)

    assert len([key for key in keys(added) if not key.startswith("_")]) == 3
    assert [key for key in keys(removed) if not key.startswith("_")] == ["1"]


def test_taking_handing_over_and_giving_back(business_client, supervisor_client, supervisor, task):
    taken = text_of(business_client.post(url(task, "claim"), headers=HTMX))
    refused = supervisor_client.post(url(task, "claim"), headers=HTMX)
    supervisor_client.post(url(task, "claim"), {"take_over": "1"}, headers=HTMX)
    handed = business_client.post(url(task, "reassign"), {"assignee": supervisor.pk}, headers=HTMX)
    back = text_of(supervisor_client.post(url(task, "release"), headers=HTMX))

    assert "You have this task" in taken
    assert refused.status_code == 409
    assert "Business_user has this task" in text_of(refused)
    assert handed.status_code == 200
    assert "Take it" in back


@pytest.mark.parametrize("assignee", ["", "x", "999999", "9" * 40])
def test_handing_to_nobody_is_not_found(business_client, task, assignee):
    answer = business_client.post(url(task, "reassign"), {"assignee": assignee})

    assert answer.status_code == 404


def test_a_comment_is_shown_as_text_and_a_huge_one_refused(business_client, task):
    good = business_client.post(url(task, "comment"), {"text": "<b>See</b>\npage 2"}, headers=HTMX)
    huge = business_client.post(url(task, "comment"), {"text": "x" * 10_001}, headers=HTMX)
    empty = business_client.post(url(task, "comment"), {"text": " "}, headers=HTMX)

    assert "&lt;b&gt;See&lt;/b&gt;<br>\npage 2" in text_of(good)
    assert huge.status_code == 413
    assert "10000" in text_of(huge)
    assert empty.status_code == 422
    assert Comment.objects.count() == 1


def test_a_personal_value_is_shown_on_demand_and_each_look_recorded(
    business_client, auditor_client, task
):
    before = text_of(business_client.get(url(task)))

    shown = business_client.post(url(task, "reveal"), {"name": "v/iban"}, headers=HTMX)

    assert PAYLOAD["iban"] not in before
    assert PAYLOAD["iban"] in text_of(shown)
    assert Event.objects.get(kind="user_task.revealed").data == {"field": "iban"}
    assert auditor_client.post(url(task, "reveal"), {"name": "v/iban"}).status_code == 403
    assert business_client.post(url(task, "reveal"), {"name": "v/nothing"}).status_code == 404
