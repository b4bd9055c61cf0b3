"""From what an automation returned or raised to the result that is handed in."""

from collections import deque
from typing import Any, TypeVar

import orjson
from django.utils.translation import gettext as _

from apps.bots.asking import AskPerson
from apps.bots.exceptions import AutomationException, BusinessException, ItemTimeLimit
from apps.bots.horse import trimmed_traceback
from apps.bots.logs import storable_text, text_of
from apps.lib.errors import InvalidError
from apps.lib.json import Json, JsonObject, check_json
from apps.lib.secrecy import masked, masked_json

from .lifecycle import LeasedItem, Result
from .models import Attempt
from .questions import parse_question

Outcome = Attempt.Outcome
Thing = TypeVar("Thing")

MAX_OUTPUT = 1_000_000
MAX_CODE, MAX_FIELD = 100, 300


def failed(leased: LeasedItem, error: BaseException) -> Result:
    """Return what is stored about a try that raised `error`; never raises itself."""
    is_business = isinstance(error, BusinessException)
    field = error.field if isinstance(error, AutomationException) else ""
    output: Json = {"field": storable_text(text_of(field))[:MAX_FIELD]} if field else None
    return Result(
        leased.id,
        leased.token,
        Outcome.BUSINESS_EXCEPTION if is_business else Outcome.APPLICATION_EXCEPTION,
        output,
        code=_code(error),
        message=_message(error),
        error_class=f"{type(error).__module__}.{type(error).__qualname__}"[:200],
        detail="" if is_business else trimmed_traceback(error),
    )


def asked(leased: LeasedItem, ask: AskPerson) -> Result:
    """Return the question of a try, or what is wrong with it; never raises itself."""
    try:
        check_storable(ask.question)
        said = masked_json(ask.question)
        question = parse_question(said)
    except Exception as error:
        text = _("The automation asks what can't be asked: %s") % text_of(error)
        return unstorable(released(leased), error, code="unusable_question", text=text)
    return Result(
        leased.id,
        leased.token,
        Outcome.ASKED,
        code=question.key,
        message=question.title,
        question=said,
    )


def released(leased: LeasedItem) -> Result:
    return Result(leased.id, leased.token, Outcome.RELEASED)


def unstorable(
    result: Result, error: Exception, *, code: str = "unstorable_result", text: str = ""
) -> Result:
    """Return a failure in the place of a result that the database does not take."""
    said = text or _("The result of the automation can't be stored: %s") % error
    return Result(
        result.id,
        result.token,
        Outcome.APPLICATION_EXCEPTION,
        code=code,
        message=masked(said)[:1000],
        error_class="builtins.ValueError",
    )


def check_storable(output: Any) -> None:
    """Raise TypeError, or InvalidError, unless `output` is a JSON object that can be stored."""
    if not isinstance(output, dict):
        raise TypeError(_("An automation returns a dict or None, not %s.") % type(output).__name__)
    text = orjson.dumps(output)
    if len(text) > MAX_OUTPUT:
        raise InvalidError(_("The output is larger than %d bytes.") % MAX_OUTPUT)
    if b"\\u0000" in text:
        check_json(output)


def as_stored(output: JsonObject) -> JsonObject:
    """Return it as the database gives it back: a date is text. Raises like `check_storable`."""
    check_storable(output)
    stored: JsonObject = orjson.loads(orjson.dumps(output))
    return stored


def _code(error: BaseException) -> str:
    if isinstance(error, AutomationException):
        return text_of(error.code)[:MAX_CODE] if error.code else ""
    return "time_limit" if isinstance(error, ItemTimeLimit) else ""


def _message(error: BaseException) -> str:
    return text_of(error) or type(error).__name__


def take_all(shared: "deque[Thing]") -> "list[Thing]":
    """Empty a deque that another thread uses, too."""
    taken = []
    while shared:
        try:
            taken.append(shared.popleft())
        except IndexError:
            break
    return taken
