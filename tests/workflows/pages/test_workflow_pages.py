"""The list of workflows, one of them, and starting an instance."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.workflows import patterns
from apps.workflows.models import Workflow, WorkflowInstance
from tests.factories import make_person
from tests.workflows.patterns import deploy_pattern, start_approval

pytestmark = pytest.mark.django_db

BROKEN = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:startEvent id="s"><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent>
    <bpmn:serviceTask id="nothing_said" name="Do it" />
    <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="nothing_said" />
    <bpmn:complexGateway id="odd" />
  </bpmn:process>
</bpmn:definitions>"""


def upload(client, content: bytes, name: str = "a.bpmn"):
    file = SimpleUploadedFile(name, content, "application/xml")
    return client.post("/workflows/upload/", {"file": file, "note": "first try"})


def test_the_list_shows_versions_and_counts(folder, designer, designer_client) -> None:
    start_approval(folder, designer)

    page = designer_client.get("/workflows/").content.decode()

    assert "Approval" in page
    assert "Designer" in page
    assert "Upload a model" in page


def test_a_workflow_shows_its_steps_versions_and_diagram(folder, designer, designer_client) -> None:
    instance = start_approval(folder, designer)

    page = designer_client.get(f"/workflows/{instance.workflow_id}/").content.decode()

    assert "Approve the request" in page
    assert "after a day" in page
    assert f"/workflows/{instance.workflow_id}/versions/1/model.bpmn" in page
    assert "Deploy a new version" in page


def test_the_model_is_downloaded_as_it_is_executed(folder, designer, designer_client) -> None:
    workflow = deploy_pattern(folder, designer)

    answer = designer_client.get(f"/workflows/{workflow.pk}/versions/1/model.bpmn")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="approval-v1.bpmn"'
    assert b'id="approval"' in answer.content


def test_the_start_form_asks_for_what_the_workflow_needs(folder, designer, designer_client) -> None:
    workflow = deploy_pattern(folder, designer)

    refused = designer_client.post(f"/workflows/{workflow.pk}/start/", {"f/amount": "many"})

    assert refused.status_code == 422
    assert "Number" in refused.content.decode()
    assert not WorkflowInstance.objects.exists()


def test_what_was_filled_in_starts_an_instance(folder, designer, designer_client) -> None:
    workflow = deploy_pattern(folder, designer)
    form = designer_client.get(f"/workflows/{workflow.pk}/start/").context["entry"].data
    names = {leaf.path[-1]: leaf.name for leaf in form.tree.walk() if leaf.path}
    typed = {names["number"]: "R-7", names["amount"]: "12.5", names["limit"]: "1000"}

    answer = designer_client.post(
        f"/workflows/{workflow.pk}/start/", {**typed, "business_key": "R-7"}
    )

    instance = WorkflowInstance.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/instances/{instance.pk}/"
    assert instance.business_key == "R-7"


def test_the_start_form_begins_with_what_the_workflow_proposes(
    folder, designer, designer_client
) -> None:
    workflow = deploy_pattern(folder, designer)

    entry = designer_client.get(f"/workflows/{workflow.pk}/start/").context["entry"]

    assert entry.data.new_payload == {"limit": 1000}


def test_a_file_is_deployed_and_says_which_queues_it_made(designer, designer_client) -> None:
    answer = upload(designer_client, patterns.BY_NAME["approval"].xml)

    workflow = Workflow.objects.get()
    assert answer.url == f"/workflows/{workflow.pk}/"
    page = designer_client.get(answer.url).content.decode()
    assert "Made the queues" in page
    assert "first try" in page


def test_a_refused_file_lists_every_problem_with_its_element_and_line(
    designer_client,
) -> None:
    answer = upload(designer_client, BROKEN)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "nothing_said" in page
    assert "odd" in page
    assert '<td class="num" data-label="Line">5</td>' in page
    assert not Workflow.objects.exists()


def test_a_file_that_is_deployed_already_is_said_to_be(designer_client) -> None:
    upload(designer_client, patterns.BY_NAME["approval"].xml)
    designer_client.get("/")  # what was said of the first
    answer = upload(designer_client, patterns.BY_NAME["approval"].xml)

    page = designer_client.get(answer.url).content.decode()
    assert "nothing new was deployed, since version 1 has the same content" in page
    assert "Deployed Approval" not in page


def test_only_what_could_be_read_is_drawn(designer_client) -> None:
    drawn = patterns.BY_NAME["approval"].xml.replace(b'type="requests"', b'type=""')

    assert "refused-model" in upload(designer_client, drawn).content.decode()
    unread = upload(designer_client, drawn[:-20]).content.decode()
    assert "not well-formed" in unread
    assert "refused-model" not in unread


@pytest.mark.parametrize("content", [b"", b"no xml", b"<a/>", b"\xff\xfe\x00"])
def test_what_is_no_model_at_all_gets_a_sentence(designer_client, content) -> None:
    answer = upload(designer_client, content)

    assert answer.status_code == 422
    assert "Check and deploy" in answer.content.decode()


@pytest.mark.parametrize("pattern", patterns.PATTERNS, ids=lambda pattern: pattern.name)
def test_every_pattern_deploys_without_a_warning(designer_client, pattern) -> None:
    answer = designer_client.post("/workflows/upload/", {"pattern": pattern.name})

    workflow = Workflow.objects.get(key=pattern.name)
    assert answer.url == f"/workflows/{workflow.pk}/"
    assert workflow.versions.get().warnings == []
    assert workflow.title == pattern.title


def test_only_designers_and_admins_upload(supervisor_client) -> None:
    assert supervisor_client.get("/workflows/upload/").status_code == 403
    assert "Upload a model" not in supervisor_client.get("/workflows/").content.decode()


def test_other_folders_are_not_found(folder, designer, client_of) -> None:
    workflow = deploy_pattern(folder, designer)
    stranger = client_of(make_person())

    assert stranger.get(f"/workflows/{workflow.pk}/").status_code == 404
    assert stranger.get(f"/workflows/{workflow.pk}/versions/1/model.bpmn").status_code == 404
    assert "Approval" not in stranger.get("/workflows/").content.decode()
