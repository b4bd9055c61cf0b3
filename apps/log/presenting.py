"""Lines as pages show them: what each is about, and where that is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.models import Bot
from apps.lib.json import Json
from apps.queues.models import WorkItem
from apps.workflows.models import WorkflowInstance

from .asking import LogFilter
from .lines import LogEntry


@dataclass(frozen=True, slots=True)
class About:
    """One thing that a line is about. `url` "": it is told, and leads nowhere."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    entry: LogEntry
    about: list[About]
    url: str  # of the line itself, among those around it
    details: str

    @property
    def html(self) -> str:
        """The one way in which a line looks, on the page and when it comes later."""
        return render_to_string("log/_line.html", {"row": self}).strip()


def rows_of(entries: Sequence[LogEntry], wanted: LogFilter) -> list[Row]:
    """Return what to show of these lines."""
    names = _Names(entries)
    query = wanted.query()
    base = reverse("log:page")
    return [
        Row(
            entry=entry,
            about=[about for about in names.about(entry, wanted) if about.text],
            url=f"{base}?{query}{'&' if query else ''}{urlencode({'at': str(entry.key)})}",
            details=_details(entry),
        )
        for entry in entries
    ]


def as_json(entry: LogEntry) -> dict[str, Json]:
    """Return a line as programs read it."""
    names = (
        *("level", "message", "run_id", "bot_id", "queue_id", "item_id", "attempt"),
        *("instance_id", "token", "step", "correlation_id", "fields"),
    )
    said = {name: getattr(entry, name) for name in names}
    # a visit is no line, and has the number of none
    return {"id": entry.id if entry.id > 0 else None, "at": entry.at.isoformat(), **said}


def _details(entry: LogEntry) -> str:
    if not entry.fields:
        return ""
    return " ".join(
        f"{name}={value if isinstance(value, str) else orjson.dumps(value).decode()}"
        for name, value in entry.fields.items()
    )


class _Names:
    """What runs, items, bots and instances of some lines are called; a query for each."""

    def __init__(self, entries: Sequence[LogEntry]) -> None:
        self._bots = _called(Bot, {each.bot_id for each in entries}, "name")
        self._items = _called(WorkItem, {each.item_id for each in entries}, "reference")
        self._instances = _called(
            WorkflowInstance, {each.instance_id for each in entries}, "business_key"
        )

    def about(self, entry: LogEntry, wanted: LogFilter) -> list[About]:
        """Return what the line is about beside what was asked for; an item says which queue."""
        # several may bear the same reference
        is_one_item = wanted.item.startswith("#")
        return [
            About("") if wanted.run else self._run(entry),
            About(self._try(entry)) if is_one_item else self._item(entry),
            About(entry.step) if wanted.instance else self._instance(entry),
            About("" if wanted.request else entry.correlation_id),
        ]

    def _run(self, entry: LogEntry) -> About:
        if not entry.run_id:
            return About(self._bots.get(entry.bot_id, ""))
        bot = self._bots.get(entry.bot_id, "")
        said = _("Run %(n)d") % {"n": entry.run_id}
        return About(f"{said} · {bot}" if bot else said, _url("runs:run_detail", entry.run_id))

    def _item(self, entry: LogEntry) -> About:
        if not entry.item_id:
            return About("")
        name = ", ".join(
            each
            for each in (self._items.get(entry.item_id) or f"#{entry.item_id}", self._try(entry))
            if each
        )
        is_there = entry.item_id in self._items
        return About(name, _url("items:item_detail", entry.item_id) if is_there else "")

    @staticmethod
    def _try(entry: LogEntry) -> str:
        return _("try %(n)d") % {"n": entry.attempt} if entry.attempt else ""

    def _instance(self, entry: LogEntry) -> About:
        if not entry.instance_id:
            return About(entry.step)
        key = self._instances.get(entry.instance_id)
        name = key or _("Instance %(n)d") % {"n": entry.instance_id}
        name = f"{name} · {entry.step}" if entry.step else name
        is_there = entry.instance_id in self._instances
        return About(name, _url("instances:instance_detail", entry.instance_id) if is_there else "")


def _called(model: Any, ids: Collection[int | None], name: str) -> dict[int | None, str]:
    wanted = [each for each in ids if each]
    found = model.objects.filter(pk__in=wanted).values_list("pk", name) if wanted else []
    return dict(found)


def _url(route: str, pk: int | None) -> str:
    return reverse(route, args=[pk]) if pk else ""
