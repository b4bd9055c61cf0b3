"""The pages of what decisions teach."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.learning.assessing import Assessment
from apps.learning.lifecycle import find_proposals
from apps.learning.models import Adoption, Proposal, Rule
from tests.factories import make_folder
from tests.inbox.rows import make_queue
from tests.learning.decided import accept, open_task, people_leave_out
from tests.learning.rows import make_gate, make_predictions, make_verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def known_gate(folder):
    gate = make_gate(folder, title="Invoices <b>")
    make_verdicts(gate, [(k / 1000, k % 40 > 0 or k > 900) for k in range(400, 1000)] * 3)
    make_verdicts(gate, [(0.7, False)] * 40, field="lines.*.centre", version="2")
    make_predictions(gate, [{"total": k / 100} for k in range(50, 100)])
    return gate


@pytest.fixture
def proposal(folder, business_user, supervisor):
    people_leave_out(make_queue(folder), [business_user, supervisor])
    find_proposals()
    return Proposal.objects.get()


def hidden(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def test_gates_are_listed_with_what_is_known(client_of, supervisor, known_gate):
    page = client_of(supervisor).get("/learning/").content.decode()

    assert "Invoices &lt;b&gt;" in page
    assert "1,840" in page
    assert "documents a day" in page
    assert 'href="/learning/"' in page


def test_a_list_of_gates_asks_as_often_for_five_as_for_one(client_of, supervisor, known_gate):
    client = client_of(supervisor)

    def n_statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/learning/").status_code == 200
        return len(asked)

    n_statements()  # what is read once a process is not counted
    for_one = n_statements()
    for number in range(4):
        other = make_gate(known_gate.folder, key=f"other-{number}")
        make_verdicts(other, [(0.9, True)] * number)
        make_predictions(other, [{"total": 0.9}] * (3 - number))

    assert n_statements() == for_one


def test_gates_that_are_asked_about_together_are_known_as_well_as_alone(folder, known_gate):
    silent = make_gate(folder, key="silent")
    other = make_gate(folder, key="other")
    make_verdicts(other, [(0.9, True), (0.7, False)])
    make_predictions(other, [{"total": 0.9}])

    together = list(Assessment.of_all([other, known_gate, silent]))

    assert [each.gate for each in together] == [known_gate, silent, other]
    for each in together:
        alone = Assessment(each.gate)
        assert each.fields == alone.fields
        assert each.work_now.documents == alone.work_now.documents
    assert list(Assessment.of_all([])) == []


def test_a_gate_shows_curves_with_their_tables_and_no_inline_style(
    client_of, supervisor, known_gate
):
    page = client_of(supervisor).get(f"/learning/gates/{known_gate.pk}/?wanted=5").content.decode()

    assert page.count("<svg viewBox=") >= 2
    assert page.count("The same as a table") >= 3
    assert "style=" not in page
    assert "Too few verdicts" in page or "Can&#x27;t be reached" in page
    assert "of documents" in page


def test_the_proposal_on_the_page_is_adopted_by_one_post_and_put_back(
    client_of, designer, known_gate
):
    client = client_of(designer)
    address = f"/learning/gates/{known_gate.pk}/"
    page = client.get(f"{address}?wanted=5").content.decode()
    sent = {name: hidden(page, name) for name in ("wanted", "version", "seen")}

    response = client.post(f"{address}adopt/", sent)
    again = client.post(f"{address}adopt/", sent)

    assert response.status_code == 302
    assert response.headers["Location"] == f"{address}?wanted=5"
    assert again.status_code == 409
    known_gate.refresh_from_db()
    assert known_gate.thresholds["fields"]["total"] < 0.8
    adoption = Adoption.objects.get()
    for unseen in ({}, {"version": "1"}, {"version": "9" * 5_000}):
        put_back = client.post(f"/learning/adoptions/{adoption.pk}/put-back/", unseen)
        assert put_back.status_code == 409
    back = client.post(f"/learning/adoptions/{adoption.pk}/put-back/", {"version": "2"})
    assert back.status_code == 302
    known_gate.refresh_from_db()
    assert known_gate.thresholds == {"default": 0.8}
    assert designer.name in client.get(address).content.decode()


@pytest.mark.parametrize("wanted", ["x", "-1", "0", "99", "nan", "1" * 400])
def test_an_odd_rate_is_answered_with_the_usual_one_and_a_word(client_of, supervisor, gate, wanted):
    response = client_of(supervisor).get(f"/learning/gates/{gate.pk}/", {"wanted": wanted})

    assert response.status_code == 422
    assert "errorlist" in response.content.decode()


def test_a_class_that_nobody_knows_and_an_empty_gate_are_no_fault(client_of, supervisor, gate):
    response = client_of(supervisor).get(f"/learning/gates/{gate.pk}/", {"class": "\x00<i>"})

    assert response.status_code == 200
    assert "<i>" not in response.content.decode()


def test_proposals_and_rules_are_listed_and_shown_with_their_cases(client_of, supervisor, proposal):
    client = client_of(supervisor)

    listed = client.get("/learning/rules/").content.decode()
    shown = client.get(f"/learning/proposals/{proposal.pk}/").content.decode()

    assert f"/learning/proposals/{proposal.pk}/" in listed
    assert shown.count("/inbox/") >= 20
    assert "Vendor is “Stark”" in shown
    assert "DE89" not in shown


def copy_of(row: Any, **values: Any) -> Any:
    fields = {each.name: getattr(row, each.name) for each in row._meta.fields if each.name != "id"}
    return type(row).objects.create(**{**fields, **values})


def test_a_list_of_rules_asks_as_often_for_five_as_for_one(client_of, supervisor, proposal):
    client = client_of(supervisor)
    rule = accept(proposal, supervisor.actor)
    open_task(make_queue(rule.folder, key="more"), 60)
    copy_of(proposal, outcome="other", status="open", settled_at=None)

    def n_statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/learning/rules/").content.decode()
        assert page.count("data-row") == Proposal.objects.filter(status="open").count() + (
            Rule.objects.count()
        )
        return len(asked)

    n_statements()  # what is read once a process is not counted
    for_one = n_statements()
    for number in range(4):
        accepted = copy_of(proposal, outcome=f"d{number}")
        copy_of(rule, proposal=accepted)
        copy_of(proposal, outcome=f"e{number}", status="open", settled_at=None)

    assert n_statements() == for_one


def test_edited_conditions_are_shown_with_their_cases_and_kept_when_accepted(
    client_of, supervisor, proposal
):
    client, address = client_of(supervisor), f"/learning/proposals/{proposal.pk}/accept/"
    number = next(k for k, each in enumerate(proposal.conditions) if each["path"] == "total")
    edited = {
        "edited": "1",
        f"keep-{number}": "1",
        f"low-{number}": "12",
        f"high-{number}": "19.5",
        "title": "Paid already",
        "sample": "10",
        "limit": "95",
    }

    checked = client.post(address, {**edited, "check": "1"})
    wrong = client.post(address, {**edited, f"low-{number}": "x"})
    empty = client.post(address, {**edited, f"low-{number}": "99", f"high-{number}": "100"})
    accepted = client.post(address, edited)

    assert checked.status_code == 200
    assert Proposal.objects.get().status == "accepted"
    assert 'value="19.5"' in checked.content.decode()
    assert (wrong.status_code, empty.status_code) == (422, 422)
    rule = Rule.objects.get()
    assert accepted.headers["Location"] == f"/learning/rules/{rule.pk}/"
    assert [(each["low"], each["high"]) for each in rule.conditions] == [(12, 19.5)]
    assert (rule.sample_share, rule.limit, rule.accepted_by) == (0.1, 0.95, supervisor.name)


def test_a_rule_is_paused_resumed_and_retired_from_its_page(client_of, supervisor, proposal):
    rule = accept(proposal, supervisor.actor)
    client, address = client_of(supervisor), f"/learning/rules/{rule.pk}/"
    open_task(proposal.folder.queues.get(), 60)

    assert "version 1" in client.get(address).content.decode()
    assert client.post(f"{address}pause/", {"reason": ""}).status_code == 422
    for verb, data, status in [
        ("pause", {"reason": "Let us look"}, "paused"),
        ("resume", {}, "active"),
        ("retire", {}, "retired"),
    ]:
        assert client.post(f"{address}{verb}/", data).status_code == 302
        rule.refresh_from_db()
        assert rule.status == status
    page = client.get(address).content.decode()
    assert "Let us look" in page
    assert client.post(f"{address}resume/").status_code == 409
    assert client.get("/learning/rules/").status_code == 200


def test_a_proposal_is_dismissed_with_a_reason(client_of, supervisor, proposal):
    client, address = client_of(supervisor), f"/learning/proposals/{proposal.pk}/"

    assert client.post(f"{address}dismiss/", {"reason": ""}).status_code == 422
    assert client.post(f"{address}dismiss/", {"reason": "Each differs"}).status_code == 302

    assert "Each differs" in client.get(address).content.decode()
    assert client.post(f"{address}dismiss/", {"reason": "Again"}).status_code == 409


def test_business_users_look_and_change_nothing(client_of, business_user, proposal, gate):
    client = client_of(business_user)

    for address in ("/learning/", f"/learning/gates/{gate.pk}/", "/learning/rules/"):
        assert client.get(address).status_code == 200
    page = client.get(f"/learning/proposals/{proposal.pk}/").content.decode()
    assert "accept/" not in page
    for address in (
        f"/learning/proposals/{proposal.pk}/accept/",
        f"/learning/proposals/{proposal.pk}/dismiss/",
        f"/learning/gates/{gate.pk}/adopt/",
    ):
        assert client.post(address).status_code == 403


def test_other_folders_are_not_there(client_of, supervisor):
    elsewhere = make_folder("elsewhere")
    gate = make_gate(elsewhere, key="secret", title="Secret gate")

    client = client_of(supervisor)

    assert "Secret gate" not in client.get("/learning/").content.decode()
    for address in (f"/learning/gates/{gate.pk}/", "/learning/rules/0/"):
        assert client.get(address).status_code == 404
    assert User.objects.filter(pk=supervisor.pk).exists()
