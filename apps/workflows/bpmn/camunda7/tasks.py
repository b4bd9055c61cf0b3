"""Camunda 7's tasks: external topics, decisions, scripts, expressions, calls."""

import re
from typing import Final

from apps.lib.texts import gettext as _
from apps.workflows.bpmn import names
from apps.workflows.bpmn.model import Element

from .editing import Editor, remove
from .juel import is_juel

JOBS: Final = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
_RETRIES = re.compile(r"R(\d{1,4})/P(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?|(\d{1,4})D)")


def convert_job(task: Editor) -> None:
    """A service, send or business rule task, or the definition of a message that is thrown."""
    if task.camunda("decisionRef"):
        _decision(task)
    elif task.camunda("type") == "external" and task.camunda("topic"):
        _external(task, task)
    elif task.tag in JOBS and task.camunda("expression"):
        _expression(task)


def convert_thrown_message(definition: Editor) -> None:
    """External work at a message that is thrown stands at the definition; it goes to the event."""
    event = definition.element.getparent()
    if event is None or definition.camunda("type") != "external":
        return
    _external(definition, Editor(event, definition.report))


def _external(source: Editor, target: Editor) -> None:
    topic = source.taken_feel("topic")
    if topic is None:
        return
    source.take("type")
    target.extend("zeebe:taskDefinition", type=topic)
    priority = source.taken_feel("taskPriority")
    if priority:
        target.extend("rpa:work", priority=priority)


def _decision(task: Editor) -> None:
    decision = task.taken_feel("decisionRef")
    if decision is None:
        return
    binding = task.camunda("decisionRefBinding")
    called = task.extend(
        "zeebe:calledDecision",
        decisionId=decision,
        resultVariable=task.take("resultVariable"),
    )
    if binding in ("latest", "deployment"):
        called.set("bindingType", task.take("decisionRefBinding"))
    elif binding == "versionTag":
        called.set("bindingType", task.take("decisionRefBinding"))
        called.set("versionTag", task.take("decisionRefVersionTag"))
    elif binding:
        message = _("Decisions are bound to the latest version, a deployment or a version tag.")
        task.note("camunda:decisionRefBinding", message)
    mapped = task.take("mapDecisionResult")
    is_kept = bool(called.get("resultVariable"))  # Camunda 7 makes it a list where nothing is said
    if mapped not in ("singleEntry", "singleResult") and (mapped or is_kept):
        message = _("The result is a value, a context or a list, as the hit policy says.")
        task.note("camunda:mapDecisionResult", message)


def _expression(task: Editor) -> None:
    """An expression without calls is a script of FEEL, and the task becomes a script task."""
    text = task.camunda("expression")
    feel = task.feel(text, "camunda:expression") if is_juel(text) else None
    if feel is None:
        return
    task.take("expression")
    result = task.take("resultVariable")
    task.element.tag = names.qualified("scriptTask")
    task.extend("zeebe:script", expression=feel, resultVariable=result)
    task.note(
        "camunda:expression",
        _("The task became a script task, which reads variables. If a name is one of a Java bean, "
          "make it a service task for a bot."),
    )  # fmt: skip


def convert_script(task: Editor) -> None:
    """A script in JUEL or FEEL becomes FEEL; what is written in other languages is a bot's work."""
    scripts = list(task.children("script"))
    language = (task.element.get("scriptFormat") or "").lower()
    if task.camunda("resource"):
        task.note("camunda:resource", _("Scripts in files of their own are not executed."))
    if not scripts:
        return
    text = scripts[0].text
    feel = None
    if "feel" in language:
        feel = f"={text.removeprefix('=')}"
    elif language == "juel" and is_juel(text):
        feel = scripts[0].feel(text, "script")
    elif language != "juel":
        task.note(
            "script",
            _("The script is written in %(language)s. Say it in FEEL, or make it a service task "
              "for a bot.") % {"language": language or "?"},
        )  # fmt: skip
    if feel is not None:
        result = task.take("resultVariable")
        task.extend("zeebe:script", expression=feel, resultVariable=result)
        remove(scripts[0].element)
        task.element.attrib.pop("scriptFormat", "")


def convert_retries(task: Editor) -> None:
    """failedJobRetryTimeCycle: tries and the time between them, where a bot does the work."""
    for cycle in list(task.extensions("failedJobRetryTimeCycle")):
        text = (cycle.text or "").strip()
        found = _RETRIES.fullmatch(text)
        definition = task.extension("zeebe:taskDefinition")
        if found is None or definition is None:
            task.note("camunda:failedJobRetryTimeCycle",
                _("“%(text)s” was not taken over: only R3/PT10M and the like is, at bots' work.")
                % {"text": text[:60]}, at=cycle)  # fmt: skip
            continue
        hours, minutes, seconds, days = (int(part or 0) for part in found.groups()[1:])
        delay = days * 86_400 + hours * 3600 + minutes * 60 + seconds
        definition.set("retries", found[1])
        task.extend("rpa:work", delaySeconds=str(delay), backoff="fixed")
        task.drop(cycle)


def convert_call(task: Editor) -> None:
    """A call activity: Camunda 7 hands down only what is drawn."""
    workflow = task.feel(task.element.get("calledElement") or "", "calledElement")
    if not workflow:
        return
    del task.element.attrib["calledElement"]
    called = task.extend("zeebe:calledElement", processId=workflow)
    down = _passed(task, "in", "zeebe:input")
    up = _passed(task, "out", "zeebe:output")
    called.set("propagateAllParentVariables", str(down).lower())
    called.set("propagateAllChildVariables", str(up).lower())
    binding = task.camunda("calledElementBinding")
    if binding == "version" and task.camunda("calledElementVersion").isdigit():
        task.extend("rpa:call", version=task.take("calledElementVersion"))
        task.take("calledElementBinding")
    elif binding == "latest":
        task.take("calledElementBinding")
    elif binding:
        message = _("Calls are bound to the latest version or to a number; here to the latest.")
        task.note("camunda:calledElementBinding", message)


def _passed(task: Editor, tag: str, mapping: str) -> bool:
    """Take over what goes down or comes back; return whether that is every variable."""
    passes_all = False
    for each in list(task.extensions(tag)):
        if each.get("variables") == "all" and each.get("local") != "true":
            passes_all = True
        elif each.get("businessKey") is not None or each.get("local") == "true":
            task.note(
                f"camunda:{tag}", _("Business keys and local variables are not passed."), at=each
            )
            continue
        elif not _map(task, each, tag, mapping):
            continue
        task.drop(each)
    return passes_all


def _map(task: Editor, each: Element, tag: str, mapping: str) -> bool:
    target = each.get("target") or ""
    text = each.get("sourceExpression")
    source = task.feel(text, f"camunda:{tag}") if text else f"={each.get('source') or ''}"
    if not source or source == "=" or not target:
        if not text or source:
            task.note(f"camunda:{tag}", _("It names no source and target."), at=each)
        return False
    holder = task.extend("zeebe:ioMapping")
    task.add(holder, mapping, source=source, target=target)
    return True
