import pytest

from apps.workflows.bpmn import compile_model, read_model
from apps.workflows.graph import (
    CallWork,
    CompensateEvent,
    Constant,
    ErrorEvent,
    EscalationEvent,
    LinkEvent,
    MessageEvent,
    MultiInstance,
    PersonWork,
    RuleWork,
    ScriptWork,
    SignalEvent,
    StandardLoop,
    TerminateEvent,
    TimerEvent,
    Work,
)  # fmt: skip
from tests.workflows.bpmn.checking import compiled, drawn, graph_of, node_of
from tests.workflows.models import (
    compensation,
    condition,
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


def invoice():
    return (
        process("invoice", name="Invoice")
        .start()
        .service("extract", "ocr.Extract", retries=3)
        .exclusive("amount")
        .when("total > 1000")
        .user("approve", form={"type": "object", "properties": {}})
        .end("approved")
        .at("amount")
        .otherwise()
        .service("post")
        .end("posted")
    )


def test_a_process_becomes_nodes_and_flows_in_the_order_of_the_file():
    graph = graph_of(invoice())

    assert (graph.key, graph.name, graph.starts) == ("invoice", "Invoice", ("start",))
    assert [(n.id, n.kind) for n in graph.nodes.values()] == [
        ("start", "start"), ("extract", "service"), ("amount", "exclusive"), ("approve", "user"),
        ("approved", "end"), ("post", "service"), ("posted", "end"),
    ]  # fmt: skip
    assert graph.node("amount").outgoing == ("amount_to_approve", "amount_to_post")
    assert graph.node("amount").default_flow == "amount_to_post"
    assert graph.node("post").incoming == ("amount_to_post",)
    assert graph.flows["amount_to_approve"].condition.text == "total > 1000"
    assert graph.queues == ("ocr-extract", "post")
    assert {n.scope for n in graph.nodes.values()} == {"invoice"}


def test_the_same_file_always_gives_the_same_graph():
    xml = invoice().xml()

    assert compile_model(read_model(xml)) == compile_model(read_model(xml))
    assert repr(compile_model(read_model(xml))) == repr(compile_model(read_model(xml)))


def test_nodes_know_their_lines():
    graph = graph_of(
        drawn('<bpmn:startEvent id="s" />\n<bpmn:documentation>No.</bpmn:documentation>')
    )

    assert graph.node("s").line == 4


def test_only_executable_processes_are_compiled():
    second = '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="t" /></bpmn:process>'
    third = '<bpmn:process id="r"><bpmn:startEvent id="u" /></bpmn:process>'

    graphs = compiled(drawn('<bpmn:startEvent id="s" />', roots=second + third)).graphs

    assert [graph.key for graph in graphs] == ["p", "q"]


def test_work_for_bots_has_all_that_the_diagram_says():
    node = node_of(
        process().start().service("a", "ocr", retries="=tries").work(
            queue="Ocr Jobs", priority="=p", reference="=id", backoff="exponential",
            delaySeconds="1.5", slaSeconds="3600",
        ).policy(
            {"error": "business", "code": "VAT-*", "when": "=amount > 5", "then": "skip"},
            {"then": "retry", "attemptAtLeast": 2, "delaySeconds": 30, "backoff": "fixed",
             "maxAttempts": 4, "errorClass": "Time*"},
            default_output="={ok: false}",
        ).extend("<zeebe:taskHeaders><zeebe:header key='lang' value=' de ' /></zeebe:taskHeaders>")
        .inputs(x="=y + 1", plain="text").outputs(**{"a.b": "=result"}).end(),
        "a",
    )  # fmt: skip
    work = node.work

    assert isinstance(work, Work)
    assert (work.queue, work.retries.text) == (Constant("ocr-jobs"), "tries")
    assert (work.priority.text, work.reference.text) == ("p", "id")
    assert (work.backoff, work.delay_seconds, work.sla_seconds) == ("exponential", 1.5, 3600.0)
    assert work.headers == {"lang": " de "}
    first, second = work.policy.rules
    assert (first.then, first.error, first.code, first.when.text) == (
        "skip", "business", "VAT-*", "amount > 5",
    )  # fmt: skip
    assert (second.then, second.attempt_at_least, second.max_attempts) == ("retry", 2, 4)
    assert (second.delay_seconds, second.backoff, second.error_class) == (30.0, "fixed", "Time*")
    assert work.policy.default_output.text == "{ok: false}"
    assert [(m.target, getattr(m.source, "text", m.source)) for m in node.inputs] == [
        ("x", "y + 1"), ("plain", Constant("text")),
    ]  # fmt: skip
    assert [m.target for m in node.outputs] == ["a.b"]


def test_the_work_of_people_has_all_that_the_diagram_says():
    work = node_of(
        process().start().user(
            "a", form={"type": "object"}, assignee="=boss", groups="ap, audit", due="=due",
            decisions={"approve": "Approve", "reject": "Reject"},
        ).extend('<zeebe:priorityDefinition priority="70" />')
        .extend("<rpa:instructions>Look.</rpa:instructions>")
        .end(),
        "a",
    ).work  # fmt: skip

    assert isinstance(work, PersonWork)
    assert work.form == {"type": "object"}
    assert (work.assignee.text, work.due.text) == ("boss", "due")
    assert (work.candidate_groups, work.priority) == (Constant(["ap", "audit"]), Constant(70))
    assert work.decisions == (
        {"key": "approve", "title": "Approve"},
        {"key": "reject", "title": "Reject"},
    )
    assert work.instructions == Constant("Look.")


def test_scripts_decisions_and_calls_become_work():
    graph = graph_of(
        process().start().script("s", "a + 1", "b").rule("r", "tax", "rate")
        .call("c", "child", all_in=False).extend('<rpa:call version="3" />').end()
    )  # fmt: skip

    script, rule, call = (graph.node(id).work for id in "src")
    assert isinstance(script, ScriptWork)
    assert (script.expression.text, script.result_variable) == ("a + 1", "b")
    assert rule == RuleWork(decision=Constant("tax"), result_variable="rate")
    assert call == CallWork(workflow=Constant("child"), version=3, all_in=False, all_out=True)


@pytest.mark.parametrize("tag", ["scriptTask", "businessRuleTask", "sendTask"])
def test_tasks_with_a_task_definition_are_work_for_bots(tag):
    builder = process().start().service("a", "do").end()
    builder.elements["a"].tag = tag

    assert isinstance(node_of(builder, "a").work, Work)


@pytest.mark.parametrize("tag", ["task", "manualTask"])
def test_tasks_without_anything_to_do_pass(tag):
    builder = process().start().manual("a").end()
    builder.elements["a"].tag = tag

    assert node_of(builder, "a").kind == "manual"


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (timer(duration="PT1H"), TimerEvent("duration", Constant("PT1H"))),
        (timer(date="2030-01-01T00:00:00Z"), TimerEvent("date", Constant("2030-01-01T00:00:00Z"))),
        (signal("stop"), SignalEvent(Constant("stop"))),
        (link("there"), LinkEvent("there")),
    ],
)
def test_catching_events_say_what_they_wait_for(definition, expected):
    builder = process().start()
    if isinstance(expected, LinkEvent):
        builder.throw("go", link("there")).apart()

    assert node_of(builder.catch("a", definition).end(), "a").event == expected


