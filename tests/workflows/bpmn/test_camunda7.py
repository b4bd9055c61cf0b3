"""Models of Camunda 7: deployable after conversion, or a report of what stands against it."""

from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from apps.workflows.bpmn import (
    Converted,
    ModelError,
    Problem,
    compile_model,
    convert_camunda7,
    import_model,
    names,
    read_model,
)  # fmt: skip
from apps.workflows.bpmn.extensions import HARMLESS_CAMUNDA
from tests.workflows.bpmn.test_round_trip import canonical
from tests.workflows.models import process

ROOT = Path(settings.BASE_DIR).parent / "shared" / "models" / "camunda7"
MODELS = sorted(path for path in ROOT.rglob("*") if path.suffix in (".bpmn", ".xml"))
needs_models = pytest.mark.skipif(not MODELS, reason="the models of Camunda 7 are not here")


def imported(xml: bytes) -> tuple[Converted | None, list[Problem]]:
    """Return what an upload leads to: the conversion, and what stands against deploying it."""
    converted = None
    try:
        converted = convert_camunda7(read_model(xml))
        compile_model(converted.model)
        stored = read_model(converted.model.to_xml())
        assert stored.dialect != "camunda"
        compile_model(stored)
    except ModelError as error:
        return converted, [each for each in error.problems if each.severity == "error"]
    return converted, []


@needs_models
def test_all_models_are_there():
    assert len(MODELS) == 359


@needs_models
@pytest.mark.parametrize("folder", sorted({path.parent.name for path in MODELS}))
def test_each_model_is_deployable_or_says_what_stands_against_it(folder):
    for path in (path for path in MODELS if path.parent.name == folder):
        converted, problems = imported(path.read_bytes())

        assert converted or problems, path
        assert all(each.message and each.line for each in problems), path
        if converted:
            assert all(note.message and note.attribute for note in converted.report), path


@needs_models
def test_most_models_are_deployable():
    outcomes = Counter(not imported(path.read_bytes())[1] for path in MODELS)

    assert outcomes[True] >= 226, outcomes


@needs_models
def test_nothing_of_camunda_is_lost_without_being_taken_over_or_told():
    """What is left of Camunda's after the conversion is noted at its element, or is harmless."""
    for path in MODELS:
        converted, _problems = imported(path.read_bytes())
        if converted is None:
            continue
        told = {(note.element, note.attribute) for note in converted.report}
        missing = set(left_over(converted.model.root)) - told
        assert not missing, (path, missing)


def left_over(root):
    for each in root.iter(f"{{{names.BPMN}}}*"):
        for name in each.attrib:
            namespace, local = names.split(name)
            if namespace in names.CAMUNDA and local not in HARMLESS_CAMUNDA:
                yield nearest_id(each), f"camunda:{local}"
        for inner in each.findall(f"{{{names.BPMN}}}extensionElements/*"):
            if names.split(inner.tag)[0] in names.CAMUNDA:
                yield nearest_id(each), f"camunda:{names.split(inner.tag)[1]}"


def nearest_id(element):
    return element.get("id") or next(a.get("id") for a in element.iterancestors() if a.get("id"))


HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">'
)


def model(body: str, roots: str = "") -> bytes:
    """Return a file of Camunda 7 in which a token goes through the element "x"."""
    return (
        f'{HEAD}<process id="p" isExecutable="true"><startEvent id="s" />'
        '<sequenceFlow id="f" sourceRef="s" targetRef="x" />\n'
        f"{body}\n</process>{roots}</definitions>"
    ).encode()


def extended(tag: str, extension: str, attributes: str = "") -> bytes:
    holder = f"<extensionElements>{extension}</extensionElements>"
    return model(f'<{tag} id="x" {attributes}>{holder}</{tag}>')


