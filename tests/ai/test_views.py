"""The pages of AI: who may do what, what is shown, and what never is."""

import pytest
from django.urls import reverse

from apps.ai.lifecycle import Ending, Purpose, begin_call, end_call
from apps.ai.lifecycle.agents import NewTurn, add_turn, end_run, open_run
from apps.ai.lifecycle.prompts import save_prompt
from apps.ai.models import AgentProfile, Budget, ModelCall, ModelEndpoint, Prompt
from apps.events.models import Event
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA, make_item, make_queue

pytestmark = pytest.mark.django_db

SCHEMA = '{"type": "object", "properties": {"total": {"type": "number"}}}'
SETTINGS = {
    "key": "reader-2",
    "title": "Second reader",
    "base_url": "https://models.example/v1",
    "api_key": "sk-second",
    "model": "m-2",
    "version_label": "v7",
    "timeout_seconds": "30",
    "max_answer_tokens": "500",
    "answer_shape": "auto",
    "price_in": "0.5",
    "price_out": "1",
    "currency": "EUR",
}


@pytest.fixture
def call(endpoint):
    made = begin_call(
        endpoint,
        Purpose(use="prompt:x", prompt="x"),
        asked='[{"role": "user", "content": "A<b>?"}]',
        tokens_in=9,
    )
    end_call(
        made, Ending(outcome="answered", tokens_in=9, tokens_out=1, answered="<script>1</script>")
    )
    return made


@pytest.fixture
def personal_item(folder):
    schema = {
        "type": "object",
        "properties": {"n": {"type": "number"}, "iban": {"x-personal": True}},
    }
    return make_item(make_queue(folder=folder, payload_schema=schema))


@pytest.fixture
def agent_run(folder, endpoint):
    profile = AgentProfile.objects.create(
        folder=folder, key="clerk", title="Clerk", goal="Do it.", endpoint=endpoint, tools=["note"]
    )

    def make(item):
        run = open_run(profile, item.pk, None)
        add_turn(
            run,
            NewTurn(role="model", content="Hm <b>", calls=[{"name": "note", "arguments": "{}"}]),
        )
        add_turn(
            run, NewTurn(role="tool", tool="note", call_id="1-1", result={"iban": "DE89 3704"})
        )
        end_run(run, "over_limit", attempt=1, outcome="Over its limit of 1 steps.")
        return run

    return make


def url(name, *args):
    return reverse(f"ai:{name}", args=args)


def test_a_designer_enters_a_model_and_its_key_is_never_shown_again(designer_client):
    answer = designer_client.post(url("endpoint_create"), SETTINGS, follow=True)

    found = ModelEndpoint.objects.get()
    assert found.open_api_key() == "sk-second"
    assert answer.status_code == 200
    assert "sk-second" not in answer.text
    for page in (
        url("endpoint_edit", found.pk),
        url("endpoint_detail", found.pk),
        url("endpoint_list"),
    ):
        assert "sk-second" not in designer_client.get(page).text
    assert "sk-second" not in str(list(Event.objects.values_list("data", flat=True)))


def test_saving_without_a_key_keeps_it_and_a_tick_takes_it_away(designer_client, endpoint):
    values = {**SETTINGS, "api_key": "", "base_url": endpoint.base_url}
    edit = url("endpoint_edit", endpoint.pk)

    page = designer_client.post(edit, values, follow=True).text
    endpoint.refresh_from_db()
    assert endpoint.has_api_key
    assert endpoint.key == "reader"
    assert "Saved: before and after" in page

    designer_client.post(edit, {**values, "drops_key": "on"})
    endpoint.refresh_from_db()
    assert not endpoint.has_api_key


@pytest.mark.parametrize("address", ["http://10.0.0.1/v1", "https://169.254.169.254", "nonsense"])
def test_an_address_that_may_not_be_called_is_refused_at_its_field(designer_client, address):
    answer = designer_client.post(url("endpoint_create"), {**SETTINGS, "base_url": address})

    assert answer.status_code == 422
    assert not ModelEndpoint.objects.exists()


def test_the_list_says_how_each_model_does(supervisor_client, endpoint, call):
    page = supervisor_client.get(url("endpoint_list")).text

    assert "Reader" in page
    assert "In use" in page
    assert "New model" not in page