def test_messages_correlate_by_a_key_except_at_the_start():
    graph = graph_of(
        process().start("s", message("order")).catch("a", message("paid", "=id"))
        .receive("b", "sent", "=id + 1").throw("c", message("=name", "=key")).end()
    )  # fmt: skip

    assert graph.node("s").event == MessageEvent(Constant("order"))
    assert graph.node("a").event.key.text == "id"
    assert (graph.node("b").kind, graph.node("b").event.key.text) == ("receive", "id + 1")
    assert graph.node("c").event.name.text == "name"


def test_a_thrown_message_can_be_work_for_a_bot_or_live_for_a_time():
    by_bot = node_of(
        process().start().throw("a", message("m"))
        .extend(element("zeebe:taskDefinition", type="mail")).end(), "a",
    )  # fmt: skip
    thrown = process().start().throw("b", message("m", "=k")).end()
    thrown.elements["b"].body[0] = thrown.elements["b"].body[0].replace(
        " />", '><bpmn:extensionElements><rpa:message ttlSeconds="60" /></bpmn:extensionElements>'
        "</bpmn:messageEventDefinition>",
    )  # fmt: skip

    assert (by_bot.work.queue, by_bot.event) == (Constant("mail"), None)
    assert node_of(thrown, "b").event.ttl_seconds == 60.0


