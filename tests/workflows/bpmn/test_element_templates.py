"""The element templates for Camunda Modeler, and the properties that they write."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from apps.workflows.bpmn import compile_model, read_model
from apps.workflows.bpmn.extensions import KNOWN
from tests.workflows.bpmn.checking import compiled, graph_of, node_of, problems_of
from tests.workflows.bpmn.test_round_trip import canonical
from tests.workflows.models import element, message, process

FOLDER = Path(settings.BASE_DIR) / "docs" / "element-templates"
TEMPLATES = json.loads((FOLDER / "controlroom.json").read_text())
ELEMENTS = {
    "bpmn:ServiceTask": "serviceTask",
    "bpmn:SendTask": "sendTask",
    "bpmn:UserTask": "userTask",
    "bpmn:Process": "process",
}
VALUES = {
    "rpa:form": '{"type": "object"}', "rpa:inputSchema": '{"type": "object"}',
    "rpa:instructions": "Look.", "rpa:rung.3.decision": "approve",
    "rpa:handling.assignment": "pool", "rpa:work.reference": "=id", "rpa:work.priority": "3",
    "rpa:errorPolicy.defaultOutput": "={ok: false}",
}  # fmt: skip


def properties(values: dict[str, str]) -> str:
    rows = "".join(element("zeebe:property", name=n, value=v) for n, v in values.items())
    return f"<zeebe:properties>{rows}</zeebe:properties>"


def value_for(field: dict) -> str:
    """Return something that fits a field of a template."""
    name = field["binding"].get("name", "")
    if name in VALUES:
        return VALUES[name]
    if "choices" in field:
        return field["choices"][-1]["value"]
    if "pattern" in field.get("constraints", {}):
        return "2"
    return "=a > 1" if name.endswith(".when") else "text"


def applied(template: dict) -> bytes:
    """Return a model with the template applied as the Modeler does, all its fields filled in."""
    fields = [
        each for each in template["properties"] if each["binding"]["type"] == "zeebe:property"
    ]
    extra = properties({each["binding"]["name"]: value_for(each) for each in fields})
    builder = process().start().service("a", "do").end()
    if template["elementType"]["value"] == "bpmn:Process":
        builder.root.extra.append(extra)
    else:
        made = builder.elements["a"]
        made.tag = ELEMENTS[template["elementType"]["value"]]
        made.extra = ([] if made.tag == "userTask" else made.extra) + [extra]
    return builder.xml()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["name"])
def test_a_model_with_a_template_compiles_with_all_its_fields(template):
    assert compiled(applied(template)).warnings == ()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["name"])
def test_templates_have_what_the_modeler_needs(template):
    groups = {each["id"] for each in template["groups"]}

    assert {"$schema", "name", "id", "version", "description", "appliesTo"} <= set(template)
    assert template["elementType"]["value"] in template["appliesTo"]
    for field in template["properties"]:
        assert field["type"] in ("String", "Text", "Dropdown", "Hidden")
        assert field["type"] == "Hidden" or field["group"] in groups
        assert field["binding"]["type"] in {"zeebe:property", *KNOWN}


def test_ids_of_templates_and_names_of_their_fields_are_unique():
    assert len({each["id"] for each in TEMPLATES}) == len(TEMPLATES)
    for template in TEMPLATES:
        bindings = [json.dumps(each["binding"]) for each in template["properties"]]
        assert len(set(bindings)) == len(bindings)


def test_properties_say_the_same_as_elements():
    values = {
        "rpa:work.queue": "q", "rpa:work.backoff": "fixed", "rpa:rule.2.then": "stop",
        "rpa:rule.1.then": "skip", "rpa:rule.2.code": "X", "rpa:tolerate.share": "0.5",
        "rpa:errorPolicy.defaultOutput": "={a: 1}",
        "other": "kept",
    }  # fmt: skip
    by_properties = process().start().service("a").each("=l").extend(properties(values)).end()
    by_elements = (
        process().start().service("a").each("=l", tolerate=0.5).work(queue="q", backoff="fixed")
        .policy({"then": "stop", "code": "X"}, {"then": "skip"}, default_output="={a: 1}").end()
    )  # fmt: skip

    one, other = node_of(by_properties, "a"), node_of(by_elements, "a")

    assert (one.work, one.loop) == (other.work, other.loop)


def test_properties_of_people_and_processes_and_messages_say_the_same():
    builder = process().start().user("a").extend(
        properties({"rpa:decision.ok": "Fine", "rpa:form": '{"type": "object"}'})
    ).throw("t", message("m")).extend(
        properties({"rpa:message.correlationKey": "=k", "rpa:message.ttlSeconds": "9"})
    ).end()  # fmt: skip
    builder.root.extra.append(properties({"rpa:inputSchema": '{"type": "object"}'}))

    graph = graph_of(builder)

    assert graph.node("a").work.decisions == ({"key": "ok", "title": "Fine"},)
    assert graph.node("a").work.form == graph.input_schema == {"type": "object"}
    assert graph.node("t").event.ttl_seconds == 9.0


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("rpa:wrok.queue", "a", "“rpa:wrok” is not executed"),
        ("rpa:work.qeue", "a", "“qeue” is not known"),
        ("rpa:work.backoff", "slow", "it can be: fixed, exponential"),
        ("rpa:rule.1.then", "cry", "“cry”"),
        ("rpa:rule.1.when", "=(", "not FEEL"),
        ("rpa:", "x", "“rpa:_” is not executed"),
        ("rpa:a b<c.d e", "x", "is not executed"),
    ],
)
def test_slips_in_properties_are_told(name, value, says):
    problems = problems_of(process().start().service("a").extend(properties({name: value})).end())

    assert any(says in each.message for each in problems), problems
    assert all(each.line > 1 for each in problems)


def test_empty_properties_count_as_missing_and_the_file_stays_as_it_was():
    values = {"rpa:work.backoff": " ", "rpa:work.queue": "q"}
    xml = process().start().service("a").extend(properties(values)).end().xml()
    model = read_model(xml)

    compile_model(model)

    assert canonical(model.to_xml()) == canonical(xml)
