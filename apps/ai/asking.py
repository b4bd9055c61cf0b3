"""Asking a model: within its budgets, in the form its server knows, with one chance to repair."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Generic, TypeVar

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.lib.json import JsonObject

from .client import Question, Reply, Target, ask, estimated_tokens
from .exceptions import MalformedAnswerError, ModelCallError, ModelRefusedError
from .lifecycle import Ending, Purpose, begin_call, end_call
from .models import ModelCall, ModelEndpoint

T = TypeVar("T")
Outcome = ModelCall.Outcome
Shape = ModelEndpoint.Shape
# After a server refused a schema, it is asked in words for so long
WORDS_FOR = timedelta(hours=1)
# So much of a wrong answer is shown to the model again
MAX_SHOWN_AGAIN = 20_000


@dataclass(frozen=True, kw_only=True)
class Asked(Generic[T]):
    """A usable answer and the call that brought it."""

    value: T
    reply: Reply
    call: ModelCall


def ask_model(
    endpoint: ModelEndpoint,
    question: Question,
    purpose: Purpose,
    check: Callable[[Reply], T],
    *,
    is_repair: bool = False,
) -> Asked[T]:
    """Ask once; `check` turns the reply into what is wanted, or raises MalformedAnswerError.

    The call is written down whatever happens. Raises ModelStoppedError, ModelBusyError, and
    ModelCallError for what the model or its server did wrong.
    """
    target = Target(
        base_url=endpoint.base_url,
        model=endpoint.model,
        api_key=endpoint.open_api_key(),
        timeout_seconds=endpoint.timeout_seconds,
    )
    call = begin_call(
        endpoint,
        purpose,
        asked=json.dumps(question.messages, ensure_ascii=False, indent=1),
        tokens_in=estimated_tokens(question.size),
        is_repair=is_repair,
    )
    value, reply = _carried_out(call, target, question, check)
    return Asked(value=value, reply=reply, call=call)


def _carried_out(
    call: ModelCall, target: Target, question: Question, check: Callable[[Reply], T]
) -> tuple[T, Reply]:
    """Make the call that was begun, and end its row in every case."""
    began = monotonic()
    reply: Reply | None = None
    ending: Ending | None = None
    try:
        reply = ask(target, question)
        value = check(reply)
        ending = _ending(Outcome.ANSWERED, reply)
    except MalformedAnswerError as error:
        ending = _ending(Outcome.MALFORMED, reply, error.message)
        error.said = (reply.content if reply else "")[:MAX_SHOWN_AGAIN]
        raise
    except ModelCallError as error:
        ending = _failure(error, question, monotonic() - began)
        raise
    finally:
        # also when the work was interrupted: its time is over, its process is asked to end
        end_call(call, ending or _interrupted(question, monotonic() - began))
    return value, reply


def ask_for_object(
    endpoint: ModelEndpoint,
    messages: tuple[JsonObject, ...],
    schema: JsonObject,
    purpose: Purpose,
    check: Callable[[Reply], T],
) -> Asked[T]:
    """Ask for an object of `schema`; show the model its mistakes once, then raise them."""
    question = _shaped(endpoint, messages, schema)
    try:
        return _ask_in_shape(endpoint, question, schema, purpose, check)
    except MalformedAnswerError as error:
        endpoint.refresh_from_db(fields=["words_until"])
        again = _shaped(endpoint, (*messages, *_mistakes(error)), schema)
        return ask_model(endpoint, again, purpose, check, is_repair=True)


def _ask_in_shape(
    endpoint: ModelEndpoint,
    question: Question,
    schema: JsonObject,
    purpose: Purpose,
    check: Callable[[Reply], T],
) -> Asked[T]:
    try:
        return ask_model(endpoint, question, purpose, check)
    except ModelRefusedError as error:
        if not error.is_about_schema or endpoint.answer_shape != Shape.AUTO:
            raise
        ModelEndpoint.objects.filter(pk=endpoint.pk).update(words_until=Now() + WORDS_FOR)
        in_words = replace(question, schema=None, messages=_in_words(question.messages, schema))
        return ask_model(endpoint, in_words, purpose, check)


def _shaped(
    endpoint: ModelEndpoint, messages: tuple[JsonObject, ...], schema: JsonObject
) -> Question:
    question = Question(
        messages=messages,
        max_tokens=endpoint.max_answer_tokens,
        wants_logprobs=endpoint.asks_logprobs,
    )
    if _holds_to_schemas(endpoint):
        return replace(question, schema=schema)
    return replace(question, messages=_in_words(messages, schema))


def _holds_to_schemas(endpoint: ModelEndpoint) -> bool:
    if endpoint.answer_shape != Shape.AUTO:
        return endpoint.answer_shape == Shape.SCHEMA
    refused = ModelEndpoint.objects.filter(pk=endpoint.pk, words_until__gt=Now())
    return not refused.exists()


def _in_words(messages: tuple[JsonObject, ...], schema: JsonObject) -> tuple[JsonObject, ...]:
    told = (
        "Answer with one JSON object and nothing else. It must hold to this JSON Schema:\n"
        + json.dumps(schema, ensure_ascii=False)
    )
    return (*messages[:1], {"role": "system", "content": told}, *messages[1:])


def _mistakes(error: MalformedAnswerError) -> tuple[JsonObject, ...]:
    asked = (
        "Your answer can't be used:\n"
        f"{error.message}\n"
        "Answer again with the whole, corrected JSON object and nothing else."
    )
    said = error.said or "(nothing)"
    return ({"role": "assistant", "content": said}, {"role": "user", "content": asked})


def _ending(outcome: str, reply: Reply | None, error: str = "") -> Ending:
    if reply is None:
        return Ending(outcome=outcome, error=error)
    calls = "\n".join(f"{each.name} {each.arguments}" for each in reply.calls)
    return Ending(
        outcome=outcome,
        error=error,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        seconds=reply.seconds,
        answered="\n".join(part for part in (reply.content, calls) if part),
    )


def _failure(error: ModelCallError, question: Question, seconds: float) -> Ending:
    refused = isinstance(error, ModelRefusedError)
    return Ending(
        outcome=Outcome.REFUSED if refused else Outcome.FAILED,
        error=error.message,
        tokens_in=estimated_tokens(question.size),
        seconds=seconds,
    )


def _interrupted(question: Question, seconds: float) -> Ending:
    return Ending(
        outcome=Outcome.FAILED,
        error=_("The work was broken off before the answer came."),
        tokens_in=estimated_tokens(question.size),
        seconds=seconds,
    )
