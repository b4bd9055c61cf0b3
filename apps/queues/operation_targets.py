"""Which items a bulk action is about: what its filter may say, and what it finds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.http import MAX_ID, parse_moment
from apps.lib.json import Json, JsonObject
from apps.lib.numbers import whole_number
from apps.operations.kinds import Bound, Label, Part

from .listing import MAX_TEXT, PLACES, TODAY, ItemFilter, matches
from .models import Ended, Lease, Parked, WorkItem, WorkQueue
from .statuses import PLACE_LABELS

# As many as a page or a call may name one by one; for more there are filters
MAX_IDS = 10_000

Ids = QuerySet[Any, Any]


@dataclass(frozen=True)
class Narrowing:
    """Something that apps above know and items may be chosen by, such as a group of failures.

    `check` returns the value in the form that is stored, or raises InvalidError; `choose` returns
    a query of the items' ids, of these folders alone.
    """

    name: str
    check: Callable[[Sequence[int], Json], Json]
    choose: Callable[[Sequence[int], Json, Bound], Ids]
    about: Callable[[Json], str]
    back: Callable[[Json], str] = lambda value: ""


_narrowings: dict[str, Narrowing] = {}


def narrow_by(narrowing: Narrowing) -> None:
    """Let filters of bulk actions on items say this, too; called from an app's `ready`."""
    _narrowings[narrowing.name] = narrowing


def read(folders: Sequence[int], wanted: JsonObject) -> JsonObject:
    """Return the filter in the form that is stored. Raises InvalidError, naming the field."""
    unknown = [name for name in wanted if name not in _CHECKS and name not in _narrowings]
    if unknown:
        raise _problem(unknown[0], _("is not known here"))
    given = {name: value for name, value in wanted.items() if value not in (None, "", [])}
    found: JsonObject = {}
    for name, check in _CHECKS.items():
        if name in given:
            found[name] = check(folders, given[name])
    for name in sorted(given.keys() & _narrowings.keys()):
        found[name] = _narrowings[name].check(folders, given[name])
    if not found.keys() & {"queue", "ids", *_narrowings}:
        raise _problem("queue", _("say which queue, or which items"))
    return found


def choose(places: Iterable[str], folders: Sequence[int], wanted: JsonObject, bound: Bound) -> Ids:
    """Return a query of the ids of what fits the filter and stands in one of `places`.

    It starts from the tables of places: an item is in one of them at any moment, and what an
    action does not apply to is never looked at.
    """
    status = wanted.get("status")
    chosen = [place for place in places if status in (None, place)]
    parts = [_in_place(place, folders, wanted, bound) for place in _joined(chosen)]
    if not parts:
        return WorkItem.objects.none().values_list("pk", flat=True)
    return parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]


def preview(
    places: Iterable[str], folders: Sequence[int], wanted: JsonObject, bound: Bound
) -> list[Part]:
    """Return how many stand where, in the order of an item's life; empty places are left away."""
    parts = []
    for place in PLACES:
        if place in places and wanted.get("status") in (None, place):
            n = _in_place((place,), folders, wanted, bound).count()
            parts.append(Part(place, n, PLACE_LABELS[place], "new" if place == "ready" else place))
    return [part for part in parts if part.n]


def newest() -> int | None:
    return WorkItem.objects.order_by("-pk").values_list("pk", flat=True).first()


def labels(ids: Iterable[int]) -> Mapping[int, Label]:
    found = WorkItem.objects.filter(pk__in=list(ids)).only("pk", "reference")
    return {
        item.pk: Label(
            f"{item.reference} #{item.pk}" if item.reference else f"#{item.pk}",
            reverse("items:item_detail", args=[item.pk]),
        )
        for item in found
    }