def converted_node(xml: bytes, *, told: frozenset[str] = frozenset()):
    converted = convert_camunda7(read_model(xml))
    assert {note.attribute for note in converted.report} == told, converted.report
    return compile_model(converted.model).graphs[0].node("x")


def report_of(xml: bytes) -> dict[str, str]:
    return {note.attribute: note.message for note in convert_camunda7(read_model(xml)).report}


def text_of(value):
    return getattr(value, "text", None) or getattr(value, "value", None)


def test_external_topics_become_queues():
    work = converted_node(
        extended(
            "serviceTask",
            "<camunda:failedJobRetryTimeCycle>R4/PT2M</camunda:failedJobRetryTimeCycle>",
            'camunda:type="external" camunda:topic="charge-card" camunda:taskPriority="${p}"',
        )
    ).work

    assert (text_of(work.queue), text_of(work.retries)) == ("charge-card", 4)
    assert (work.delay_seconds, work.backoff, text_of(work.priority)) == (120.0, "fixed", "p")


def test_assignments_and_dates_of_people_are_taken_over():
    work = converted_node(
        model(
            '<userTask id="x" camunda:assignee="${boss}" camunda:candidateGroups="ap,audit" '
            'camunda:candidateUsers="kermit" camunda:dueDate="PT4H" camunda:priority="50" '
            'camunda:followUpDate="${later}" />'
        )
    ).work

    assert text_of(work.assignee) == "boss"
    assert text_of(work.candidate_groups) == ["ap", "audit"]
    assert text_of(work.due) == 'now() + duration("PT4H")'
    assert (text_of(work.follow_up), text_of(work.priority)) == ("later", 50)


def test_potential_owners_are_taken_over():
    owner = (
        '<userTask id="x"><potentialOwner><resourceAssignmentExpression><formalExpression>'
        "user(kermit), group(management), sales</formalExpression></resourceAssignmentExpression>"
        "</potentialOwner></userTask>"
    )

    work = converted_node(model(owner)).work

    assert text_of(work.candidate_users) == ["kermit"]
    assert text_of(work.candidate_groups) == ["management", "sales"]


def test_form_fields_become_a_schema():
    form = converted_node(
        extended(
            "userTask",
            '<camunda:formData><camunda:formField id="total" type="long" label="Total" '
            'defaultValue="5"><camunda:validation><camunda:constraint name="required" />'
            '<camunda:constraint name="max" config="9" /></camunda:validation></camunda:formField>'
            '<camunda:formField id="kind" type="enum"><camunda:value id="a" name="A" />'
            '</camunda:formField><camunda:formField id="day" type="date" /></camunda:formData>',
        )
    ).work.form

    assert form == {
        "type": "object",
        "properties": {
            "total": {"type": "integer", "title": "Total", "default": 5, "maximum": 9},
            "kind": {"type": "string", "oneOf": [{"const": "a", "title": "A"}]},
            "day": {"type": "string", "format": "date"},
        },
        "required": ["total"],
    }


def test_calls_hand_down_only_what_is_drawn():
    node = converted_node(
        extended(
            "callActivity",
            '<camunda:in source="a" target="b" /><camunda:in sourceExpression="${c + 1}" '
            'target="d" /><camunda:out variables="all" />',
            'calledElement="child" camunda:calledElementBinding="version" '
            'camunda:calledElementVersion="2"',
        )
    )

    assert (text_of(node.work.workflow), node.work.version) == ("child", 2)
    assert (node.work.all_in, node.work.all_out) == (False, True)
    assert [(text_of(m.source), m.target) for m in node.inputs] == [("a", "b"), ("c + 1", "d")]


def test_lists_of_several_instances_are_taken_over():
    loop = converted_node(
        model(
            '<userTask id="x"><multiInstanceLoopCharacteristics isSequential="true" '
            'camunda:collection="orders" camunda:elementVariable="order"><completionCondition>'
            "${nrOfCompletedInstances / nrOfInstances &gt;= 0.6}</completionCondition>"
            "</multiInstanceLoopCharacteristics></userTask>"
        )
    ).loop

    assert (loop.collection.text, loop.element, loop.is_sequential) == ("orders", "order", True)
    assert loop.completion.text == "nrOfCompletedInstances / nrOfInstances >= 0.6"


