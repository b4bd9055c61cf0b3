"""An agent at work on an item: asks the engine what is next, does it, writes it down, again.

Every turn is a row before the next begins, so that a try that ends (a question to a person, a
lost bot) is gone on with where it stood: no model is asked twice, no tool is called twice.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Any, NoReturn, cast

from django.utils.translation import gettext as _

from apps.ai.answers import schema_of_answer
from apps.ai.asking import ask_model
from apps.ai.client import Question, Reply
from apps.ai.exceptions import ModelBusyError, ModelCallError, ModelStoppedError, UnknownToolError
from apps.ai.extracting import context_of, source_in_words, wanted_endpoint
from apps.ai.headers import Settings, settings_of
from apps.ai.lifecycle import Purpose
from apps.ai.lifecycle.agents import (
    OPEN,
    NewTurn,
    add_turn,
    end_run,
    open_run,
    set_waiting,
)
from apps.ai.models import AgentProfile, AgentRun, AgentTurn, ModelEndpoint
from apps.bots.asking import MAX_FIELD, MAX_FIELDS
from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext
from apps.lib.errors import DomainError
from apps.lib.json import Json, JsonObject, check_json
from apps.lib.schema import check_payload

from . import engine
from .engine import AskFirst, AskModel, Deny, Finish, Frame, GiveUp, Limits, Remind, RunTool, Turn
from .tools import Tool, ToolError, ToolUse, find_tool

Role = AgentTurn.Role
Status = AgentRun.Status
TEXT_RESULT: JsonObject = {
    "type": "object",
    "required": ["answer"],
    "properties": {"answer": {"type": "string"}},
    "additionalProperties": False,
}
MAX_DATA_CHARACTERS = 50_000
MAX_RESULT_CHARACTERS = 100_000
ENTER, AGAIN = "enter", "again"


@dataclass(frozen=True, kw_only=True)
class Job:
    """All that the loop needs."""

    item: ItemContext
    run: AgentRun
    endpoint: ModelEndpoint
    frame: Frame
    use: ToolUse

    @property
    def prompt(self) -> str:
        return str(self.run.profile.key)

    @property
    def result_schema(self) -> JsonObject:
        found: JsonObject = self.run.frame["result_schema"] or TEXT_RESULT
        return found


def work(item: ItemContext) -> JsonObject:
    """Let the agent that the settings name work the item; return its result.

    Raises BusinessException when it reaches a limit or gets nowhere, ApplicationException when
    its model is away; asks a person before what cannot be undone, and while the model is stopped.
    """
    job = _job_of(item)
    entered = _entered(job)
    if entered is not None:
        return entered
    set_waiting(job.run, waits=False)
    while True:
        if item.should_stop:
            raise ApplicationException(
                _("The run was asked to end; the agent goes on at the next try."), code="stopped"
            )
        action = engine.next_action(job.frame, transcript_of(job.run), check_payload)
        if isinstance(action, Finish):
            return _finished(job, action)
        if isinstance(action, GiveUp):
            _give_up(job, action)
        if job.run.status not in OPEN:
            # it has ended, and what it did then can't be told any more
            raise BusinessException(job.run.outcome, code="agent_ended")
        _act(job, action)


def transcript_of(run: AgentRun) -> list[Turn]:
    """Return the stored turns as the engine reads them."""
    return [_turn(row) for row in run.turns.order_by("number")]


def _turn(row: AgentTurn) -> Turn:
    calls = [
        engine.Call(id=each["id"], name=each["name"], arguments=each["arguments"])
        for each in row.calls
    ]
    return Turn(
        role=cast(engine.Role, row.role),
        content=row.content,
        calls=tuple(calls),
        call_id=row.call_id,
        arguments=row.arguments,
        result=row.result,
        is_error=row.is_error,
        decision=row.decision,
        tokens=row.tokens_in + row.tokens_out,
        cost=row.cost,
        seconds=row.seconds,
    )


def _act(job: Job, action: engine.Action) -> None:
    """Do what is next and write it down."""
    if isinstance(action, AskModel):
        _ask_model(job, action)
    elif isinstance(action, RunTool):
        _run_tool(job, action)
    elif isinstance(action, AskFirst):
        _ask_person(job, action)
    elif isinstance(action, Deny):
        _answer(job, action.call, action.error, is_error=True)
    elif isinstance(action, Remind):
        add_turn(job.run, NewTurn(role=Role.FRAME, content=action.text))


def _ask_model(job: Job, action: AskModel) -> None:
    question = Question(
        messages=action.messages,
        max_tokens=min(job.endpoint.max_answer_tokens, action.max_tokens),
        tools=engine.definitions_of(job.frame),
    )
    purpose = Purpose(
        use=f"agent:{job.prompt}",
        item_id=job.item.id,
        run_id=job.run.run_id,
        agent_run_id=job.run.pk,
        prompt=job.prompt,
        prompt_version=str(job.run.frame["version"]),
    )
    try:
        asked = ask_model(job.endpoint, question, purpose, _as_it_is)
    except ModelStoppedError as error:
        _person_takes_over(job, error.message)
    except (ModelBusyError, ModelCallError) as error:
        raise ApplicationException(error.message, code=error.code) from error
    reply = asked.reply
    add_turn(
        job.run,
        NewTurn(
            role=Role.MODEL,
            content=reply.content,
            calls=[{"name": call.name, "arguments": call.arguments} for call in reply.calls],
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost=asked.call.cost,
            seconds=reply.seconds,
        ),
    )


def _as_it_is(reply: Reply) -> Reply:
    return reply


def _run_tool(job: Job, action: RunTool) -> None:
    """Call the tool. What is not harmless to repeat goes through the ledger of effects.

    The result is stored inside the bracket: a bot that dies between both leaves an act whose end
    is unknown, never one that is done again.
    """
    tool = find_tool(action.call.name)
    if tool.repeatable:
        _call(job, tool, action)
        return
    try:
        with job.item.effect(_key(job, action.call), not_done_on=(ToolError,)) as act:
            if act:
                _call_or_raise(job, tool, action)
            else:
                done: Json = {"done": True, "reference": act.reference}
                _answer(job, action.call, done, arguments=action.arguments)
    except ToolError as error:
        _answer(job, action.call, str(error), arguments=action.arguments, is_error=True)


def _call(job: Job, tool: Tool, action: RunTool) -> None:
    try:
        _call_or_raise(job, tool, action)
    except ToolError as error:
        _answer(job, action.call, str(error), arguments=action.arguments, is_error=True)


def _call_or_raise(job: Job, tool: Tool, action: RunTool) -> None:
    began = monotonic()
    result = _storable(tool.function(job.use, action.arguments))
    seconds = monotonic() - began
    _answer(job, action.call, result, arguments=action.arguments, seconds=seconds)


def _storable(result: Json) -> Json:
    """Return what a tool gave, as it can be stored and shown to the model."""
    try:
        check_json(result)
        text = json.dumps(result, ensure_ascii=False)
    except (DomainError, TypeError, ValueError) as error:
        return {"error": f"What the tool gave can't be stored: {error}"}
    if len(text) > MAX_RESULT_CHARACTERS:
        return {"cut": text[:MAX_RESULT_CHARACTERS]}
    return result


def _answer(
    job: Job,
    call: engine.Call,
    result: Json,
    *,
    arguments: Json = None,
    is_error: bool = False,
    seconds: float = 0.0,
) -> None:
    turn = NewTurn(
        role=Role.TOOL,
        call_id=call.id,
        tool=call.name,
        arguments=arguments,
        result=result,
        is_error=is_error,
        seconds=seconds,
    )
    add_turn(job.run, turn)


def _ask_person(job: Job, action: AskFirst) -> None:
    """Have a person approve, change or refuse the call; until then the item waits."""
    tool = find_tool(action.call.name)
    key = _key(job, action.call)
    if key not in job.item.answers:
        set_waiting(job.run, waits=True)
    answer = job.item.ask(
        key,
        title=_("May the agent do this: %s?") % tool.title,
        text=_("“%(agent)s” wants to do what can't be undone. Check it, change it, or refuse it.")
        % {"agent": job.run.profile.title},
        form=tool.schema,
        values=action.arguments,
        decisions=[
            {"key": engine.APPROVE, "title": _("Do it like this")},
            {"key": engine.REFUSE, "title": _("Don't do it"), "takes_values": False},
        ],
    )
    set_waiting(job.run, waits=False)
    is_approved = answer.decision == engine.APPROVE
    add_turn(
        job.run,
        NewTurn(
            role=Role.PERSON,
            call_id=action.call.id,
            tool=action.call.name,
            decision=engine.APPROVE if is_approved else engine.REFUSE,
            arguments=dict(answer.values) if is_approved else None,
            content=answer.comment,
            who=answer.by,
        ),
    )


def _entered(job: Job) -> JsonObject | None:
    """Return the result that a person gave in the agent's place, if the last answer was that."""
    answers = [each for key, each in job.item.answers.items() if key.startswith(_stopped_key(job))]
    if not answers or answers[-1].decision != ENTER:
        return None
    values = dict(answers[-1].values)
    if job.run.status in OPEN:
        outcome = _("%s gave the result.") % answers[-1].by
        end_run(job.run, Status.FINISHED, attempt=job.item.attempt, outcome=outcome, output=values)
    return values


