"""What tasks do: bots' work, people's work, scripts, decisions and calls."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, cast

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CallWork,
    Constant,
    Given,
    Kind,
    PersonWork,
    RuleWork,
    ScriptWork,
    TaskWork,
    VariableMapping,
    Work,
    queue_key,
)  # fmt: skip

from . import forms, times, values
from .bounds import MAX_ATTEMPTS, MAX_DELAY_SECONDS, MAX_PRIORITY
from .handling import read_handling
from .model import Model
from .parts import Part
from .policies import read_backoff, read_policy

_KEY = re.compile(r"[-a-zA-Z0-9_]{1,100}", re.ASCII)
_VARIABLE = re.compile(r"[^\W\d][\w]*(?:\.[^\W\d][\w]*)*")


def read_work(part: Part, model: Model) -> tuple[Kind, TaskWork | None]:
    """Return the kind of a task, as its extension elements make it, and its work."""
    kind, read = _READERS[part.tag]
    if part.tag in ("scriptTask", "businessRuleTask") and has_job(part):
        kind, read = "service", _job
    return kind, read(part, model) if read else None


def thrown_work(part: Part) -> Work | None:
    """Return the work of a bot that sends the message of a throwing event, or None."""
    return _job_work(part) if has_job(part) else None


def has_job(part: Part) -> bool:
    """Tell whether an element says that a bot is to work at it."""
    return bool(part.extension("zeebe:taskDefinition") or part.extension("rpa:work"))


def _job(part: Part, _model: Model) -> Work | None:
    if has_job(part):
        return _job_work(part)
    part.error(
        _("“%(name)s” does not say which queue its work goes to.") % {"name": part.label},
        _("Give it a task definition with a type, or rpa:work with a queue."),
    )
    return None


def _job_work(part: Part) -> Work:
    definition, work = part.extension("zeebe:taskDefinition"), part.extension("rpa:work")
    what = {"name": part.label}
    level = part.extension("rpa:serviceLevel")
    length = _("The service level of “%(name)s”") % what
    sla = values.decimal(work, "slaSeconds", length, least=1)
    retries = _("The retries of “%(name)s”") % what
    return Work(
        queue=_queue(part, definition, work) or Constant(""),  # then it was reported
        retries=values.given_number(definition, "retries", retries, least=1, most=MAX_ATTEMPTS),
        backoff=read_backoff(work),
        delay_seconds=values.decimal(work, "delaySeconds", _("The delay"), most=MAX_DELAY_SECONDS),
        policy=read_policy(part),
        headers=_headers(part),
        priority=values.given_number(work, "priority", _("The priority"), most=MAX_PRIORITY),
        reference=values.given(work, "reference", _("The reference")),
        sla_seconds=values.decimal(level, "seconds", length, least=1) if sla is None else sla,
        gate=_gate(part),
    )  # fmt: skip


def _gate(part: Part) -> str:
    gate = part.extension("rpa:gate")
    if gate is None:
        return ""
    key = gate.get("key").strip()
    if not _KEY.fullmatch(key):
        gate.error(
            _("“%(name)s” does not name its gate.") % {"name": part.label},
            _("Set “key” to the key of a gate: letters, digits, hyphens and underscores."),
        )
        return ""
    return key


def _queue(part: Part, definition: Part | None, work: Part | None) -> Given | None:
    what = _("The queue of “%(name)s”") % {"name": part.label}
    for holder, attribute in ((work, "queue"), (definition, "type")):
        if holder is None or not holder.get(attribute):
            continue
        queue = values.given(holder, attribute, what)
        return _checked_queue(holder, queue, what) if isinstance(queue, Constant) else queue
    part.error(
        _("%(what)s is not named.") % {"what": what},
        _("Fill in the type of its task definition, or the queue of rpa:work."),
    )
    return None


def _checked_queue(part: Part, queue: Constant, what: str) -> Given | None:
    key = queue_key(str(queue.value))
    if not key:
        part.error(
            _("%(what)s, “%(text)s”, makes no key.") % {"what": what, "text": queue.value},
            _("Use Latin letters, digits and -, at most 100 characters."),
        )
        return None
    return Constant(key)


def _headers(part: Part) -> dict[str, str]:
    holder = part.extension("zeebe:taskHeaders")
    rows = holder.children("zeebe:header") if holder else ()
    return {row.get("key"): row.element.get("value") or "" for row in rows if row.get("key")}


def _person(part: Part, model: Model) -> PersonWork:
    assignment = part.extension("zeebe:assignmentDefinition")
    schedule = part.extension("zeebe:taskSchedule")
    priority = part.extension("zeebe:priorityDefinition")
    instructions = part.extension("rpa:instructions")
    decisions = _decisions(part)
    who = _("Who does “%(name)s”") % {"name": part.label}
    return PersonWork(
        form=forms.read_form(part, model),
        assignee=values.given(assignment, "assignee", who),
        candidate_groups=values.given_list(assignment, "candidateGroups", who),
        candidate_users=values.given_list(assignment, "candidateUsers", who),
        due=_date(schedule, "dueDate"),
        follow_up=_date(schedule, "followUpDate"),
        priority=values.given_number(priority, "priority", _("The priority"), most=MAX_PRIORITY),
        decisions=decisions,
        instructions=values.given_text(instructions.text, instructions, _("The instructions"))
            if instructions else None,
        handling=read_handling(part, model, decisions),
    )  # fmt: skip


def _date(schedule: Part | None, attribute: str) -> Given | None:
    value = values.given(schedule, attribute, _("The date of a user task"))
    if schedule and isinstance(value, Constant):
        complaint = times.complaint("date", str(value.value))
        if complaint:
            schedule.error(complaint, _("Or begin it with = and write FEEL."))
    return value


def _decisions(part: Part) -> tuple[JsonObject, ...]:
    found: dict[str, JsonObject] = {}
    for each in part.extensions("rpa:decision"):
        key = each.get("key")
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,49}", key):
            each.error(
                _("The decision “%(key)s” has no usable key.") % {"key": key[:60]},
                _("Use lower-case letters, digits, _ and -, beginning with a letter."),
            )
        elif key in found:
            each.error(_("The decision “%(key)s” stands twice.") % {"key": key}, _("Remove one."))
        found[key] = {"key": key, "title": each.text_of("title") or key}
    return tuple(found.values())


def _script(part: Part, _model: Model) -> ScriptWork | None:
    script = part.extension("zeebe:script")
    if script is None:
        part.error(
            _("“%(name)s” has no script in FEEL.") % {"name": part.label},
            _("Choose FEEL as its implementation, or make it a service task for a bot."),
        )
        return None
    expression = values.expression_in(script, "expression", _("The script"))
    if expression is None and not script.get("expression"):
        script.error(_("The script of “%(name)s” is empty.") % {"name": part.label}, _("Write it."))
    result = _result_variable(script, part)
    return ScriptWork(expression=expression, result_variable=result) if expression else None


def _rule(part: Part, model: Model) -> TaskWork | None:
    decision = part.extension("zeebe:calledDecision")
    if decision is None:
        part.error(
            _("“%(name)s” does not say which decision it takes.") % {"name": part.label},
            _("Name a DMN decision by zeebe:calledDecision, or a queue by a task definition."),
        )
        return None
    what = _("The decision of “%(name)s”") % {"name": part.label}
    called = values.given(decision, "decisionId", what)
    if called is None and not decision.get("decisionId"):
        decision.error(_("%(what)s is not named.") % {"what": what}, _("Fill in its id."))
    result = _result_variable(decision, part)
    binding = values.one_of(
        decision, "bindingType", ("latest", "deployment", "versionTag"), _("The binding")
    )
    if called is None:
        return None
    return RuleWork(
        decision=called,
        result_variable=result,
        binding=cast("Literal['latest', 'deployment', 'version']",
            "version" if binding == "versionTag" else binding or "latest"),
        version_tag=decision.get("versionTag"),
    )  # fmt: skip


def _result_variable(part: Part, task: Part) -> str:
    name = part.get("resultVariable")
    if not name:
        part.warn(
            _("“%(name)s” keeps its result nowhere.") % {"name": task.label},
            _("Name a result variable."),
        )
    elif not _VARIABLE.fullmatch(name):
        words = {"name": task.label, "variable": name[:60]}
        part.error(
            _("“%(name)s” puts its result into “%(variable)s”, which is no name.") % words,
            _("Name a result variable: letters, digits and _."),
        )
    return name


def _call(part: Part, _model: Model) -> CallWork | None:
    called = part.extension("zeebe:calledElement")
    what = _("The workflow that “%(name)s” calls") % {"name": part.label}
    workflow = values.given(called, "processId", what)
    if called is None or (workflow is None and not called.get("processId")):
        part.error(_("%(what)s is not named.") % {"what": what}, _("Fill in its process id."))
        return None
    if called.get("bindingType") not in ("", "latest"):
        called.error(
            _("“%(name)s” is bound to a deployment or version tag.") % {"name": part.label},
            _("Bind it to the latest version, or to a number by rpa:call."),
        )
    fixed = part.extension("rpa:call")
    if workflow is None:
        return None
    return CallWork(
        workflow=workflow,
        version=values.whole(fixed, "version", _("The version"), least=1),
        all_in=called.flag("propagateAllParentVariables", default=True),
        all_out=called.flag("propagateAllChildVariables", default=True),
    )


_READERS: Final[Mapping[str, tuple[Kind, Callable[[Part, Model], TaskWork | None] | None]]] = {
    "serviceTask": ("service", _job),
    "sendTask": ("send", _job),
    "receiveTask": ("receive", None),
    "userTask": ("user", _person),
    "manualTask": ("manual", None),
    "task": ("manual", None),
    "scriptTask": ("script", _script),
    "businessRuleTask": ("rule", _rule),
    "callActivity": ("call", _call),
}


def read_mappings(part: Part, tag: str) -> tuple[VariableMapping, ...]:
    """Return the inputs or outputs ("input", "output") of an element, in their order."""
    holder = part.extension("zeebe:ioMapping")
    rows = holder.children(f"zeebe:{tag}") if holder else ()
    return tuple(mapping for row in rows if (mapping := _mapping(row, part)) is not None)


def _mapping(row: Part, part: Part) -> VariableMapping | None:
    target = row.get("target").removeprefix("=").strip()
    words = {"name": part.label, "target": target[:80]}
    if not _VARIABLE.fullmatch(target):
        row.error(_("“%(name)s” maps to “%(target)s”, which is no variable.") % words,
            _("Use names of letters, digits and _, with dots between them."))  # fmt: skip
        return None
    source = values.given_text(
        row.element.get("source") or "", row, _("The mapping to “%(target)s”") % words
    )
    if source is None and not row.get("source"):
        source = Constant("")
    return VariableMapping(source, target) if source is not None else None