def about(wanted: JsonObject) -> str:
    """Return what the filter means, in words."""
    said = []
    if "queue" in wanted:
        titles = WorkQueue.objects.filter(pk=_number(wanted["queue"])).values_list(
            "title", flat=True
        )
        said.append(titles.first() or f"#{wanted['queue']}")
    if "status" in wanted:
        said.append(str(PLACE_LABELS[str(wanted["status"])]))
    if "ended_since" in wanted:
        since = datetime.fromisoformat(str(wanted["ended_since"]))
        said.append(_("ended since %(at)s") % {"at": f"{since:%Y-%m-%d %H:%M %Z}"})
    if "q" in wanted:
        said.append(f"“{wanted['q']}”")
    if "ids" in wanted:
        n = len(wanted["ids"])  # type: ignore[arg-type]
        said.append(ngettext("%(n)d chosen item", "%(n)d chosen items", n) % {"n": n})
    said += [each.about(wanted[name]) for name, each in _narrowings.items() if name in wanted]
    return " · ".join(said)


def back(wanted: JsonObject) -> str:
    """Return the address of the list that the filter was taken from; "" if there is none."""
    for name, each in _narrowings.items():
        if name in wanted and (url := each.back(wanted[name])):
            return url
    if "queue" not in wanted:
        return ""
    pairs = {
        "status": wanted.get("status", ""),
        "ended": TODAY if "ended_since" in wanted else "",
        "q": wanted.get("q", ""),
    }
    query = urlencode({name: value for name, value in pairs.items() if value})
    url = reverse("queues:queue_detail", args=[wanted["queue"]])
    return f"{url}?{query}" if query else url


def parse(query: QueryDict) -> JsonObject:
    """Return the filter in a query string of a list, or of the bar below it: `all`, or chosen ids.

    What a list would leave out is left out here as well, `read` says what is missing.
    """
    wanted: JsonObject = {}
    queue_id = whole_number(query.get("queue", ""))
    if queue_id is not None:
        said = urlencode({name: query.get(name, "") for name in ("status", "q", "ended")})
        wanted |= ItemFilter.parse(queue_id, said).for_operation()
    if not query.get("all"):
        ids = [whole_number(text) for text in query.getlist("ids")[: MAX_IDS + 1]]
        numbers = sorted({pk for pk in ids if pk})
        if numbers:
            # chosen by hand: where they stood when the page was drawn does not narrow them
            wanted = {name: wanted[name] for name in ("queue",) if name in wanted}
            wanted["ids"] = list(numbers)
    for name in _narrowings.keys() & query.keys():
        wanted[name] = str(query[name])
    return wanted


def home(folders: Sequence[int], wanted: JsonObject) -> int | None:
    """Return the folder of the queue, or of the first item; None if there is neither."""
    if "queue" in wanted:
        queues = WorkQueue.objects.filter(pk=_number(wanted["queue"]), folder_id__in=folders)
        return queues.values_list("folder_id", flat=True).first()
    bound = Bound(database_now(), newest())
    first = list(choose(list(PLACES), folders, wanted, bound).order_by()[:1])
    items = WorkItem.objects.filter(pk__in=first)
    return items.values_list("queue__folder_id", flat=True).first()


# --- the query


def _joined(places: Sequence[str]) -> list[tuple[str, ...]]:
    """Places of one table are looked up together."""
    by_table: dict[type, list[str]] = {}
    for place in places:
        by_table.setdefault(PLACES[place][0], []).append(place)
    return [tuple(found) for found in by_table.values()]


