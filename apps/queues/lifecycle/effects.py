"""The ledger of acts that can't be undone: begun before the act, ended after it."""

from uuid import UUID

from django.utils.translation import gettext as _

from apps.bots.logs import storable_text
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.queues.exceptions import LeaseLostError
from apps.queues.models import Effect
from apps.queues.statements import BEGIN_EFFECT, END_EFFECT, FORGET_EFFECT

from .running import run, tell_moved
from .values import EffectAnswer

MAX_KEY, MAX_REFERENCE = 200, 300


def begin_effect(item_id: int, token: UUID, key: str) -> EffectAnswer:
    """Say that the act `key` is about to happen.

    Only the first call is answered `new`. Whoever gets `unknown`, be it the same holder after a
    time-out, must not act: end the try with an application exception, and a person is asked.
    Raises LeaseLostError if `token` does not hold the item.
    """
    values = {"item_id": item_id, "token": token, "key": _checked(key)}
    is_held, is_new = run(BEGIN_EFFECT, values)[0]
    if not is_held:
        raise LeaseLostError(item_id)
    if is_new:
        tell_moved([], [item_id])
        return EffectAnswer("new")
    return _as_it_stands(item_id, key)


def end_effect(item_id: int, token: UUID, key: str, reference: object) -> EffectAnswer:
    """Say that the act `key` happened, and by what `reference` the outside world knows it.

    Any value will do as a reference, None for none: what has happened must be written down.
    """
    values = {
        "item_id": item_id,
        "token": token,
        "key": _checked(key),
        "reference": storable_text("" if reference is None else str(reference))[:MAX_REFERENCE],
    }
    is_held, is_ended = run(END_EFFECT, values)[0]
    if not is_held:
        raise LeaseLostError(item_id)
    if is_ended:
        tell_moved([], [item_id])
    return _as_it_stands(item_id, key)


def forget_effect(item_id: int, token: UUID, key: str) -> None:
    """Say that the act `key`, begun under this very lease, certainly did not happen."""
    values = {"item_id": item_id, "token": token, "key": _checked(key)}
    if not run(FORGET_EFFECT, values)[0][0]:
        raise LeaseLostError(item_id)
    tell_moved([], [item_id])


def _as_it_stands(item_id: int, key: str) -> EffectAnswer:
    effect = Effect.objects.filter(item_id=item_id, key=key).first()
    if effect is None:
        message = _("The effect “%(key)s” of item %(id)d was never begun. Begin it before the act.")
        raise ConflictError(message % {"key": key, "id": item_id})
    if effect.state == Effect.State.FINISHED:
        return EffectAnswer("finished", effect.reference)
    return EffectAnswer("unknown")


def _checked(key: str) -> str:
    if not 0 < len(key) <= MAX_KEY or "\x00" in key:
        message = _("must be text of 1 to %(n)d characters") % {"n": MAX_KEY}
        raise InvalidError(f"key: {message}.", fields=[FieldProblem("key", message)])
    return key
