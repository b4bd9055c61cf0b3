"""A compiled workflow: immutable, shared by threads, free of XML.

Elements keep their ids from the diagram. A scope is named by the element that opens it: the
process, or a subprocess. Expressions are FEEL, compiled at deployment.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from apps.lib.feel import Expression
from apps.lib.json import Json, JsonObject

Kind = Literal[
    "start", "end", "catch", "throw", "boundary",
    "service", "send", "receive", "user", "manual", "script", "rule",
    "exclusive", "parallel", "inclusive", "event_based",
    "subprocess", "event_subprocess", "call",
]  # fmt: skip
ACTIVITIES: frozenset[Kind] = frozenset(
    {"service", "send", "receive", "user", "manual", "script", "rule", "subprocess", "call"}
)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that was written as it stands, not as an expression."""

    value: Json


MAX_QUEUE_KEY = 100


def queue_key(text: str) -> str:
    """Return the key of the queue that a type of work names: `ocr.extract` is `ocr-extract`.

    "" where nothing is left of it, or too much. Types that expressions give go through it as well.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")
    return key if len(key) <= MAX_QUEUE_KEY else ""


# What an attribute holds: `="open"` and `open` mean different things in the zeebe dialect.
Given: TypeAlias = Expression | Constant


# --- what an event waits for, or does


@dataclass(frozen=True, slots=True)
class TimerEvent:
    """`how`: date (RFC 3339), duration (ISO 8601) or cycle (ISO 8601 repetition, or cron text)."""

    how: Literal["date", "duration", "cycle"]
    value: Given


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """`key` correlates with one instance; None at start events of the process.

    Thrown (by a throw or end event without a job type), the element's inputs go with it.
    """

    name: Given
    key: Given | None = None
    ttl_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SignalEvent:
    name: Given


@dataclass(frozen=True, slots=True)
class ConditionEvent:
    """Happens when `condition` becomes true by a change of a variable that it reads."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """`code` "" catches every error. `code_variable`, `message_variable`: where to put them."""

    code: str
    code_variable: str = ""
    message_variable: str = ""


@dataclass(frozen=True, slots=True)
class EscalationEvent:
    """`code` "" catches every escalation."""

    code: str
    code_variable: str = ""


@dataclass(frozen=True, slots=True)
class LinkEvent:
    name: str


@dataclass(frozen=True, slots=True)
class TerminateEvent:
    pass


@dataclass(frozen=True, slots=True)
class CompensateEvent:
    """`activity` None: everything in the scope that can be undone, last first."""

    activity: str | None = None


EventDefinition: TypeAlias = (
    TimerEvent
    | MessageEvent
    | SignalEvent
    | ConditionEvent
    | ErrorEvent
    | EscalationEvent
    | LinkEvent
    | TerminateEvent
    | CompensateEvent
)


# --- what a task does


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """What to do when a try failed; a field that is None matches everything.

    `code` and `error_class` may hold * and ?; `when` is evaluated when the work is handed out.
    """

    then: Literal["retry", "skip", "person", "stop"]
    error: Literal["business", "application"] | None = None
    code: str | None = None
    error_class: str | None = None
    attempt_at_least: int = 1
    when: Expression | None = None
    # of a retry
    delay_seconds: float | None = None
    backoff: Literal["fixed", "exponential"] | None = None
    max_attempts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPolicy:
    """The first rule that matches decides. `default_output`: the result of a skipped step."""

    rules: tuple[PolicyRule, ...] = ()
    default_output: Given | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A bot's step (service or send task, throwing message with a job type): a work item.

    `queue` is the key of the queue; it is made at deployment when it is missing. `headers` are
    the step's settings, handed to the bot within the payload under "_headers" when there are any.
    """

    queue: Given
    retries: Given | None = None
    backoff: Literal["fixed", "exponential"] | None = None
    delay_seconds: float | None = None
    policy: ErrorPolicy = ErrorPolicy()
    headers: Mapping[str, str] = field(default_factory=dict)
    priority: Given | None = None
    reference: Given | None = None
    sla_seconds: float | None = None
    # key of the AI gate that holds instead of the queue's; "": the queue's
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWork:
    """A user task. `form` is a JSON Schema of what the person fills in, {} for none."""

    form: JsonObject = field(default_factory=dict)
    assignee: Given | None = None
    candidate_groups: Given | None = None
    candidate_users: Given | None = None
    due: Given | None = None
    follow_up: Given | None = None
    priority: Given | None = None
    # [{"key", "title"}]; none declared: complete
    decisions: tuple[JsonObject, ...] = ()
    instructions: Given | None = None
    # how it is handed out, as the inbox reads it; {} leaves it to the rules of the folder
    handling: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptWork:
    expression: Expression
    result_variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWork:
    """A business rule task: the decision `decision` of the DMN model deployed under that key."""

    decision: Given
    result_variable: str
    binding: Literal["latest", "deployment", "version"] = "latest"
    version_tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWork:
    """A call activity: an instance of another workflow.

    `version` None: the latest one. `all_variables`: hand every variable down, and back.
    """

    workflow: Given
    version: int | None = None
    all_in: bool = True
    all_out: bool = True


