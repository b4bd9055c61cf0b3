"""Incidents: what follows when a person has decided about one."""

from dataclasses import replace

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import Work

from .activities import start_work, with_inputs
from .changes import ReopenItem
from .errors import fail, throw_error
from .events import Repaired
from .fan_out import leave_with_results
from .faults import StepError
from .leaving import leave
from .state import Token
from .step import Step
from .variables import merge
from .work_items import payload_for

# What an incident adds to the facts of its token
_ADDED = frozenset(
    {
        "phase",
        "code",
        "message",
        "waited",
        "result",
        "results",
        "skipped",
        "carried",
        "outcome",
        "note",
    }
)
_PASSED_THROUGH = frozenset({"start", "exclusive", "parallel", "inclusive", "event_based"})


def hold(step: Step, token: Token, code: str, message: str) -> None:
    """Let a token whose work failed wait for repair."""
    step.open_incident(token, "work", StepError(code, message), {"waited": token.waits_for})


def hold_or_fail(step: Step, token: Token, code: str, message: str) -> None:
    """Handle an error that nobody in the instance catches: leave it to the caller if that does."""
    if step.world.caller_catches(code):
        fail(step, code, message)
    else:
        named = _("%(message)s (error %(code)s)") % {"message": message, "code": code}
        hold(step, token, "unhandled_error", named if code else message)


def repair(step: Step, token: Token, event: Repaired) -> None:
    """Carry out what a person decided; what fails again is an incident again."""
    try:
        if event.how == "throw":
            _throw(step, token, event.code)
        elif event.how == "retry":
            _retry(step, token, event.variables)
        else:
            _go_on(step, token, event.variables)
    except StepError as error:
        step.open_incident(token, token.facts["phase"], error, {})


def _throw(step: Step, token: Token, code: str) -> None:
    message = _("A person threw error “%(code)s”.") % {"code": code}
    if throw_error(step, token, code, message):
        return
    if not step.world.caller_catches(code):
        text = _("Nobody catches error “%(code)s” here; draw an event that does.")
        raise StepError("unhandled_error", text % {"code": code})
    fail(step, code, message)


def _retry(step: Step, token: Token, variables: JsonObject) -> None:
    token = _edited(step, token, variables)
    phase = token.facts["phase"]
    if phase == "enter":
        # where its work was refused from outside, the token may listen already
        step.stop_hearing(token.number)
        step.moves.append(_cleaned(token))
    elif phase == "leave":
        _leave_again(step, token)
    else:
        _work_again(step, token, variables)


def _go_on(step: Step, token: Token, variables: JsonObject) -> None:
    """Take `variables` as the result. Where only the flows are missing, or an element has no
    result, they are set before it is tried again."""
    node = step.node_of(token)
    if isinstance(token.facts.get("carried"), dict) or node.kind in _PASSED_THROUGH:
        _retry(step, token, variables)
    else:
        leave(step, _cleaned(token), variables)


def _leave_again(step: Step, token: Token) -> None:
    facts = token.facts
    cleaned = _cleaned(token)
    if "results" in facts:
        leave_with_results(step, cleaned, facts["results"], facts["skipped"])
    else:
        carried = {"carried": facts["carried"]}
        leave(
            step,
            replace(cleaned, facts={**cleaned.facts, **carried}),
            facts["result"],
            outcome=facts["outcome"],
            note=facts["note"],
        )


def _work_again(step: Step, token: Token, variables: JsonObject) -> None:
    """Do failed work again: the same item, with new data if there is any; or a new child."""
    node, waited = step.node_of(token), token.facts.get("waited")
    cleaned = _cleaned(token)
    if waited == "item" and isinstance(node.work, Work):
        payload = payload_for(step, node, node.work, cleaned) if variables else None
        step.keep(replace(cleaned, waits_for="item"))
        step.tell(ReopenItem(token=token.number, payload=payload, by=step.by))
    elif waited == "items":
        step.keep(replace(cleaned, waits_for="items"))
        step.tell(ReopenItem(token=token.number, by=step.by))
    else:
        start_work(step, node, cleaned)


def _edited(step: Step, token: Token, variables: JsonObject) -> Token:
    """Set variables: those of the activity itself here, the others where they live.

    The inputs are then evaluated again, but what was edited by hand stays.
    """
    if not variables:
        return token
    own = {name: variables[name] for name in variables if name in token.local}
    merge(step, token.scope, {name: variables[name] for name in variables if name not in own})
    node = step.node_of(token)
    made = {mapping.target.split(".")[0] for mapping in node.inputs}
    kept = {name: token.local[name] for name in token.local if name not in made}
    again = (
        with_inputs(step, node, replace(token, local=kept)) if made & token.local.keys() else token
    )
    return replace(again, local={**again.local, **own})


def _cleaned(token: Token) -> Token:
    facts = {name: fact for name, fact in token.facts.items() if name not in _ADDED}
    return replace(token, waits_for="event", facts=facts)