def _person_takes_over(job: Job, why: str) -> NoReturn:
    """Ask a person for the result, or to let the agent try again."""
    n_asked = sum(key.startswith(_stopped_key(job)) for key in job.item.answers)
    set_waiting(job.run, waits=True)
    job.item.ask(
        f"{_stopped_key(job)}{n_asked + 1}",
        title=_("Do the work in the agent's place"),
        text=why,
        form=job.result_schema,
        decisions=[
            {"key": ENTER, "title": _("Use this result")},
            {"key": AGAIN, "title": _("Let the agent go on"), "takes_values": False},
        ],
    )
    raise ApplicationException(why)  # pragma: no cover - `ask` does not return for a new key


def _stopped_key(job: Job) -> str:
    return f"agent-{job.run.pk}-stopped-"


def _finished(job: Job, action: Finish) -> JsonObject:
    if job.run.status in OPEN:
        end_run(job.run, Status.FINISHED, attempt=job.item.attempt, output=action.values)
    frame = job.run.frame
    for path, sure in list(action.confidences.items())[:MAX_FIELDS]:
        if len(path) <= MAX_FIELD:
            job.item.predict(
                path,
                _at(action.values, path),
                confidence=sure.confidence,
                source=source_in_words(sure, {}),
                model=frame["model"],
                model_version=frame["model_version"],
                prompt=f"{job.prompt} v{frame['version']}",
            )
    return action.values


