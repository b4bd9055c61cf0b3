"""What a model says is executed, refused or warned about, but never passed over."""

import pytest

from tests.workflows.bpmn.checking import compiled, graph_of, problems_of
from tests.workflows.models import (
    compensation,
    error,
    escalation,
    link,
    message,
    process,
    signal,
    terminate,
    timer,
)

JOB = '<zeebe:taskDefinition type="mail" />'
DECISION = '<zeebe:calledDecision decisionId="d" resultVariable="x" />'
SLIP = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
    '<zeebe:loopCharacteristics inputCollection="=lines" /><rpa:tolerate shar="0.5" />'
    "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
)
COUNTED = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)


def gate(receive):
    """A receive task that `receive` adds to, behind an event-based gateway."""
    model = process().start().event_based("g").catch("c", timer(duration="PT1H")).end("e")
    return receive(model.at("g").receive("r", "go", '="1"')).end("e2")


def caught_twice(event):
    model = process().start().end()
    for name in ("one", "two"):
        model.event_subprocess(name).start(f"{name}_starts", event).end(f"{name}_ends").done()
    return model


def undoing(activity):
    """A throw in a subprocess that names an activity; "a" lies around it, "inner" beside it."""
    model = process().start().service("a").subprocess("sub").start("s").service("inner")
    model.throw("undo", compensation(activity)).end("e").done().end()
    for name in ("a", "inner"):
        model.at(name).apart().service(f"undo_{name}")
        model.undone_by(name, f"undo_{name}")
    return model


@pytest.mark.parametrize(
    ("model", "element", "says"),
    [
        (process().start().service("a", "").extend(DECISION).end(), "a", "which queue"),
        (process().start().end("e", extra=JOB), "e", "throws no message"),
        (process().start().throw("t", signal("s"), extra=JOB).end(), "t", "throws no message"),
        (process().start().subprocess("sub").hold(SLIP).start("s").end("e").done().end(), "sub",
            "“shar” is not known"),
        (process().start().end().event_subprocess("es").hold(COUNTED).start("s", error()).end("e")
            .done(), "es", "can't have several instances"),
        (gate(lambda model: model.each("lines")), "r", "waits for “r” alone"),
        (gate(lambda model: model.boundary("r", "b", error()).end("e3").at("r")), "r",
            "waits for “r” alone"),
        (caught_twice(error("E")), "invoice", "several events that catch E"),
        (caught_twice(escalation()), "invoice", "several events that catch everything"),
        (undoing("a"), "undo", "can't be undone"),
        (process().start().user("u").each("lines", element_name="the line").end(), "u",
            "“the line”, is no variable"),
        (process().start().user("u").each("lines", output="a.b", output_element="=1").end(), "u",
            "“a.b”, is no variable"),
    ],
)  # fmt: skip
def test_what_would_never_happen_is_refused(model, element, says):
    problems = problems_of(model)

    assert [each.element for each in problems if says in each.message] == [element], problems


@pytest.mark.parametrize("name", ["uuid", "random number", "cycle"])
def test_a_function_that_is_not_there_is_refused(name):
    (problem,) = problems_of(process().start().script("s", f"={name}(3)", "x").end())

    assert (problem.element, f"calls “{name}”" in problem.message) == ("s", True)


def test_functions_of_an_expressions_own_are_there():
    script = "={twice: function(n) n * 2, made: for n in [1, 2] return twice(n)}.made[1]"

    assert not compiled(process().start().script("s", script, "x").end()).warnings


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (process().start().inputs(a="=1").end(), "The inputs of “start”"),
        (process().start().catch("c", message("m", '="1"')).inputs(a="=1").end(), "inputs of “c”"),
        (process().start().end("e").inputs(a="=1"), "The inputs of “e”"),
        (process().start().end("e", terminate()).outputs(a="=1"), "The outputs of “e”"),
        (process().start().throw("t", link("A")).outputs(a="=1").apart().catch("c", link("A"))
            .end(), "The outputs of “t”"),
    ],
)  # fmt: skip
def test_mappings_without_effect_are_warned_about(model, says):
    assert [each for each in compiled(model).warnings if says in each.message]


@pytest.mark.parametrize(
    "model",
    [
        process().start().throw("t", signal("s")).inputs(a="=1").end("e", message("m", '="1"'))
        .inputs(a="=1"),
        process().start().service("s").inputs(a="=1").outputs(b="=a").end().outputs(c="=b"),
        undoing("inner"),
    ],
)  # fmt: skip
def test_what_has_an_effect_is_not_warned_about(model):
    assert not compiled(model).warnings


@pytest.mark.parametrize("where", ["before the elements", "at the process"])
def test_associations_may_stand_anywhere(where):
    model = process().start().subprocess("sub").start("s").service("a").end("e")
    model.apart().service("undo")
    xml = model.undone_by("a", "undo").done().end().xml().decode()
    line = next(row for row in xml.splitlines() if "<bpmn:association" in row)
    xml = xml.replace(line, "")
    if where == "at the process":
        xml = xml.replace("</bpmn:process>", f"{line}</bpmn:process>")
    else:
        head, found, rest = xml.partition('<bpmn:startEvent id="s"')
        xml = head + line + found + rest

    assert graph_of(xml.encode()).node("a").compensated_by == "undo"


def test_the_name_of_an_element_may_begin_like_an_expression():
    loop = graph_of(process().start().user("u").each("lines", element_name="=line").end())

    assert loop.node("u").loop.element == "line"