def test_inputs_and_outputs_become_mappings():
    node = converted_node(
        extended(
            "serviceTask",
            '<camunda:inputOutput><camunda:inputParameter name="text">Hi ${name}!'
            '</camunda:inputParameter><camunda:inputParameter name="list"><camunda:list>'
            "<camunda:value>a</camunda:value><camunda:value>${b}</camunda:value></camunda:list>"
            '</camunda:inputParameter><camunda:inputParameter name="map"><camunda:map>'
            '<camunda:entry key="k">${v}</camunda:entry></camunda:map></camunda:inputParameter>'
            '<camunda:outputParameter name="r">${result}</camunda:outputParameter>'
            "</camunda:inputOutput>",
            'camunda:type="external" camunda:topic="t"',
        ),
        told=frozenset({"camunda:inputParameter", "camunda:outputParameter"}),
    )

    assert [(m.target, m.source.text) for m in node.inputs] == [
        ("text", '"Hi " + string(name) + "!"'), ("list", '["a", b]'), ("map", '{"k": v}'),
    ]  # fmt: skip
    assert [(m.target, m.source.text) for m in node.outputs] == [("r", "result")]


def test_errors_are_known_by_the_name_that_is_referred_to_and_keep_their_variables():
    body = (
        '<subProcess id="x"><startEvent id="i" /></subProcess><boundaryEvent id="b" '
        'attachedToRef="x"><errorEventDefinition errorRef="oops" camunda:errorCodeVariable="c" '
        'camunda:errorMessageVariable="m" /></boundaryEvent>'
    )
    converted = convert_camunda7(read_model(model(body)))

    event = compile_model(converted.model).graphs[0].node("b").event

    assert (event.code, event.code_variable, event.message_variable) == ("oops", "c", "m")


def test_decisions_scripts_and_expressions_are_taken_over():
    rule = converted_node(
        model('<businessRuleTask id="x" camunda:decisionRef="tax" camunda:resultVariable="r" '
            'camunda:mapDecisionResult="singleEntry" />')
    ).work  # fmt: skip
    script = converted_node(
        model('<scriptTask id="x" scriptFormat="juel" camunda:resultVariable="r">'
            "<script>${a + 1}</script></scriptTask>")
    ).work  # fmt: skip

    assert (text_of(rule.decision), rule.result_variable) == ("tax", "r")
    assert (script.expression.text, script.result_variable) == ("a + 1", "r")


def test_an_expression_of_a_service_task_becomes_a_script_and_is_told():
    xml = model('<serviceTask id="x" camunda:expression="${a * 2}" camunda:resultVariable="r" />')
    converted = convert_camunda7(read_model(xml))

    node = compile_model(converted.model).graphs[0].node("x")

    assert (node.kind, node.work.expression.text, node.work.result_variable) == (
        "script",
        "a * 2",
        "r",
    )
    assert [note.attribute for note in converted.report] == ["camunda:expression"]


