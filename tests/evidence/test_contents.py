"""What stands in a pack: all of one reference, as pages show it or with personal data."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from apps.ai.models import ModelCall, ModelEndpoint, Prompt, PromptVersion
from apps.audit import sealing
from apps.bots.models import LogLine
from apps.events.models import Event
from apps.evidence.archive import Archive
from apps.evidence.sections import items as item_sections
from apps.inbox.lifecycle import decide
from apps.queues.lifecycle import edit_item, hold_item
from apps.queues.models import Prediction
from tests.evidence.packs import member, names, pack_of, read
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_queue
from tests.inbox.rows import INVOICE, PAYLOAD, answer
from tests.search.made import item_called, make_run_in, task_called, tried
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db
IBAN = PAYLOAD["iban"]
SHORT = {"number": "4711", "vendor": "Wayne", "total": "100.00", "new": 1}


def invoice(folder, reference="INV-1", **values):
    queue = make_queue(folder=folder, payload_schema=INVOICE)
    return item_called(reference, folder, queue=queue, payload=PAYLOAD, **values)


def test_a_pack_holds_all_of_the_reference(folder, admin, supervisor):
    instance = start_approval(folder, admin, number="P-1")
    run = make_run_in(folder)
    tried(item_called("P-1", folder), "successful", run=run)
    task = task_called(folder, "P-1")
    decide(task, answer(task, "reject", reason="Twice"), by=supervisor.actor)

    pack = pack_of(admin, folder, "P-1")

    assert set(names(pack)) == {
        *("manifest.json", "manifest.sig", "public-key.pem", "index.html", "items.json"),
        *("attempts.json", "tasks.json", "instances.json", "models.json", "events.json"),
        "rights.json",
    }
    attempts = read(pack, "attempts.json")
    assert [each["outcome"] for each in attempts["attempts"]] == [
        *("successful", "business_exception"),
    ]
    first = attempts["attempts"][0]
    assert (first["run_id"], first["automation"]["version"]) == (run.pk, run.version.number)
    assert [each["id"] for each in attempts["runs"]] == [run.pk]
    flow = read(pack, "instances.json")
    assert [each["id"] for each in flow["instances"]] == [instance.pk]
    assert flow["instances"][0]["digest"] == instance.version.digest
    assert flow["definitions"][0]["xml"] == instance.version.xml
    assert flow["visits"]
    assert flow["now"]
    assert flow["instances"][0]["variables"][0]["values"]["number"] == "P-1"
    decided = next(each for each in read(pack, "tasks.json")["tasks"] if each["id"] == task.pk)
    assert decided["decided"]["by"] == supervisor.name
    assert decided["decided"]["comment"] == "Twice"
    assert decided["decided"]["before"]["vendor"] == "Stark"
    kinds = {each["kind"] for each in read(pack, "events.json")["events"]}
    assert {"user_task.completed", "instance.started"} <= kinds


def test_the_manifest_says_who_asked_when_why_and_what_is_in_it(folder, admin):
    invoice(folder)
    before = timezone.now()

    manifest = read(pack_of(admin, folder, "INV-1"), "manifest.json")

    assert manifest["format"] == "controlroom-evidence/1"
    assert (manifest["reference"], manifest["reason"]) == ("INV-1", "Court order")
    assert manifest["folder"]["key"] == folder.key
    assert manifest["made_by"]["name"] == admin.name
    assert datetime.fromisoformat(manifest["made_at"]) >= before.replace(microsecond=0)
    assert manifest["counts"]["items"] == 1
    assert manifest["cut"] == []
    assert all(len(each["sha256"]) == 64 for each in manifest["files"])


def test_data_stand_as_they_came_and_as_they_are(folder, admin):
    item = invoice(folder)
    lines = [{"text": "Chairs", "net": "100.00"}]
    edit_item(item.pk, version=1, payload={**item.payload, "lines": lines, "n": 9}, by=ANNA)
    edit_item(item.pk, version=2, payload=SHORT, by=ANNA)

    [told] = read(pack_of(admin, folder, "INV-1", reveals=True), "items.json")["items"]

    assert told["as_it_is"] == SHORT
    came = told["as_it_came"]
    # the history keeps no personal value: it says so
    assert came["payload"] == {**item.payload, "iban": "•••"}
    assert came["is_exact"] is False
    assert [each["by"] for each in told["changes"]] == ["Anna", "Anna"]


WAYS = [
    ({"a": {}, "b": [1, 2, 3], "c": "d"}, {"a": {"x": 1}, "b": [1], "e": [{"f": []}]}),
    ({"a": [{"b": 1}, {"c": 2}]}, {"a": [{"d": 1}, {"c": 2}]}),
    ({"a": {"b": 1}}, {"a": 5}),
    ({"a": 5}, {"a": {"b": {"c": None}}}),
    ({"a": {"b": 1}, "z": []}, {"a": {}, "z": [[], {}]}),
    ({"a": list(range(12))}, {"a": []}),
    ({"a": []}, {"a": list(range(12))}),
    ({"a": [1, [2, {"b": [3]}]]}, {"a": [[1], [2, {"b": [4, 5]}], 6]}),
]


@pytest.mark.parametrize(("first", "then"), WAYS)
def test_what_was_changed_without_personal_data_is_exact(folder, admin, first, then):
    item = item_called("X-1", folder, payload=first)
    edit_item(item.pk, version=1, payload=then, by=ANNA)
    edit_item(item.pk, version=2, payload={"n": 7, **then}, by=ANNA)

    [told] = read(pack_of(admin, folder, "X-1"), "items.json")["items"]

    assert told["as_it_came"] == {"payload": item.payload, "is_exact": True}
    assert told["as_it_is"] == {"n": 7, **then}


@pytest.mark.parametrize("then", [{"a": 2, "c.d": 1}, {"a": 2, "n": 0}])
def test_names_with_dots_in_them_are_not_guessed(folder, admin, then):
    item = item_called("X-1", folder, payload={"a.b": 1, "a": 2})
    edit_item(item.pk, version=1, payload=then, by=ANNA)

    [told] = read(pack_of(admin, folder, "X-1"), "items.json")["items"]

    assert told["as_it_came"] == {"payload": None, "is_exact": False}


def test_a_change_that_the_history_does_not_know_is_not_called_exact(folder, admin):
    item = invoice(folder)
    type(item).objects.filter(pk=item.pk).update(version=2)

    [told] = read(pack_of(admin, folder, "INV-1"), "items.json")["items"]

    assert told["as_it_came"]["is_exact"] is False


def test_personal_values_are_dots_everywhere_unless_asked_for(folder, admin):
    item = invoice(folder)
    task = task_called(folder, "INV-1")
    Prediction.objects.create(
        folder_id=folder.pk, item_id=item.pk, attempt=1, field="iban", value=IBAN, confidence=0.9,
        model="m", prompt=f"Is {IBAN} right?",
    )  # fmt: skip
    endpoint = ModelEndpoint.objects.create(folder=folder, key="e", title="E", model="m")
    ModelCall.objects.create(
        folder_id=folder.pk, endpoint=endpoint, model="m", use="u", item_id=item.pk, prompt="read",
        prompt_version="1", asked=f"Read {IBAN}", answered=IBAN, ends_by=timezone.now(),
    )  # fmt: skip
    prompt = Prompt.objects.create(folder=folder, key="read", title="Read")
    PromptVersion.objects.create(prompt=prompt, number=1, text="Read the invoice")
    decide(task, answer(task, "reject", reason="no"), by=admin.actor)

    hidden, plain = (pack_of(admin, folder, "INV-1", reveals=each) for each in (False, True))

    for name in names(hidden):
        assert IBAN.encode() not in member(hidden, name), name
    for name in ("items.json", "tasks.json", "models.json"):
        assert IBAN.encode() in member(plain, name), name
    models = read(hidden, "models.json")
    assert models["predictions"][0]["value"] == "•••"
    assert [each["text"] for each in models["prompts"]] == ["Read the invoice"]


def test_making_it_is_recorded_and_so_is_each_look_at_personal_data(folder, admin):
    item = invoice(folder)

    pack_of(admin, folder, "INV-1")
    made = Event.objects.get(kind="audit.evidence_made")
    assert (made.folder_id, made.actor_id) == (folder.pk, admin.pk)
    assert made.data["reason"] == "Court order"
    assert not Event.objects.filter(kind="work_item.revealed").exists()

    pack_of(admin, folder, "INV-1", reveals=True)
    look = Event.objects.get(kind="work_item.revealed")
    assert (look.subject_id, look.data["fields"]) == (item.pk, ["iban"])


def test_nothing_of_another_folder_is_in_it(folder, admin):
    item_called("INV-1", folder, payload={"note": "ours"})
    theirs = make_folder()
    item_called("INV-1", theirs, payload={"note": "foreign"})
    task_called(theirs, "INV-1")
    other = item_called("INV-2", folder, payload={"note": "another one"})
    LogLine.objects.create(folder_id=folder.pk, item_id=other.pk, message="another one")

    pack = pack_of(admin, folder, "INV-1")

    assert read(pack, "manifest.json")["counts"]["items"] == 1
    for name in names(pack):
        content = member(pack, name)
        assert b"foreign" not in content
        assert b"another one" not in content
        assert b"Stark" not in content


def test_who_decides_and_who_holds_which_role_is_told(folder, admin, supervisor):
    task = task_called(folder, "INV-1")
    decide(task, answer(task, "reject", reason="no"), by=supervisor.actor)

    rights = read(pack_of(admin, folder, "INV-1"), "rights.json")

    assert (supervisor.username, "supervisor") in {
        (each["username"], each["role"]) for each in rights["holders"]
    }
    [decider] = rights["deciders"]
    assert (decider["id"], decider["role_now"]) == (supervisor.pk, "supervisor")
    assert {each["role"] for each in rights["roles"]} >= {"auditor", "admin"}


def test_seals_over_its_events_are_told(folder, admin):
    item = item_called("INV-1", folder)
    hold_item(item.pk, reason="Wait", by=ANNA)
    long_ago = timezone.now() - timedelta(hours=3)
    Event.objects.filter(kind="work_item.held").update(occurred_at=long_ago)
    sealing.seal(long_ago.replace(minute=0, second=0, microsecond=0))

    told = read(pack_of(admin, folder, "INV-1"), "events.json")

    assert [each["of_this_pack"] for each in told["seals"]] == [1]
    assert told["events"][0]["data"]["reason"] == "Wait"


def test_what_is_cut_is_said(folder, admin, monkeypatch):
    item = item_called("INV-1", folder)
    for n in range(4):
        LogLine.objects.create(folder_id=folder.pk, item_id=item.pk, message=f"line {n}")
    monkeypatch.setattr(item_sections, "MOST_LINES", 3)

    pack = pack_of(admin, folder, "INV-1")

    assert len(read(pack, "attempts.json")["log"]) == 3
    assert read(pack, "manifest.json")["cut"] == ["Lines of the log: only 3 are in it."]
    assert "only 3" in member(pack, "index.html").decode()


def test_a_full_pack_leaves_rows_out_and_says_how_many():
    archive = Archive(BytesIO(), most_bytes=1_000_000)
    rows = [{"text": "x" * 400_000}, {"text": "y" * 700_000}, {"text": "z"}]

    counts = archive.add_rows("log.json", {"lines": rows})

    assert counts == {"lines": 2}
    assert archive.cut == ["log.json: lines: 1 rows are left out; a pack holds 1 MB at most."]


def test_the_overview_reads_without_scripts_and_escapes_what_it_shows(folder, admin):
    item_called("<script>alert(1)</script>", folder)

    page = member(pack_of(admin, folder, "<script>alert(1)</script>"), "index.html").decode()

    assert "<script" not in page
    assert "&lt;script&gt;" in page