def test_boundary_events_belong_to_their_activity():
    graph = graph_of(
        process().start().service("a").end()
        .boundary("a", "late", timer(cycle="R3/PT1H"), interrupts=False).end("e1")
        .boundary("a", "bad", error("E", code_variable="c", message_variable="m")).end("e2")
        .boundary("a", "any", error()).end("e3")
        .boundary("a", "up", escalation("X", code_variable="c"), interrupts=False).end("e4")
        .boundary("a", "if", condition("x > 1")).end("e5")
    )  # fmt: skip

    assert graph.node("a").boundaries == ("late", "bad", "any", "up", "if")
    assert {graph.node(id).attached_to for id in graph.node("a").boundaries} == {"a"}
    assert [graph.node(id).interrupts for id in ("late", "bad", "up", "if")] == [
        False, True, False, True,
    ]  # fmt: skip
    assert graph.node("bad").event == ErrorEvent("E", "c", "m")
    assert graph.node("any").event == ErrorEvent("")
    assert graph.node("up").event == EscalationEvent("X", "c")
    assert graph.has_conditions


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (None, None),
        (error("E"), ErrorEvent("E")),
        (escalation("X"), EscalationEvent("X")),
        (signal("s"), SignalEvent(Constant("s"))),
        (terminate(), TerminateEvent()),
        (compensation(), CompensateEvent()),
    ],
)
def test_ends_say_what_they_do(definition, expected):
    assert node_of(process().start().end("e", definition), "e").event == expected


def test_compensation_knows_who_undoes_what():
    graph = graph_of(
        process().start().service("book").throw("back", compensation("book")).end()
        .apart().service("unbook").undone_by("book", "unbook")
    )  # fmt: skip

    assert graph.node("book").compensated_by == "unbook"
    assert graph.node("book").boundaries == ()
    assert graph.node("unbook").is_compensation
    assert graph.node("back").event == CompensateEvent("book")
    assert graph.has_compensation


def test_subprocesses_are_scopes_with_a_start_of_their_own():
    graph = graph_of(
        process("p").start().subprocess("sub").start("in").service("a").end("out").done().end()
        .event_subprocess("late").start("when", timer(duration="PT1H"), isInterrupting=False)
        .end("told").done()
    )  # fmt: skip

    assert (graph.node("sub").kind, graph.node("sub").starts) == ("subprocess", "in")
    assert (graph.node("late").kind, graph.node("late").starts) == ("event_subprocess", "when")
    assert {id: graph.node(id).scope for id in ("sub", "in", "a", "late", "when")} == {
        "sub": "p", "in": "sub", "a": "sub", "late": "p", "when": "late",
    }  # fmt: skip
    assert not graph.node("when").interrupts
    assert graph.event_subprocesses == {"p": ("late",)}
    assert graph.starts == ("start",)


def test_loops_say_how_often():
    graph = graph_of(
        process().start()
        .service("a").each("lines", element_name="line", output="results", output_element="=r",
            completion="numberOfCompletedInstances > 3", tolerate=0.02)
        .service("b").each(cardinality="3", sequential=True)
        .service("c").again_while("x < 3", before=True, maximum=5).end()
    )  # fmt: skip

    each, times, again = (graph.node(id).loop for id in "abc")
    assert isinstance(each, MultiInstance)
    assert (each.collection.text, each.element, each.output_collection) == (
        "lines", "line", "results",
    )  # fmt: skip
    assert (each.output_element.text, each.tolerate, each.is_sequential) == ("r", 0.02, False)
    assert each.completion.text == "numberOfCompletedInstances > 3"
    assert (times.cardinality.text, times.is_sequential) == ("3", True)
    assert isinstance(again, StandardLoop)
    assert (again.condition.text, again.tests_before, again.maximum) == ("x < 3", True, 5)


def test_inclusive_gateways_know_from_where_they_can_be_reached():
    graph = graph_of(
        process().start().inclusive("fork").when("a").service("x").inclusive("join").end()
        .at("fork").otherwise().service("y").to("join")
        .boundary("x", "late", timer(duration="PT1H")).service("z").to("join")
    )  # fmt: skip

    assert graph.reaches["join"] == {"start", "fork", "x", "late", "z", "y"}
    assert graph.reaches["fork"] == frozenset()


def test_links_lead_to_the_event_of_their_name():
    builder = process("p").start().throw("go", link("A")).apart().catch("on", link("A")).end()

    assert graph_of(builder).links == {("p", "A"): "on"}


def test_flows_without_an_id_get_one():
    flow = '<bpmn:sequenceFlow sourceRef="s" targetRef="e" />'

    graph = graph_of(drawn(f'<bpmn:startEvent id="s" /><bpmn:endEvent id="e" />{flow}{flow}'))

    assert graph.node("s").outgoing == ("s--e", "s--e--2")


def test_flows_of_tasks_may_have_conditions():
    graph = graph_of(
        process().start().service("a").when("x").end("e1").at("a").otherwise().end("e2")
    )

    assert graph.flows["a_to_e1"].condition.text == "x"
    assert graph.node("a").default_flow == "a_to_e2"