def test_a_supervisor_stops_a_model_with_a_reason_and_lets_it_go_on(supervisor_client, endpoint):
    detail = url("endpoint_detail", endpoint.pk)
    assert "Say why" in supervisor_client.post(url("endpoint_stop", endpoint.pk), follow=True).text

    supervisor_client.post(url("endpoint_stop", endpoint.pk), {"reason": "It lies."})
    assert "It lies." in supervisor_client.get(detail).text

    supervisor_client.post(url("endpoint_resume", endpoint.pk), {"reason": "New prompt."})
    assert "In use" in supervisor_client.get(detail).text


def test_trying_a_model_is_one_call_that_counts(supervisor_client, endpoint, stub_model):
    stub_model.says("Hello <script>alert(1)</script>")

    answer = supervisor_client.post(url("endpoint_try", endpoint.pk), {"text": "Hi"})

    assert answer.status_code == 200
    assert "Hello &lt;script&gt;" in answer.text
    assert ModelCall.objects.get().use == "try"
    assert Event.objects.filter(kind="model_endpoint.tried").exists()


def test_a_try_that_fails_says_why_without_the_key(supervisor_client, endpoint, stub_model):
    stub_model.fails(401, "bad key sk-very-secret")

    answer = supervisor_client.post(url("endpoint_try", endpoint.pk), {"text": "Hi"})

    assert answer.status_code == 422
    assert "bad key •••" in answer.text
    assert "sk-very-secret" not in answer.text
    assert "sk-very-secret" not in ModelCall.objects.get().error


def test_budgets_are_set_shown_and_taken_away(designer_client, endpoint):
    create = url("budget_create", endpoint.pk)
    values = {"use": "", "cost_per_day": "5", "error_share": "0.2", "window_seconds": "600",
              "min_calls": "5", "pause_seconds": "60"}  # fmt: skip
    assert designer_client.post(create, {**values, "error_share": "20"}).status_code == 422

    designer_client.post(create, values)
    budget = Budget.objects.get()
    assert designer_client.post(create, values).status_code == 422
    assert "Budgets" in designer_client.get(url("endpoint_detail", endpoint.pk)).text

    Budget.objects.update(state="open", because="errors")
    edit = url("budget_edit", endpoint.pk, budget.pk)
    designer_client.post(edit, {**values, "cost_per_day": "6"})
    budget.refresh_from_db()
    assert (budget.cost_per_day, budget.state) == (6, "open")

    designer_client.post(url("budget_remove", endpoint.pk, budget.pk))
    assert not Budget.objects.exists()
    kinds = list(
        Event.objects.filter(kind__startswith="budget")
        .order_by("id")
        .values_list("kind", flat=True)
    )
    assert kinds == ["budget.created", "budget.changed", "budget.removed"]


def test_a_call_shows_what_was_said_and_runs_none_of_it(business_client, call):
    page = business_client.get(url("call_detail", call.pk)).text

    assert "A&lt;b&gt;?" in page
    assert "&lt;script&gt;1" in page
    assert "<script>1" not in page
    assert str(call.pk) in business_client.get(url("call_list")).text


def test_texts_with_personal_data_are_shown_to_who_may_and_each_look_is_recorded(
    business_client, designer_client, call, personal_item
):
    ModelCall.objects.update(item_id=personal_item.pk)

    assert "A&lt;b&gt;?" not in business_client.get(url("call_detail", call.pk)).text
    assert "A&lt;b&gt;?" in business_client.post(url("call_reveal", call.pk)).text
    assert Event.objects.get(kind="model_call.revealed").actor_name == "Business_user"
    assert designer_client.post(url("call_reveal", call.pk)).status_code == 403


def test_prompts_are_written_in_versions_that_stay(designer_client):
    values = {
        "key": "invoice",
        "title": "Invoice",
        "text": "Read.",
        "schema": SCHEMA,
        "note": "first",
    }
    assert designer_client.post(url("prompt_create"), {**values, "schema": "{"}).status_code == 422
    refused = designer_client.post(url("prompt_create"), {**values, "schema": '{"type": "string"}'})
    assert refused.status_code == 422
    assert "describe an object" in refused.text

    designer_client.post(url("prompt_create"), values)
    prompt = Prompt.objects.get()
    edit = url("prompt_edit", prompt.pk)
    designer_client.post(edit, {**values, "text": "Read well.", "note": "second"})
    designer_client.post(edit, {**values, "text": "Read well.", "note": "the same"})

    said = list(prompt.versions.order_by("number").values_list("number", "text", "note"))
    assert said == [(1, "Read.", "first"), (2, "Read well.", "second")]
    page = designer_client.get(url("prompt_detail", prompt.pk)).text
    assert "Read well." in page
    old = designer_client.get(url("prompt_detail", prompt.pk) + "?version=1").text
    assert "Read." in old
    assert designer_client.get(url("prompt_detail", prompt.pk) + "?version=9").status_code == 404
    assert "Invoice" in designer_client.get(url("prompt_list")).text


