"""What people may do with many items at once; each is an operation of apps.operations."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import Action
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.http import parse_moment
from apps.lib.json import JsonObject
from apps.operations import kinds
from apps.operations.kinds import Chunk, Kind, Result

from . import operation_targets as targets
from .lifecycle import many
from .operation_forms import PostponeForm, PriorityForm

MAX_PRIORITY = 100
Words = str | Promise


def register() -> None:
    """Make the kinds known; called when the app is ready."""
    _of_turns()
    _of_keeping_back()
    _ways_back()


def _of_turns() -> None:
    _item_kind(
        "items.retry",
        many.RETRIED,
        many.retry_items,
        verb=gettext_lazy("Retry"),
        title=gettext_lazy("Retry items"),
        icon="rotate-clockwise",
        effect=gettext_lazy(
            "They are worked again, as soon as it is their turn, with fresh tries."
        ),
    )
    _item_kind(
        "items.priority",
        many.RANKED,
        many.rank_items,
        verb=gettext_lazy("Set priority"),
        title=gettext_lazy("Set the priority of items"),
        effect=gettext_lazy("Those with a higher priority are worked sooner."),
        check=_check_priority,
        form=PriorityForm,
        icon="adjustments-horizontal",
        say=lambda given: _("priority %(n)s") % {"n": given["priority"]},
        undo="items.priority_back",
    )
    _item_kind(
        "items.postpone",
        many.POSTPONED,
        many.postpone_items,
        verb=gettext_lazy("Postpone"),
        title=gettext_lazy("Postpone items"),
        effect=gettext_lazy("They wait until then, whatever their turn is."),
        check=_check_time,
        form=PostponeForm,
        icon="clock",
        say=_say_time,
        undo="items.postpone_back",
    )


def _of_keeping_back() -> None:
    _item_kind(
        "items.hold",
        many.HELD,
        many.hold_items,
        verb=gettext_lazy("Hold"),
        title=gettext_lazy("Hold items"),
        icon="player-pause",
        effect=gettext_lazy("Nobody works them until somebody releases them."),
        undo="items.release",
        needs_reason=True,
    )
    _item_kind(
        "items.release",
        many.RELEASED,
        many.release_items,
        verb=gettext_lazy("Release"),
        title=gettext_lazy("Release items"),
        icon="player-play",
        undo="items.hold_back",
        effect=gettext_lazy("They wait for their turn again."),
    )
    _item_kind(
        "items.cancel",
        many.ENDABLE,
        many.cancel_items,
        verb=gettext_lazy("Cancel"),
        title=gettext_lazy("Cancel items"),
        icon="ban",
        effect=gettext_lazy(
            "They end without being worked. Workflows that wait for them hear of it."
        ),
        undo="items.cancel_back",
        needs_reason=True,
    )


def _ways_back() -> None:
    _item_kind(
        "items.priority_back",
        many.RANKED,
        many.rank_items,
        verb=gettext_lazy("Take back"),
        title=gettext_lazy("Give items the priority they had"),
        check=_as_it_was,
        is_offered=False,
    )
    _item_kind(
        "items.postpone_back",
        many.POSTPONED,
        many.postpone_items,
        verb=gettext_lazy("Take back"),
        title=gettext_lazy("Let items wait as they did"),
        check=_as_it_was,
        is_offered=False,
    )
    _item_kind(
        "items.hold_back",
        many.HELD,
        many.hold_items,
        verb=gettext_lazy("Take back"),
        title=gettext_lazy("Hold items again"),
        is_offered=False,
    )
    _item_kind(
        "items.cancel_back",
        many.REVIVED,
        many.revive_items,
        verb=gettext_lazy("Take back"),
        title=gettext_lazy("Put cancelled items back"),
        check=_as_it_was,
        is_offered=False,
    )


def _item_kind(
    key: str,
    places: frozenset[str],
    apply: Callable[[Chunk], Mapping[int, Result]],
    **more: Any,
) -> None:
    kinds.register(
        Kind(
            key=key,
            action=Action.OPERATE,
            subject="item",
            places=places,
            choose=partial(targets.choose, sorted(places)),
            preview=partial(targets.preview, sorted(places)),
            apply=apply,
            newest=targets.newest,
            read=targets.read,
            about=targets.about,
            label=targets.labels,
            back=targets.back,
            parse=targets.parse,
            home=targets.home,
            **more,
        )
    )


def _as_it_was(arguments: JsonObject) -> JsonObject:
    """A way back has what it needs from the operation that it takes back."""
    return {}


def _check_priority(arguments: JsonObject) -> JsonObject:
    _only(arguments, "priority")
    value = arguments.get("priority")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_PRIORITY:
        raise _wrong("priority", _("must be a whole number from 0 to 100"))
    return {"priority": value}


def _check_time(arguments: JsonObject) -> JsonObject:
    _only(arguments, "available_at")
    try:
        moment = parse_moment(arguments.get("available_at"))
    except ValueError:
        moment = None
    if moment is None:
        raise _wrong("available_at", _("must be a time with its zone"))
    if moment <= database_now():
        raise _wrong("available_at", _("must be in the future"))
    return {"available_at": moment.isoformat()}


def _say_time(given: JsonObject) -> str:
    moment = datetime.fromisoformat(str(given["available_at"]))
    return _("until %(at)s") % {"at": f"{moment:%Y-%m-%d %H:%M %Z}"}


def _only(arguments: JsonObject, name: str) -> None:
    for unknown in arguments.keys() - {name}:
        raise _wrong(unknown, _("is not known here"))


def _wrong(name: str, message: str) -> InvalidError:
    problem = FieldProblem(f"arguments.{name}", message)
    return InvalidError(f"{name}: {message}.", fields=[problem])