TaskWork: TypeAlias = Work | PersonWork | ScriptWork | RuleWork | CallWork


@dataclass(frozen=True, slots=True)
class VariableMapping:
    """An input or output: `source` evaluated, put into `target` (dots make contexts)."""

    source: Given
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiInstance:
    """One pass for each element of `collection` (or `cardinality` passes).

    `tolerate`: the share (0–1) of passes that may fail without stopping the step.
    """

    is_sequential: bool
    collection: Given | None = None
    cardinality: Given | None = None
    element: str = ""
    output_collection: str = ""
    output_element: Expression | None = None
    completion: Expression | None = None
    tolerate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLoop:
    """Again while `condition` holds, checked before the first pass if `tests_before`."""

    condition: Expression | None
    tests_before: bool = False
    maximum: int | None = None


Loop: TypeAlias = MultiInstance | StandardLoop


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element that tokens visit. `scope`: id of the process or subprocess around it.

    `event`: of events, and of receive tasks; several definitions on one element are refused.
    `interrupts`: of boundary events and of starts of event subprocesses. `attached_to`: of
    boundary events. `boundaries`: those attached to this activity, without one of compensation.
    `compensated_by`: the activity that undoes this one. `starts`: of (event) subprocesses: the
    start element inside.
    """

    id: str
    kind: Kind
    scope: str
    name: str = ""
    line: int = 0
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    event: EventDefinition | None = None
    work: TaskWork | None = None
    loop: Loop | None = None
    inputs: tuple[VariableMapping, ...] = ()
    outputs: tuple[VariableMapping, ...] = ()
    interrupts: bool = True
    attached_to: str = ""
    boundaries: tuple[str, ...] = ()
    default_flow: str = ""
    is_compensation: bool = False
    compensated_by: str = ""
    starts: str = ""
    documentation: str = ""

    @property
    def is_activity(self) -> bool:
        return self.kind in ACTIVITIES


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    condition: Expression | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """One executable process.

    `starts`: start elements of the process itself. `event_subprocesses`: by the scope they lie in.
    `reaches`: for each inclusive gateway, the nodes of its scope from which it can be reached
    without passing it; empty where only one flow leads to it. `links`: catch element by (scope,
    link name). `queues`: keys of queues that constants name. `has_conditions`: there are
    conditional events.
    """

    key: str
    name: str
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    starts: tuple[str, ...]
    event_subprocesses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reaches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    policy: ErrorPolicy = ErrorPolicy()
    input_schema: JsonObject = field(default_factory=dict)
    version_tag: str = ""
    documentation: str = ""
    has_conditions: bool = False
    has_compensation: bool = False

    def node(self, element_id: str) -> Node:
        return self.nodes[element_id]
