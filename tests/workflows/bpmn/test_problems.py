"""What is refused at deployment: each time with the element, its line and what to do."""

import pytest

from apps.workflows.bpmn import ModelError, compile_model, read_model
from tests.workflows.bpmn.checking import compiled, drawn, problems_of, steps
from tests.workflows.markup import HEAD
from tests.workflows.models import (
    compensation,
    element,
    error,
    escalation,
    link,
    message,
    process,
    signal,
    terminate,
    timer,
)  # fmt: skip


def service(extra: str) -> bytes:
    return steps(
        f'<bpmn:serviceTask id="x"><bpmn:extensionElements>{extra}</bpmn:extensionElements>'
        "</bpmn:serviceTask>"
    )


RULE = '<rpa:rule then="skip" />'
JOB = '<zeebe:taskDefinition type="a" />'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<bpmn:serviceTask id="x" />', "which queue its work goes to"),
        ('<bpmn:sendTask id="x" />', "which queue its work goes to"),
        ('<bpmn:scriptTask id="x"><bpmn:script>1</bpmn:script></bpmn:scriptTask>',
            "no script in FEEL"),
        ('<bpmn:businessRuleTask id="x" />', "which decision it takes"),
        ('<bpmn:callActivity id="x" />', "is not named"),
        ('<bpmn:receiveTask id="x" />', "names no message"),
        ('<bpmn:receiveTask id="x" messageRef="m" />', "message “m”, which isn't there"),
        ('<bpmn:complexGateway id="x" />', "Complex gateways are not executed"),
        ('<bpmn:transaction id="x" />', "Transactions are not executed"),
        ('<bpmn:adHocSubProcess id="x" />', "Ad-hoc subprocesses are not executed"),
        ('<bpmn:callChoreography id="x" />', "“callChoreography” is not executed"),
        ('<bpmn:newThing id="x" />', "“newThing” is not executed"),
        ('<bpmn:subProcess id="x" />', "has no start event"),
        ('<bpmn:intermediateCatchEvent id="x" />', "waits for nothing"),
        (
            '<bpmn:intermediateCatchEvent id="x"><bpmn:errorEventDefinition />'
            "</bpmn:intermediateCatchEvent>",
            "can't have a errorEventDefinition",
        ),
        (
            '<bpmn:intermediateThrowEvent id="x"><bpmn:signalEventDefinition />'
            "<bpmn:linkEventDefinition /></bpmn:intermediateThrowEvent>",
            "several event definitions",
        ),
        (
            '<bpmn:intermediateCatchEvent id="x"><bpmn:eventDefinitionRef>d'
            "</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>",
            "shared event definition",
        ),
        ('<bpmn:task id="x"><bpmn:standardLoopCharacteristics /></bpmn:task>', "loops without"),
        (
            '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics /></bpmn:task>',
            "no list and no count",
        ),
    ],
)  # fmt: skip
def test_what_is_not_executed_is_refused_with_its_line(body, says):
    problems = problems_of(steps(body))
    found = next((each for each in problems if says in each.message), None)

    assert found, problems
    assert (found.element, found.line) == ("x", 5)
    assert found.advice


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ('<zeebe:taskDefinition type="" />', "is not named"),
        ('<zeebe:taskDefinition type="???" />', "makes no key"),
        ('<zeebe:taskDefinition type="=a +" />', "not FEEL"),
        ('<zeebe:taskDefinition type="a" retries="many" />', "is not a number from 1 to 100"),
        (JOB + JOB, "stands twice"),
        (JOB + "<zeebe:executionListeners />", "“zeebe:executionListeners” is not executed"),
        (JOB + "<rpa:wrok />", "“rpa:wrok” is not executed"),
        (JOB + '<rpa:work delay="3" />', "“delay” is not known"),
        (JOB + '<rpa:work priority="101" />', "from 0 to 100"),
        (JOB + f"<rpa:errorPolicy>{RULE * 26}</rpa:errorPolicy>", "more than 25 rules"),
        (JOB + '<rpa:work backoff="slow" />', "it can be: fixed, exponential"),
        (JOB + '<rpa:work slaSeconds="soon" />', "is not a number"),
        (JOB + '<rpa:errorPolicy><rpa:rule error="business" /></rpa:errorPolicy>', "what to do"),
        (JOB + '<rpa:errorPolicy><rpa:rule then="cry" /></rpa:errorPolicy>', "“cry”"),
        (JOB + '<rpa:errorPolicy><rpa:rule then="skip" when="=&lt;" /></rpa:errorPolicy>',
            "not FEEL"),
        (JOB + '<rpa:errorPolicy defaultOutput="={" />', "The default output"),
        (JOB + '<zeebe:ioMapping><zeebe:input source="=1" target="a b" /></zeebe:ioMapping>',
            "which is no variable"),
        (JOB + '<zeebe:ioMapping><zeebe:output source="=)" target="a" /></zeebe:ioMapping>',
            "The mapping to “a”"),
    ],
)  # fmt: skip
def test_slips_in_extension_elements_are_told(extra, says):
    problems = problems_of(service(extra))

    assert any(says in each.message for each in problems), problems
    assert {each.element for each in problems} == {"x"}


