"""An agent at work on an item: asks the engine what is next, does it, writes it down, again.

Every turn is a row before the next begins, so that a try that ends (a question to a person, a
lost bot) is gone on with where it stood: no model is asked twice, no tool is called twice.
"""

import json
from dataclasses import replace
from time import monotonic
from typing import cast

from django.utils.translation import gettext as _

from apps.ai.asking import ask_model
from apps.ai.client import Question, Reply
from apps.ai.exceptions import ModelBusyError, ModelCallError, ModelStoppedError
from apps.ai.lifecycle import Purpose
from apps.ai.lifecycle.agents import (
    OPEN,
    NewTurn,
    add_turn,
    set_waiting,
)
from apps.ai.models import AgentRun, AgentTurn
from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext
from apps.lib.errors import DomainError
from apps.lib.json import Json, JsonObject, check_json
from apps.lib.schema import check_payload

from . import engine
from .ending import entered_by_person, finish, give_up, person_takes_over
from .engine import AskFirst, AskModel, Deny, Finish, GiveUp, Remind, RunTool, Turn
from .job import Job, job_of
from .tools import Tool, ToolError, find_tool

Role = AgentTurn.Role
MAX_RESULT_CHARACTERS = 100_000


def work(item: ItemContext) -> JsonObject:
    """Let the agent that the settings name work the item; return its result.

    Raises BusinessException when it reaches a limit or gets nowhere, ApplicationException when
    its model is away; asks a person before what cannot be undone, and while the model is stopped.
    """
    job = job_of(item)
    entered = entered_by_person(job)
    if entered is not None:
        return entered
    set_waiting(job.run, waits=False)
    while True:
        if item.should_stop:
            raise ApplicationException(
                _("The run was asked to end; the agent goes on at the next try."), code="stopped"
            )
        turns = transcript_of(job.run)
        job = replace(job, n_turns=len(turns))
        action = engine.next_action(job.frame, turns, check_payload)
        if isinstance(action, Finish):
            return finish(job, action)
        if isinstance(action, GiveUp):
            give_up(job, action)
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
        _write_down(job, NewTurn(role=Role.FRAME, content=action.text))


def _write_down(job: Job, turn: NewTurn) -> None:
    """Store the turn after those that were read; raises when another bot has gone on since."""
    add_turn(job.run, turn, after=job.n_turns)


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
        person_takes_over(job, error.message)
    except (ModelBusyError, ModelCallError) as error:
        raise ApplicationException(error.message, code=error.code) from error
    reply = asked.reply
    _write_down(
        job,
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
    _write_down(job, turn)


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
    _write_down(
        job,
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


def _key(job: Job, call: engine.Call) -> str:
    return f"agent-{job.run.pk}-{call.id}"
