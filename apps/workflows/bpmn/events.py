"""What events wait for or do, from their definitions."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CompensateEvent,
    ConditionEvent,
    Constant,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    Given,
    LinkEvent,
    MessageEvent,
    SignalEvent,
    TerminateEvent,
    TimerEvent,
)  # fmt: skip

from . import support, times, values
from .model import Model
from .parts import Part

THROWING: Final = frozenset({"throw", "end"})
How = Literal["date", "duration", "cycle"]
_TIMES: Final[dict[str, How]] = {
    "timeDate": "date",
    "timeDuration": "duration",
    "timeCycle": "cycle",
}


def read_event(part: Part, place: str, model: Model, *, interrupts: bool) -> EventDefinition | None:
    """Return what the event is about; None for none, or when it was reported.

    `place` is a key of support.EVENTS.
    """
    found = list(part.children(*support.DEFINITIONS))
    if part.child("eventDefinitionRef"):
        part.error(_("“%(name)s” refers to a shared event definition.") % {"name": part.label},
            _("Put the definition into the event itself."))  # fmt: skip
        return None
    if len(found) > 1:
        part.error(_("“%(name)s” has several event definitions.") % {"name": part.label},
            _("Draw one event for each, behind a gateway or at the border."))  # fmt: skip
        return None
    tag = found[0].tag if found else support.NONE
    if tag not in support.EVENTS[place]:
        _refuse(part, tag, place)
        return None
    if not found:
        return None
    return _READERS[tag](found[0], _Where(part, place, model, interrupts))


def _refuse(part: Part, tag: str, place: str) -> None:
    names = {
        "start of a subprocess": _("the start of a subprocess"),
        "start of an event subprocess": _("the start of an event subprocess"),
        "start": _("a start event"), "catch": _("a catching event"), "end": _("an end event"),
        "throw": _("a throwing event"), "boundary": _("a boundary event"),
    }  # fmt: skip
    words = {"name": part.label, "place": names[place], "definition": tag}
    if tag == support.NONE:
        message = _("“%(name)s” waits for nothing; %(place)s needs a timer, a message or the like.")
    else:
        message = _("“%(name)s”: %(place)s can't have a %(definition)s here.")
    part.error(message % words, _("The support matrix lists which events are executed where."))


class _Where:
    """The event around a definition."""

    def __init__(self, event: Part, place: str, model: Model, interrupts: bool) -> None:  # noqa: FBT001
        self.event = event
        self.place = place
        self.model = model
        self.interrupts = interrupts

    @property
    def throws(self) -> bool:
        return self.place in THROWING


# --- one reader a kind of definition


def _timer(part: Part, where: _Where) -> EventDefinition | None:
    found = list(part.children(*_TIMES))
    if len(found) != 1:
        part.error(_("The timer of “%(name)s” needs one date, duration or cycle.") % _name(where),
            _("Set it at the event."))  # fmt: skip
        return None
    how = _TIMES[found[0].tag]
    value = values.given_text(found[0].text, found[0], _("The timer"))
    if value is None:
        if not found[0].text.strip():
            part.error(_("The timer of “%(name)s” says no time.") % _name(where), _("Set it."))
        return None
    _check_time(found[0], how, value, where)
    return TimerEvent(how, value)


def _check_time(part: Part, how: How, value: Given, where: _Where) -> None:
    complaint = times.complaint(how, str(value.value)) if isinstance(value, Constant) else ""
    if complaint:
        part.error(complaint, _("Or begin it with = and write FEEL."))
    if how == "cycle" and where.interrupts and where.place in ("catch", "boundary"):
        part.warn(
            _("“%(name)s” happens only once, whatever its cycle says.") % _name(where),
            _("Use a duration, or a boundary event that does not interrupt."),
        )
    if how == "duration" and where.place == "start":
        part.error(_("A workflow can't start after a duration: nothing has begun that it could "
            "count from."), _("Use a date or a cycle."))  # fmt: skip


def _message(part: Part, where: _Where) -> EventDefinition | None:
    job = where.event.extension("zeebe:taskDefinition") or where.event.extension("rpa:work")
    if where.throws and job:
        return None  # a bot sends it
    return message_event(part, where.event, where.place, where.model)


def message_event(part: Part, event: Part, place: str, model: Model) -> MessageEvent | None:
    """Return the message that `part` (a definition or a receive task) refers to. None: reported."""
    message = _root_element(part, "messageRef", "message", event, model)
    if message is None:
        return None
    name = values.given(message, "name", _("The name of the message"))
    if name is None:
        message.error(_("The message has no name."), _("Name it: senders use this name."))
        return None
    if place == "start":
        _require_constant(message, name, _("The name of the message"))
        return MessageEvent(name)
    return _with_key(part, event, message, name, place in THROWING)


def _with_key(
    part: Part,
    event: Part,
    message: Part,
    name: Given,
    throws: bool,  # noqa: FBT001
) -> MessageEvent | None:
    own = part.extension("rpa:message")
    subscription = event.extension("zeebe:subscription") or message.extension("zeebe:subscription")
    what = _("The correlation key of “%(name)s”") % {"name": event.label}
    key = values.given(own, "correlationKey", what)
    if key is None and subscription:
        key = values.given(subscription, "correlationKey", what)
    if key is None:
        has_text = subscription is not None and subscription.get("correlationKey")
        if not has_text:
            event.error(
                _("“%(name)s” does not say which instance its message is for.")
                % {"name": event.label},
                _("Give the message a correlation key, such as =order_id."),
            )
        return None
    ttl = values.decimal(own, "ttlSeconds", _("The time to live"))
    return MessageEvent(name, key, ttl)


def _signal(part: Part, where: _Where) -> EventDefinition | None:
    signal = _root_element(part, "signalRef", "signal", where.event, where.model)
    if signal is None:
        return None
    name = values.given(signal, "name", _("The name of the signal"))
    if name is None:
        signal.error(_("The signal has no name."), _("Name it: senders use this name."))
        return None
    if where.place == "start":
        _require_constant(signal, name, _("The name of the signal"))
    return SignalEvent(name)


def _condition(part: Part, where: _Where) -> EventDefinition | None:
    inner = part.child("condition")
    what = _("The condition of “%(name)s”") % _name(where)
    condition = values.expression_of(inner, what)
    if condition is None:
        if inner is None or not inner.text.strip():
            part.error(_("“%(name)s” has no condition.") % _name(where), _("Write it in FEEL."))
        return None
    return ConditionEvent(condition)


def _error(part: Part, where: _Where) -> EventDefinition | None:
    code = _code(part, where, "errorRef", "error", "errorCode")
    if code is None:
        return None
    if not where.interrupts and not where.throws:
        where.event.error(_("“%(name)s” catches an error, so it must interrupt.") % _name(where),
            _("Make the event an interrupting one."))  # fmt: skip
    caught = part.extension("rpa:caught")
    return ErrorEvent(
        code,
        caught.get("codeVariable") if caught else "",
        caught.get("messageVariable") if caught else "",
    )


def _escalation(part: Part, where: _Where) -> EventDefinition | None:
    code = _code(part, where, "escalationRef", "escalation", "escalationCode")
    if code is None:
        return None
    caught = part.extension("rpa:caught")
    return EscalationEvent(code, caught.get("codeVariable") if caught else "")


def _code(part: Part, where: _Where, reference: str, tag: str, attribute: str) -> str | None:
    """Return the code, "" for a catching event that names none. None: reported."""
    if not part.get(reference) and not where.throws:
        return ""
    found = _root_element(part, reference, tag, where.event, where.model)
    if found is None:
        return None
    code = found.get(attribute)
    if code.startswith(("=", "${", "#{")):
        found.error(_("The code of “%(name)s” is an expression.") % {"name": found.label},
            _("Write the code itself: it must be known when it is deployed."))  # fmt: skip
        return None
    if not code and where.throws:
        found.error(
            _("“%(name)s” has no code to throw.") % {"name": found.label}, _("Give it one.")
        )
        return None
    return code


def _link(part: Part, where: _Where) -> EventDefinition | None:
    name = part.text_of("name")
    if not name:
        part.error(_("The link “%(name)s” has no name of a link.") % _name(where), _("Name it."))
        return None
    return LinkEvent(name)


def _terminate(_part: Part, _where: _Where) -> EventDefinition | None:
    return TerminateEvent()


def _compensate(part: Part, where: _Where) -> EventDefinition | None:
    if part.get("waitForCompletion") in ("false", "0"):
        part.error(_("“%(name)s” does not wait for what it undoes.") % _name(where),
            _("Set waitForCompletion to true; going on at once is not executed."))  # fmt: skip
    return CompensateEvent(part.get("activityRef") or None)


_READERS: Final[Mapping[str, Callable[[Part, _Where], EventDefinition | None]]] = {
    support.TIMER: _timer,
    support.MESSAGE: _message,
    support.SIGNAL: _signal,
    support.CONDITION: _condition,
    support.ERROR: _error,
    support.ESCALATION: _escalation,
    support.LINK: _link,
    support.TERMINATE: _terminate,
    support.COMPENSATE: _compensate,
}


def _name(where: _Where) -> dict[str, str]:
    return {"name": where.event.label}


def _root_element(part: Part, attribute: str, tag: str, event: Part, model: Model) -> Part | None:
    """Return the message, signal, error or escalation that is referred to. None: reported."""
    reference = part.get(attribute)
    words = {"name": event.label, "kind": tag, "reference": reference}
    if not reference:
        part.error(_("“%(name)s” names no %(kind)s.") % words, _("Choose or make one."))
        return None
    found = model.element(reference)
    if found is None or Part(found, part.findings).tag != tag:
        message = _("“%(name)s” refers to the %(kind)s “%(reference)s”, which isn't there.")
        part.error(message % words, _("Choose or make one."))
        return None
    return part.at(found)


def _require_constant(part: Part, value: Given, what: str) -> None:
    if not isinstance(value, Constant):
        part.error(_("%(what)s is an expression, but there are no variables before the start.")
            % {"what": what}, _("Write the name itself."))  # fmt: skip