def _at(values: Any, path: str) -> Json:
    for part in path.split("."):
        values = values[int(part)] if isinstance(values, list) else values[part]
    found: Json = values
    return found


def _give_up(job: Job, action: GiveUp) -> NoReturn:
    limits = job.frame.limits
    words = {
        "": _("The agent got nowhere: it only talks."),
        "steps": _("The agent is over its limit of %d steps.") % limits.max_steps,
        "seconds": _("The agent is over its limit of %d seconds at work.") % limits.max_seconds,
        "cost": _("The agent is over its limit of cost, %s.") % limits.max_cost,
        "tokens": _("The agent is over its limit of %d tokens.") % limits.max_tokens,
    }
    message = words[action.limit]
    status = Status.OVER_LIMIT if action.limit else Status.GAVE_UP
    if job.run.status in OPEN:
        end_run(job.run, status, attempt=job.item.attempt, outcome=message)
    raise BusinessException(message, code=f"agent_{action.limit or 'nowhere'}")


def _key(job: Job, call: engine.Call) -> str:
    return f"agent-{job.run.pk}-{call.id}"


def _job_of(item: ItemContext) -> Job:
    settings = settings_of(item.payload)
    folder_id, run_id = context_of(item.id)
    key = settings.text("agent")
    profile = AgentProfile.objects.filter(folder_id=folder_id, key=key).first() if key else None
    if profile is None:
        text = _("There is no agent “%s” in this folder; the setting “agent” must name one.")
        raise BusinessException(text % key, code="wrong_setting", field="agent")
    run = open_run(profile, item.id, run_id)
    use = ToolUse(item=item, folder_id=folder_id, data=settings.data, tables=run.frame["tables"])
    return Job(
        item=item,
        run=run,
        endpoint=wanted_endpoint(folder_id, run.frame["endpoint"]),
        frame=frame_for(run, _shown(item, settings)),
        use=use,
    )


def frame_for(run: AgentRun, data: str) -> Frame:
    """Return the frame of a run. A tool that is no longer installed is left out."""
    stored: dict[str, Any] = run.frame
    specs = []
    for name in stored["tools"]:
        try:
            tool = find_tool(name)
        except UnknownToolError:
            continue
        specs.append(
            engine.ToolSpec(
                name=name,
                description=tool.description,
                schema=tool.schema,
                is_irreversible=tool.irreversible,
            )
        )
    return Frame(
        goal=stored["goal"],
        data=data,
        tools=tuple(specs),
        result=schema_of_answer(stored["result_schema"] or TEXT_RESULT),
        limits=Limits(
            max_steps=stored["max_steps"],
            max_seconds=stored["max_seconds"],
            max_cost=Decimal(stored["max_cost"]),
            max_tokens=stored["max_tokens"],
        ),
    )


def _shown(item: ItemContext, settings: Settings) -> str:
    data: JsonObject = {
        "reference": item.reference,
        "data": settings.data,
        "files": [each.name for each in item.files],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)[:MAX_DATA_CHARACTERS]