def user(extra: str, process_extra: str = "") -> bytes:
    holder = f"<bpmn:extensionElements>{process_extra}</bpmn:extensionElements>"
    return drawn(
        (holder if process_extra else "")
        + '<bpmn:startEvent id="s" /><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="x" />'
        f'<bpmn:userTask id="x"><bpmn:extensionElements>{extra}</bpmn:extensionElements>'
        "</bpmn:userTask>"
    )


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ('<zeebe:formDefinition formKey="camunda-forms:bpmn:gone" />', "isn't in the file"),
        ('<zeebe:formDefinition formId="linked" />', "The form “linked”"),
        ("<rpa:form>{</rpa:form>", "can't be read"),
        ("<rpa:form>[]</rpa:form>", "no JSON object"),
        ('<rpa:form>{"type": "string"}</rpa:form>', "not the schema of an object"),
        ('<rpa:form>{"type": "object", "required": 3}</rpa:form>', "required"),
        ('<rpa:decision key="Yes!" />', "no usable key"),
        ('<rpa:decision key="a" /><rpa:decision key="a" />', "stands twice"),
        ('<zeebe:taskSchedule dueDate="tomorrow" />', "not a date and time"),
        ('<zeebe:priorityDefinition priority="101" />', "from 0 to 100"),
        ('<zeebe:assignmentDefinition assignee="=(" />', "not FEEL"),
    ],
)
def test_slips_in_work_for_people_are_told(extra, says):
    assert any(says in each.message for each in problems_of(user(extra)))


@pytest.mark.parametrize(
    ("builder", "element_id", "says"),
    [
        (process().manual("a").end(), "invoice", "has no start event"),
        (process().start().end().start("s2"), "invoice", "several start events"),
        (process().start().end().apart().manual("a"), "a", "No way leads to"),
        (process().start().exclusive("g").end("a").at("g").when("x").end("b"), "g_to_a",
            "without a condition"),
        (process().start().exclusive("g").when("x").otherwise().end("a").at("g").when("x").end("b"),
            "g_to_a", "is the default flow and has a condition"),
        (process().start().parallel("g").when("x").end("a").at("g").end("b"), "g_to_a",
            "takes every flow"),
        (process().start().event_based("g").catch("c", timer(duration="PT1H")).end(), "g",
            "less than two events"),
        (process().start().event_based("g").manual("c").end("a").at("g")
            .catch("d", timer(duration="PT1H")).end("b"), "c", "can't stand behind"),
        (process().start().throw("t", link("A")), "t", "catches “A”"),
        (process().start().end().apart().catch("c", link("A")).end("e2"), "c", "thrown nowhere"),
        (process().start().service("a").end().boundary("b", "c", error()).end("d"), "c",
            "attached to “b”"),
        (process().start().service("a").end().boundary("a", "c", error("E"), interrupts=False)
            .end("d"), "c", "so it must interrupt"),
        (process().start().service("a").end().boundary("a", "c", error("E")).end("d")
            .boundary("a", "c2", error("E")).end("d2"), "a", "several events"),
        (process().start().service("a").end().boundary("a", "c", compensation()), "c",
            "nothing that undoes"),
        (process().start().throw("c", compensation("start")).end(), "c", "can't be undone"),
        (process().start(event=timer(duration="PT1H")).end(), "start", "can't start after"),
        (process().start(event=message("=x")).end(), "Message__x", "no variables before the start"),
        (process().start().catch("c", message("m")).end(), "c", "which instance"),
        (process().start().catch("c", timer(duration="soon")).end(), "c", "not a duration"),
        (process().start().catch("c", timer(cycle="now and then")).end(), "c", "no cycle"),
        (process().start().end(event=error("=code")), "Error__code", "is an expression"),
        (process().start().subprocess("p").start("i", signal("x")).end("o").done().end(), "i",
            "can't have a signalEventDefinition"),
        (process().start().end().event_subprocess("p").start("i").end("o").done(), "i",
            "waits for nothing"),
        (process().start().manual("a").end().at("a").throw("t", terminate()), "t",
            "can't have a terminateEventDefinition"),
        (process().start().end(event=escalation("")), "end", "names no escalation"),
    ],
)  # fmt: skip
def test_drawings_that_do_not_hang_together_are_refused(builder, element_id, says):
    problems = problems_of(builder)

    found = [each for each in problems if says in each.message]
    assert found, problems
    assert element_id in {each.element for each in found}
    assert all(each.line > 1 and each.advice for each in found)


