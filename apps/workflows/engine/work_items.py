"""What a bot's step becomes: a work item, with the step's error policy."""

from collections.abc import Mapping
from dataclasses import replace

from apps.lib.json import Json, JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import MAX_QUEUE_KEY, ErrorPolicy, Node, PolicyRule, Work, queue_key

from . import expressions
from .changes import AddItem
from .expressions import is_true
from .faults import StepError
from .state import Token
from .step import Step
from .variables import Place, visible

HEADERS = "_headers"  # the settings of a step, within the payload


def start_item(step: Step, node: Node, work: Work, token: Token) -> None:
    """Hand the work to bots; the token waits. Raises StepError, having done nothing."""
    item = item_for(step, node, work, token)
    step.keep(replace(token, waits_for="item"))
    step.tell(item)


def item_for(step: Step, node: Node, work: Work, token: Token) -> AddItem:
    """Return the item for one visit of a step. Raises StepError."""
    return AddItem(
        token=token.number,
        queue=queue_of(step, work, token),
        payload=payload_for(step, node, work, token),
        reference=expressions.optional_text(step, work.reference, token),
        priority=expressions.whole(step, work.priority, token, _("The priority")),
        max_attempts=attempts_of(step, work, token),
        rules=rules_for(step, work, token),
        backoff=work.backoff,
        delay_seconds=work.delay_seconds,
        sla_seconds=work.sla_seconds,
        gate=work.gate,
    )


def payload_for(step: Step, node: Node, work: Work, token: Token) -> JsonObject:
    """Return what the bot gets: the inputs if there are any, else all that the step sees."""
    seen = token.local if node.inputs else visible(step, token)
    return with_headers(seen, work.headers)


def with_headers(payload: JsonObject, headers: Mapping[str, str]) -> JsonObject:
    return {**payload, HEADERS: dict(headers)} if headers else payload


def queue_of(step: Step, work: Work, place: Place) -> str:
    """Return the key of the queue. Raises StepError."""
    said = expressions.text(step, work.queue, place, _("The name of the queue"))
    key = queue_key(said)
    if key:
        return key
    text = _("“%(text)s” names no queue. Use Latin letters, digits and -, at most %(n)d of them.")
    raise StepError("expression", text % {"text": said[:100], "n": MAX_QUEUE_KEY})


def attempts_of(step: Step, work: Work, place: Place) -> int | None:
    """Return how often the work is tried in all, None if the queue decides. Raises StepError."""
    found = expressions.whole(step, work.retries, place, _("The number of retries"))
    if found is not None and found < 1:
        raise StepError("expression", _("The number of retries is not a number from 1 on."))
    return found


def policies(step: Step, work: Work) -> tuple[ErrorPolicy, ErrorPolicy]:
    """Return the error policies that count: of the step, then of the workflow."""
    return work.policy, step.graph.policy


def rules_for(step: Step, work: Work, place: Place) -> list[JsonObject]:
    """Return the error policy as rules of a queue, without those whose condition fails."""
    return [
        _queue_rule(rule)
        for policy in policies(step, work)
        for rule in policy.rules
        if rule.when is None or is_true(step, rule.when, place)
    ]


def default_output(step: Step, token: Token) -> JsonObject:
    """Return the result of a step that was skipped. Raises StepError."""
    work = step.node_of(token).work
    if not isinstance(work, Work):
        return {}
    for policy in policies(step, work):
        if policy.default_output is not None:
            return as_result(expressions.value(step, policy.default_output, token))
    return {}


def as_result(output: Json) -> JsonObject:
    """Return an output as variables; what is not an object becomes the variable "result"."""
    if isinstance(output, dict):
        return output
    return {} if output is None else {"result": output}


_THEN: dict[str, Json] = {"skip": "skip", "person": "person", "stop": "fail"}


def _queue_rule(rule: PolicyRule) -> JsonObject:
    when: JsonObject = {
        "class": rule.error,
        "code": rule.code,
        "error_class": rule.error_class,
        "attempt_at_least": rule.attempt_at_least if rule.attempt_at_least > 1 else None,
    }
    retry: JsonObject = {
        "delay_seconds": rule.delay_seconds,
        "backoff": rule.backoff,
        "max_attempts": rule.max_attempts,
    }
    then = _THEN.get(rule.then) or {"retry": _without_nulls(retry)}
    return {"when": _without_nulls(when), "then": then}


def _without_nulls(values: JsonObject) -> JsonObject:
    return {name: value for name, value in values.items() if value is not None}
