"""Steps of workflows in the browser, without one: what pages show, take and refuse."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.inbox import lifecycle
from apps.inbox.models import Draft, UserTask
from apps.queues import owners
from apps.queues.owners import OwnerLink
from tests.inbox.pages import HTMX, text_of, url
from tests.inbox.steps import INSTANCE, instances_listening, open_incident, open_step, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def heard():
    with instances_listening() as found:
        yield found


@pytest.fixture
def _linked(monkeypatch):
    monkeypatch.setattr(owners, "_builders", [])
    owners.link_owners_by(
        lambda ids: {pk: OwnerLink(f"Invoices #{pk}", f"/instances/{pk}/") for pk in ids}
    )


def step_form(task, **changes):
    return {
        "version": str(task.version),
        "v/approved": ["", "true"],
        "v/note": "",
        "decision": "complete",
        **changes,
    }


def incident_form(task, decision, variables=None, **answers):
    shown = task.values if variables is None else variables
    text = shown if isinstance(shown, str) else json.dumps(shown, indent=2)
    return {
        "version": str(task.version),
        "v/variables": text,
        "decision": decision,
        **{name.replace("__", ":"): said for name, said in answers.items()},
    }


@pytest.mark.usefixtures("_linked")
def test_a_step_shows_whose_it_is_what_to_do_and_its_form(business_client, folder):
    task = open_step(
        folder,
        instructions="Compare with the order.\n\nThen decide <quickly>.",
        candidate_groups=["Finance"],
        candidate_users=["kim"],
        priority=90,
        assignee="gone",
    )

    page = text_of(business_client.get(url(task)))

    assert f'<a href="/instances/{INSTANCE}/">Invoices #{INSTANCE}</a>' in page
    assert "Compare with the order." in page
    assert "&lt;quickly&gt;" in page
    assert "for gone (unknown), Finance (unknown), kim (unknown)" in page
    assert "priority 90" in page
    assert 'name="v/approved"' in page
    assert 'name="v/amount"' not in page, "what is for reading only is not a control"
    assert "The bot stopped" not in page
    assert "The workflow asked" in page


def test_without_a_link_builder_the_instance_is_a_number(business_client, folder):
    page = text_of(business_client.get(url(open_step(folder))))

    assert f"<span>instance {INSTANCE}</span>" in page


def test_the_list_tells_steps_from_problems(business_client, folder):
    open_step(folder, candidate_groups=["Finance"])
    open_incident(folder)

    page = text_of(business_client.get("/inbox/"))

    assert 'aria-label="Task"' in page
    assert 'aria-label="Needs repair"' in page
    assert "For Finance" in page
    assert "No account for vendor 7." in page


@pytest.mark.usefixtures("_linked")
def test_steps_of_one_name_are_told_apart_by_what_they_are_about(
    business_client, supervisor_client, folder
):
    open_step(folder, instance_id=71)
    open_step(folder, instance_id=72)

    inbox = text_of(business_client.get("/inbox/"))
    team = text_of(supervisor_client.get("/inbox/team/"))

    assert all(f"<span>Invoices #{number}</span>" in inbox for number in (71, 72))
    assert all(f"Invoices #{number}</td>" in team for number in (71, 72))


def test_a_form_is_completed_and_the_instance_is_told(business_client, folder, heard):
    task = open_step(folder)

    answer = business_client.post(url(task, "decide"), step_form(task, **{"v/note": "fine"}))

    task.refresh_from_db()
    assert answer.status_code == 302
    assert task.status == UserTask.Status.COMPLETED
    [said] = told(heard)
    assert said["values"] == {"amount": 1200, "approved": True, "note": "fine"}
    closed = text_of(business_client.get(url(task)))
    assert 'value="fine"' in closed
    assert "Complete" in closed


def test_what_the_form_refuses_is_said_at_the_field(business_client, folder):
    task = open_step(
        folder,
        form={
            "type": "object",
            "required": ["code"],
            "properties": {"code": {"type": "string", "minLength": 3, "title": "Cost code"}},
        },
    )
    sent = {"version": "1", "v/code": "x", "decision": "complete"}

    answer = business_client.post(url(task, "decide"), sent)

    assert answer.status_code == 422
    assert "Cost code" in text_of(answer)
    assert 'aria-invalid="true"' in text_of(answer)


def test_a_step_without_a_form_is_completed_as_it_is(business_client, folder, heard):
    task = open_step(folder, form={}, values={})

    business_client.post(url(task, "decide"), {"version": "1", "decision": "complete"})

    assert [said["values"] for said in told(heard)] == [{}]


def test_an_incident_shows_the_message_the_step_and_its_variables(business_client, folder):
    page = text_of(business_client.get(url(open_incident(folder))))

    assert "The workflow can&#x27;t go on because" in page
    assert "No account for vendor 7." in page
    assert "<span>Post</span>" in page
    assert "&quot;vendor&quot;: 7" in page
    for key in ("retry", "edit_and_retry", "set_result", "throw", "cancel"):
        assert f'value="{key}"' in page


def test_variables_are_edited_as_json(business_client, folder, heard):
    task = open_incident(folder)
    sent = incident_form(task, "edit_and_retry", {"vendor": 8, "lines": [{"net": 1}]})

    answer = business_client.post(url(task, "decide"), sent)

    assert answer.status_code == 302
    assert [said["values"] for said in told(heard)] == [{"vendor": 8}]
    closed = text_of(business_client.get(url(task)))
    assert "&quot;vendor&quot;: 8" in closed


@pytest.mark.parametrize("text", ["", '{"vendor": ', "[1]", "7", '{"a": 1, "a": 2}'])
def test_variables_that_are_no_object_are_refused_and_kept(business_client, folder, text):
    task = open_incident(folder)

    answer = business_client.post(url(task, "decide"), incident_form(task, "edit_and_retry", text))

    task.refresh_from_db()
    assert answer.status_code == 422
    assert task.is_open
    assert text.replace('"', "&quot;") in text_of(answer)
    assert 'aria-invalid="true"' in text_of(answer)


def test_to_retry_does_not_lose_what_was_typed(business_client, folder):
    task = open_incident(folder)

    answer = business_client.post(url(task, "decide"), incident_form(task, "retry", {"vendor": 8}))

    task.refresh_from_db()
    assert answer.status_code == 422
    assert task.is_open
    assert "Choose “Save variables and retry”" in text_of(answer)
    assert "&quot;vendor&quot;: 8" in text_of(answer)


def test_to_retry_with_variables_as_they_are(business_client, folder, heard):
    task = open_incident(folder)

    business_client.post(url(task, "decide"), incident_form(task, "retry"))

    assert [said["decision"] for said in told(heard)] == ["retry"]


def test_the_result_of_a_step_is_set_as_json(business_client, folder, heard):
    task = open_incident(folder)
    sent = incident_form(task, "set_result", result__set_result='{"account": 4711}')

    business_client.post(url(task, "decide"), sent)

    assert [said["values"] for said in told(heard)] == [{"account": 4711}]
    assert "&quot;account&quot;: 4711" in text_of(business_client.get(url(task)))


@pytest.mark.parametrize(
    ("typed", "said"), [("", "Give the result"), ("{", "can&#x27;t be read"), ("[]", "names its")]
)
def test_a_result_that_will_not_do_is_refused_where_it_was_typed(
    business_client, folder, typed, said
):
    task = open_incident(folder)
    sent = incident_form(task, "set_result", result__set_result=typed)

    answer = business_client.post(url(task, "decide"), sent)

    page = text_of(answer)
    assert answer.status_code == 422
    assert re.search(rf'id="result-set_result-error">[^<]*{re.escape(said)}', page)
    assert f"data-error-summary>{typed}</textarea>" in page


def test_an_error_is_raised_with_its_code(business_client, folder, heard):
    task = open_incident(folder)

    refused = business_client.post(url(task, "decide"), incident_form(task, "throw"))
    business_client.post(
        url(task, "decide"), incident_form(task, "throw", reference__throw="NO_ACCOUNT")
    )

    assert refused.status_code == 422
    assert "Code of the error" in text_of(refused)
    assert [(said["decision"], said["code"]) for said in told(heard)] == [("throw", "NO_ACCOUNT")]
    assert "Code of the error: NO_ACCOUNT" in text_of(business_client.get(url(task)))


def test_what_was_typed_is_kept_as_a_draft(business_client, business_user, folder):
    task = open_incident(folder)
    sent = incident_form(task, "", {"vendor": 9}, result__set_result='{"half')

    business_client.post(url(task, "draft"), sent, headers={"X-Requested-By": "draft"})

    kept = Draft.objects.get(task=task, user=business_user).values
    page = text_of(business_client.get(url(task)))
    assert set(kept) == {"v/variables", "result:set_result"}
    assert "&quot;vendor&quot;: 9" in page
    assert "{&quot;half</textarea>" in page


def test_a_task_that_its_workflow_withdrew_says_so(business_client, folder):
    task = open_step(folder)
    lifecycle.close_owned_tasks(INSTANCE, [task.token], "timer")

    page = text_of(business_client.get(url(task)))
    answer = business_client.post(url(task, "decide"), step_form(task), headers=HTMX)

    assert "The workflow went on without this" in page
    assert "its time ran out" in page
    assert answer.status_code == 409
    assert "Somebody was first" in text_of(answer)


def test_lists_are_narrowed_by_instance_and_by_whom_they_are_for(
    business_client, business_user, folder
):
    name = business_user.username
    first = open_step(folder, candidate_groups=["Finance"])
    second = open_step(folder, instance_id=32, candidate_users=[name])
    third = open_step(folder, instance_id=33, assignee=name)

    def ids(query):
        page = text_of(business_client.get(f"/inbox/?{query}"))
        return set(map(int, re.findall(r'id="t-(\d+)"', page)))

    assert ids("") == {first.pk, second.pk, third.pk}
    assert ids(f"instance={INSTANCE}") == {first.pk}
    assert ids("whom=group:Finance") == {first.pk}
    assert ids("whom=group:Fin") == set()
    assert ids("whom=me") == {second.pk, third.pk}
    assert ids("whom=nonsense&instance=x") == {first.pk, second.pk, third.pk}
    page = text_of(business_client.get("/inbox/?whom=group:Finance"))
    assert '<option value="group:Finance" selected>For Finance</option>' in page
    assert '<option value="me">Offered to me</option>' in page


def test_a_list_asks_no_more_often_when_it_is_longer(business_client, folder):
    def n_queries():
        with CaptureQueriesContext(connection) as asked:
            assert business_client.get("/inbox/").status_code == 200
        return len(asked)

    open_step(folder)
    n_queries()
    before = n_queries()
    for number in range(20):
        open_step(folder, instance_id=100 + number, candidate_groups=["Finance"])

    assert n_queries() <= before


def test_without_offers_nobody_is_asked_for_whom(business_client, folder):
    open_step(folder)

    assert 'name="whom"' not in text_of(business_client.get("/inbox/"))