def test_flows_from_and_to_nowhere_are_refused():
    flow = '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="gone" />'

    problem = problems_of(drawn(f'<bpmn:startEvent id="s" />\n{flow}'))[0]

    assert (problem.element, problem.line) == ("f", 5)
    assert "“gone”, which isn't there" in problem.message


def test_flows_across_borders_are_refused():
    inner = '<bpmn:subProcess id="q"><bpmn:startEvent id="i" /><bpmn:task id="t" />'
    flows = '<bpmn:sequenceFlow id="f" sourceRef="i" targetRef="t" /></bpmn:subProcess>'
    out = '<bpmn:sequenceFlow id="g" sourceRef="t" targetRef="e" />'

    problems = problems_of(
        drawn(f'<bpmn:startEvent id="s" /><bpmn:endEvent id="e" />{inner}{flows}{out}')
    )

    assert any(each.element == "g" and "crosses the border" in each.message for each in problems)


def test_ids_that_stand_twice_are_refused():
    problems = problems_of(drawn('<bpmn:startEvent id="s" />\n<bpmn:endEvent id="s" />'))

    assert [(each.element, each.line) for each in problems if "twice" in each.message] == [("s", 5)]


def test_a_subprocess_with_the_id_of_its_process_is_refused():
    inner = '<bpmn:subProcess id="p"><bpmn:startEvent id="i" /></bpmn:subProcess>'

    problems = problems_of(drawn(f'<bpmn:startEvent id="s" />{inner}'))

    assert any("“p” is used twice" in each.message for each in problems)


def test_elements_without_an_id_are_refused():
    assert any("no id" in each.message for each in problems_of(drawn("<bpmn:startEvent />")))


def test_expressions_that_are_not_feel_name_element_and_line():
    condition = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">\n\n=a &gt;\n'
    body = (
        '<bpmn:startEvent id="s" /><bpmn:exclusiveGateway id="g" /><bpmn:endEvent id="e" />'
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="g" />\n'
        f'<bpmn:sequenceFlow id="h" sourceRef="g" targetRef="e">{condition}'
        "</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )  # fmt: skip

    problem = problems_of(drawn(body))[0]

    assert (problem.element, problem.line) == ("h", 7)
    assert "“a >”, is not FEEL" in problem.message


@pytest.mark.parametrize("text", ["${approved}", "#{approved}"])
def test_expressions_of_camunda_7_are_known_as_such(text):
    builder = process().start().exclusive("g").when("x").end("a").at("g").otherwise().end("b")
    xml = builder.xml().replace(b"=x<", text.encode() + b"<")

    assert "is an expression of Camunda 7" in problems_of(xml)[0].message


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    builder = (
        process().start().service("a", "").script("b", "1 +", "r").exclusive("g")
        .end("e1").at("g").end("e2").apart().manual("lost")
    )  # fmt: skip

    problems = problems_of(builder)

    assert {"a", "b", "g_to_e1", "g_to_e2", "lost"} <= {each.element for each in problems}
    assert [each.line for each in problems] == sorted(each.line for each in problems)


def test_a_file_in_which_nothing_is_executable_says_so_and_all_the_rest():
    problems = problems_of(process(is_executable=False).start().service("a", "").end())

    assert "No process of the file is marked as executable." in problems[0].message
    assert problems[1].element == "a"


def test_a_file_without_a_process_is_refused():
    assert "no process" in problems_of(f"{HEAD}</bpmn:definitions>".encode())[0].message


def test_very_large_processes_are_refused():
    many = "".join(f'<bpmn:task id="t{n}" />' for n in range(2_001))

    assert "more than 2000 elements" in problems_of(drawn(many))[0].message


def test_what_has_no_effect_is_told_as_a_warning():
    builder = (
        process().start().manual("a", **{"camunda:assignee": "kermit"})
        .hold("<bpmn:potentialOwner />").extend(element("zeebe:taskDefinition", type="x")).end()
    )  # fmt: skip

    warnings = compiled(builder).warnings

    assert [each.severity for each in warnings] == ["warning"] * 3
    texts = " ".join(each.message for each in warnings)
    for name in ("camunda:assignee", "potentialOwner", "zeebe:taskDefinition"):
        assert name in texts


def test_a_cycle_at_an_event_that_happens_once_is_warned_of():
    builder = process().start().service("a").catch("b", timer(cycle="R/PT1H")).end()

    warnings = compiled(builder.boundary("a", "c", timer(cycle="R/PT1H")).end("d")).warnings

    assert [each.element for each in warnings] == ["b", "c"]
    assert all("happens only once" in each.message for each in warnings)


def test_errors_carry_their_problems_as_fields_for_the_api():
    with pytest.raises(ModelError) as caught:
        compile_model(read_model(steps('<bpmn:serviceTask id="x" />')))

    assert [(field.path, field.message) for field in caught.value.fields] == [
        (each.element, str(each)) for each in caught.value.problems
    ]
