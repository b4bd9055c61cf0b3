"""Decisions: their tables, and trying them."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.workflows.lifecycle import deploy_decision
from apps.workflows.models import Decision, DecisionEvaluation
from tests.workflows.decisions import DISCOUNT

pytestmark = pytest.mark.django_db


@pytest.fixture
def decision(folder, designer) -> Decision:
    return deploy_decision(folder, DISCOUNT, by=designer.actor).versions[0].decision


def ask(client, decision: Decision, context) -> str:
    text = context if isinstance(context, str) else json.dumps(context)
    return client.post(f"/decisions/{decision.pk}/", {"context": text}).content.decode()


def test_the_table_is_shown_with_its_rules(decision, supervisor_client) -> None:
    page = supervisor_client.get(f"/decisions/{decision.pk}/").content.decode()

    assert "Kind of customer" in page
    assert "&gt;= 1000" in page
    assert "FIRST" in page
    assert "&quot;amount&quot;: 0" in page  # the form begins with its inputs


def test_the_rule_that_matched_is_marked(decision, supervisor_client) -> None:
    page = ask(supervisor_client, decision, {"amount": 1500, "kind": "business"})

    matched = page.split('class="is-matched"')
    assert len(matched) == 2
    assert "&gt;= 1000" in matched[1].split("</tr>")[0]
    assert "Rule 1 of Discount matched" in page
    assert DecisionEvaluation.objects.get().by == "Supervisor"


@pytest.mark.parametrize("context", ["[1]", "{", '{"amount": NaN}', "\x00"])
def test_inputs_that_are_no_object_are_refused_with_a_sentence(
    decision, supervisor_client, context
) -> None:
    answer = supervisor_client.post(f"/decisions/{decision.pk}/", {"context": context})

    assert answer.status_code == 422
    assert "thing needs a look" in answer.content.decode()
    assert not DecisionEvaluation.objects.exists()


def test_a_dmn_file_is_uploaded_like_a_workflow(designer_client) -> None:
    file = SimpleUploadedFile("a.dmn", DISCOUNT)

    answer = designer_client.post("/workflows/upload/", {"file": file})

    decision = Decision.objects.get()
    assert answer.url == f"/decisions/{decision.pk}/"
    assert "Discount" in designer_client.get("/decisions/").content.decode()
    model = designer_client.get(f"/decisions/{decision.pk}/versions/1/model.dmn")
    assert b"decisionTable" in model.content


def test_a_broken_table_is_refused_with_its_lines(designer_client) -> None:
    file = SimpleUploadedFile("a.dmn", DISCOUNT.replace(b"&gt;= 1000", b"&gt;= = 1"))

    answer = designer_client.post("/workflows/upload/", {"file": file})

    assert answer.status_code == 422
    assert "is not FEEL" in answer.content.decode()
    assert not Decision.objects.exists()