@pytest.mark.parametrize(
    ("body", "attribute"),
    [
        ('<serviceTask id="x" camunda:class="org.Acme" />', "camunda:class"),
        ('<serviceTask id="x" camunda:delegateExpression="${b}" />', "camunda:delegateExpression"),
        ('<serviceTask id="x" camunda:expression="${bean.call()}" />', "camunda:expression"),
        ('<userTask id="x" camunda:formKey="embedded:app:f.html" />', "camunda:formKey"),
        ('<userTask id="x" camunda:formRef="f" />', "camunda:formRef"),
        ('<userTask id="x" camunda:somethingNew="1" />', "camunda:somethingNew"),
        ('<userTask id="x"><extensionElements><camunda:taskListener event="create" />'
            "</extensionElements></userTask>", "camunda:taskListener"),
        ('<serviceTask id="x"><extensionElements><camunda:connector /></extensionElements>'
            "</serviceTask>", "camunda:connector"),
        ('<scriptTask id="x" scriptFormat="groovy"><script>1</script></scriptTask>', "script"),
        ('<callActivity id="x" calledElement="c" camunda:calledElementBinding="deployment" />',
            "camunda:calledElementBinding"),
    ],
)  # fmt: skip
def test_what_can_not_be_taken_over_is_in_the_report(body, attribute):
    report = report_of(model(body))

    assert attribute in report
    assert report[attribute].endswith(".")


def test_everything_is_told_though_it_stands_in_one_line():
    report = report_of(
        extended(
            "serviceTask",
            '<camunda:executionListener class="A" event="end" /><camunda:connector />'
            "<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle>",
            'camunda:class="B"',
        )
    )

    assert set(report) == {
        "camunda:class", "camunda:executionListener", "camunda:connector",
        "camunda:failedJobRetryTimeCycle",
    }  # fmt: skip


def test_the_list_that_a_decision_gives_in_camunda_7_is_told():
    task = '<businessRuleTask id="x" camunda:decisionRef="tax" camunda:resultVariable="r" />'

    assert "hit policy" in report_of(model(task))["camunda:mapDecisionResult"]


def test_the_model_that_was_given_stays_as_it_is():
    xml = model('<userTask id="x" camunda:assignee="kermit" />')
    given = read_model(xml)

    out = convert_camunda7(given).model.to_xml()

    assert canonical(given.to_xml()) == canonical(xml)
    assert b"zeebe:assignmentDefinition" in out
    assert out.count(b"xmlns:zeebe=") == 1


def test_what_is_not_converted_stays_in_the_file():
    xml = model('<serviceTask id="x" camunda:class="org.Acme"><documentation>D</documentation>'
        "<!-- why --></serviceTask>")  # fmt: skip

    out = convert_camunda7(read_model(xml)).model.to_xml()

    for kept in (b'camunda:class="org.Acme"', b"<documentation>D</documentation>", b"<!-- why -->"):
        assert kept in out


def test_notes_know_the_line_of_the_file_that_was_handed_in():
    report = convert_camunda7(read_model(model('<serviceTask id="x" camunda:class="A" />'))).report

    assert [(note.element, note.line) for note in report] == [("x", 2)]


def test_processes_that_do_not_say_so_are_executable_in_camunda_7():
    xml = model('<userTask id="x" />').replace(b' isExecutable="true"', b"")

    assert compile_model(convert_camunda7(read_model(xml)).model).graphs[0].key == "p"


def test_an_import_converts_models_of_camunda_7_and_compiles_others_as_they_are():
    imported = import_model(model('<userTask id="x" camunda:assignee="kermit" />'))
    own = import_model(process().start().service("a").end().xml())

    assert imported.original is not None
    assert imported.model.dialect == "zeebe"
    assert text_of(imported.compiled.graphs[0].node("x").work.assignee) == "kermit"
    assert own.original is None


def test_an_import_tells_each_thing_once():
    body = '<userTask id="x" camunda:formKey="f" camunda:assignee="kermit" />'

    imported = import_model(model(body))

    assert [note.attribute for note in imported.report] == ["camunda:formKey"]
    assert imported.compiled.warnings == ()


def test_an_import_that_fails_tells_the_report_as_well():
    with pytest.raises(ModelError) as caught:
        import_model(model('<serviceTask id="x" camunda:class="org.Acme" />'))

    assert [(each.severity, each.element) for each in caught.value.problems] == [
        ("error", "x"), ("warning", "x"),
    ]  # fmt: skip
    assert "camunda:class: It runs Java code" in caught.value.problems[1].message