def test_agents_are_set_up_and_a_change_counts_their_version_up(designer_client, endpoint):
    values = {"key": "clerk", "title": "Clerk", "goal": "Do it.", "endpoint": endpoint.pk,
              "tools": ["calculate", "pay"], "tables": "", "result_schema": SCHEMA,
              "max_steps": "5",
              "max_seconds": "60", "max_cost": "1", "max_tokens": "1000"}  # fmt: skip
    wrong = designer_client.post(url("agent_create"), {**values, "tools": ["no-such-tool"]})
    assert wrong.status_code == 422
    assert designer_client.post(url("agent_create"), {**values, "tables": "[1]"}).status_code == 422

    made = designer_client.post(url("agent_create"), values)
    assert made.status_code == 302, made.context["form"].errors
    profile = AgentProfile.objects.get()
    assert profile.tools == ["calculate", "pay"]
    detail = url("agent_detail", profile.pk)
    page = designer_client.post(detail, {**values, "max_steps": "6"}, follow=True).text

    profile.refresh_from_db()
    assert (profile.version, profile.max_steps) == (2, 6)
    assert "Version 2" in page
    designer_client.post(detail, {**values, "max_steps": "6"})
    profile.refresh_from_db()
    assert profile.version == 2
    assert "a person is asked first" in designer_client.get(url("agent_list")).text


def test_a_transcript_shows_each_turn_escaped(business_client, folder, agent_run):
    run = agent_run(make_item(make_queue(folder=folder)))

    page = business_client.get(url("agent_run_detail", run.pk)).text

    assert "Hm &lt;b&gt;" in page
    assert "DE89 3704" in page
    assert "Over its limit of 1 steps." in page
    assert str(run.pk) in business_client.get(url("agent_list")).text


def test_a_transcript_with_personal_data_is_hidden_until_somebody_who_may_looks(
    business_client, auditor_client, personal_item, agent_run
):
    run = agent_run(personal_item)

    assert "DE89" not in business_client.get(url("agent_run_detail", run.pk)).text
    assert "DE89 3704" in business_client.post(url("agent_run_reveal", run.pk)).text
    assert auditor_client.post(url("agent_run_reveal", run.pk)).status_code == 403
    assert Event.objects.filter(kind="agent_run.revealed").count() == 1


POSTS = ["endpoint_create", "prompt_create", "agent_create"]


@pytest.mark.parametrize("name", POSTS)
def test_only_designers_set_things_up(supervisor_client, business_client, name):
    for client in (supervisor_client, business_client):
        assert client.get(url(name)).status_code == 403
        assert client.post(url(name), {}).status_code == 403


def test_auditors_read_the_settings_and_change_nothing(auditor_client, endpoint):
    edit = url("endpoint_edit", endpoint.pk)

    assert auditor_client.get(edit).status_code == 200
    assert auditor_client.post(edit, SETTINGS).status_code == 403
    assert (
        auditor_client.post(url("endpoint_stop", endpoint.pk), {"reason": "x"}).status_code == 403
    )
    assert auditor_client.post(url("endpoint_try", endpoint.pk), {"text": "x"}).status_code == 403


def test_what_lies_in_another_folder_does_not_exist(endpoint, call, folder, agent_run, client_of):
    stranger = client_of(make_person("eve", role="admin", folder=make_folder()))
    run = agent_run(make_item(make_queue(folder=folder)))
    prompt = save_prompt(
        folder, key="p", title="P", version={"text": "x", "schema": {"type": "object"}}, by=ANNA
    ).prompt
    pages = [
        ("endpoint_detail", endpoint), ("endpoint_edit", endpoint), ("call_detail", call),
        ("prompt_detail", prompt), ("prompt_edit", prompt), ("agent_detail", run.profile),
        ("agent_run_detail", run),
    ]  # fmt: skip

    for name, row in pages:
        assert stranger.get(url(name, row.pk)).status_code == 404
    assert stranger.post(url("endpoint_stop", endpoint.pk), {"reason": "x"}).status_code == 404
    for name in ("endpoint_list", "call_list", "prompt_list", "agent_list"):
        page = stranger.get(url(name)).text
        assert "Reader" not in page
        assert "Clerk" not in page