def _in_place(
    places: Sequence[str], folders: Sequence[int], wanted: JsonObject, bound: Bound
) -> Ids:
    """Return the ids of what stands in `places`, which are of one table."""
    model: Any = PLACES[places[0]][0]
    rows: Ids = model._default_manager.filter(item_id__lte=bound.id or 0)
    if model in (Parked, Ended):
        rows = rows.filter(status__in=places) if places[1:] else rows.filter(status=places[0])
    rows = _not_after(rows, model, bound.at)
    queues = WorkQueue.objects.filter(folder_id__in=folders)
    if "queue" in wanted:
        queues = queues.filter(pk=wanted["queue"])
        # said twice: its index is of queues, and the planner need not join to use it
        rows = rows.filter(queue_id=wanted["queue"])
    rows = rows.filter(queue_id__in=queues.values("pk"))
    if "ended_since" in wanted:
        since = wanted["ended_since"]
        rows = rows.filter(at__gte=since) if model is Ended else rows.none()
    return _narrowed(rows, folders, wanted, bound).values_list("item_id", flat=True)


def _not_after(rows: Ids, model: type, at: datetime) -> Ids:
    """What came into its place after the asking is not meant."""
    if model is Ended:
        return rows.filter(at__lte=at)
    if model is Parked:
        return rows.filter(since__lte=at)
    return rows.filter(leased_at__lte=at) if model is Lease else rows


def _narrowed(rows: Ids, folders: Sequence[int], wanted: JsonObject, bound: Bound) -> Ids:
    if "q" in wanted:
        found = WorkItem.objects.filter(matches(str(wanted["q"])))
        if "queue" in wanted:
            found = found.filter(queue_id=wanted["queue"])
        rows = rows.filter(item_id__in=found.values("pk"))
    if "ids" in wanted:
        rows = rows.filter(item_id__in=wanted["ids"])
    for name, each in _narrowings.items():
        if name in wanted:
            rows = rows.filter(item_id__in=each.choose(folders, wanted[name], bound))
    return rows


# --- what a filter may say


def _queue(folders: Sequence[int], value: Json) -> int:
    """A queue by its number or its key."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _problem("queue", _("must be the key or the number of a queue"))
    if isinstance(value, str):
        same = Q(key=value) if value.isprintable() else Q(pk=0)
    else:
        same = Q(pk=value if 0 < value <= MAX_ID else 0)
    found: WorkQueue | None = WorkQueue.objects.filter(same, folder_id__in=folders).first()
    if found is None:
        raise _problem("queue", _("there is no such queue in this folder"))
    return found.pk


def _number(value: Json) -> int:
    """Return what `read` has stored of a queue."""
    return value if isinstance(value, int) else 0


def _status(folders: Sequence[int], value: Json) -> str:
    if not isinstance(value, str) or value not in PLACES:
        known = ", ".join(PLACES)
        raise _problem("status", _("must be one of %(known)s") % {"known": known})
    return value


def _text(folders: Sequence[int], value: Json) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or "\x00" in value:
        raise _problem("q", _("must be text of up to %(n)d characters") % {"n": MAX_TEXT})
    return value.strip()


def _since(folders: Sequence[int], value: Json) -> str:
    try:
        moment = parse_moment(value)
    except ValueError:
        moment = None
    if moment is None:
        raise _problem("ended_since", _("must be a time with its zone"))
    text: str = moment.isoformat()
    return text


def _ids(folders: Sequence[int], value: Json) -> Json:
    numbers = value if isinstance(value, list) else []
    found = sorted(
        {each for each in numbers if isinstance(each, int) and not isinstance(each, bool)}
    )
    if not found or len(numbers) > MAX_IDS or found[0] < 1 or found[-1] > MAX_ID:
        message = _("must be a list of 1 to %(n)d numbers of items") % {"n": MAX_IDS}
        raise _problem("ids", message)
    if len(found) != len(set(map(str, numbers))):
        raise _problem("ids", _("must be whole numbers"))
    return list(found)


_CHECKS: dict[str, Callable[[Sequence[int], Json], Json]] = {
    "queue": _queue,
    "status": _status,
    "q": _text,
    "ended_since": _since,
    "ids": _ids,
}


def _problem(name: str, message: "str | Promise") -> InvalidError:
    return InvalidError(
        f"{name}: {message}.", fields=[FieldProblem(f"filter.{name}", str(message))]
    )
