"""What pages say of groups: their words, trends, and where they happen alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.models import Bot
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.clock import database_now

from .fingerprint import PLAIN_CLASSES
from .models import BotFailures, FailureGroup, GroupRetry
from .pages import page_of

Status = FailureGroup.Status

HOURS: Final = 24
HISTORY_LENGTH: Final = 30
# of so few nobody can say that they happen in one place alone
MANY_ENOUGH: Final = 3
BADGES: Final = {
    Status.NEW: "failed",
    Status.BACK: "failed",
    Status.ASSIGNED: "person",
    Status.MUTED: "paused",
    Status.RESOLVED: "done",
}

_HOURLY: Final = """
select group_id, date_bin('1 hour', minute, %(since)s) as hour, sum(n)::int
  from failures_minutefailures
 where group_id = any (%(ids)s::bigint[]) and minute >= %(since)s
 group by 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A group as a list shows it."""

    group: FailureGroup
    url: str
    title: str
    about: str  # class, code and where
    word: str
    badge: str
    last_day: int
    trend: Sequence[int]  # by the hour, as shares of the busiest
    trend_words: str
    only_on: str
    retry: GroupRetry | None


def rows_of(groups: Sequence[FailureGroup], *, with_folders: bool = False) -> list[Row]:
    """Return a row for each; a few queries for all."""
    ids = [group.pk for group in groups]
    hours, bots, retries = hourly(ids), _only_bots(groups), _retries(ids)
    return [
        Row(
            group=group,
            url=page_of(group.pk),
            title=title_of(group),
            about=about(group, with_folder=with_folders),
            word=str(Status(group.status).label),
            badge=BADGES[Status(group.status)],
            last_day=sum(hours[group.pk].values()),
            trend=_shares([n for _hour, n in sorted(hours[group.pk].items())]),
            trend_words=_trend_words(hours[group.pk]),
            only_on=_only_on(group, bots.get(group.pk)),
            retry=retries.get(group.pk),
        )
        for group in groups
    ]


def title_of(group: FailureGroup) -> str:
    """Return what people know the failure by: the newest message, else its code or kind."""
    first_line = group.message.strip().partition("\n")[0]
    return first_line or group.code or str(group.get_kind_display())


def about(group: FailureGroup, *, with_folder: bool = False) -> str:
    """Return where it happens and how it is called by programs."""
    short_class = group.error_class.rpartition(".")[2]
    if short_class in PLAIN_CLASSES:
        short_class = ""
    version = _("v%s") % group.version if group.version else ""
    folder = str(group.folder) if with_folder else ""
    parts = [folder, str(group.place), group.step, version, short_class, group.code]
    return " · ".join(part for part in parts if part)


def place_url(group: FailureGroup) -> str:
    if group.queue_id:
        return reverse("queues:queue_detail", args=[group.queue_id])
    if group.workflow_id:
        return reverse("workflows:workflow_detail", args=[group.workflow_id])
    return ""


def hourly(group_ids: Iterable[int]) -> Mapping[int, dict[datetime, int]]:
    """Return how many failures each group had in each of the last hours, now included."""
    ids = list(group_ids)
    now = database_now()
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    empty = {since + timedelta(hours=n): 0 for n in range(HOURS)}
    found: dict[int, dict[datetime, int]] = defaultdict(lambda: dict(empty))
    for pk in ids:
        found[pk] = dict(empty)
    with connection.cursor() as cursor:
        cursor.execute(_HOURLY, {"ids": ids, "since": since})
        for pk, hour, n in cursor.fetchall():
            found[pk][hour] = n
    return found


def history(group: FailureGroup) -> list[dict[str, Any]]:
    events = history_of(("failure_group", group.pk), limit=HISTORY_LENGTH).items
    return [{"what": sentence_of(each), "at": each.occurred_at} for each in events]


def retry_in_words(retry: GroupRetry) -> str:
    """Say what becomes of the retry, and what comes next."""
    status = GroupRetry.Status(retry.status)
    said = {
        status.TRYING: _(
            "One item is tried first. When that goes well, the rest follows by itself."
        ),
        status.REST: _("The one went well: the rest is being retried."),
        status.CLEARED: _("All that was open was retried and went well."),
        status.LEFT: _("The rest was retried; some of it failed again, or is still open."),
        status.STOPPED: _("The one that was tried failed again: the rest was left as it was."),
        status.CANCELLED: _("The retry was cancelled."),
    }
    return said[status]


def _only_bots(groups: Sequence[FailureGroup]) -> Mapping[int, str]:
    """Return the bot of each group that fails with one bot alone, where others could as well."""
    several = _with_several_bots(groups)
    found: dict[int, list[str]] = defaultdict(list)
    rows = BotFailures.objects.filter(group__in=[group.pk for group in groups])
    for pk, bot in rows.values_list("group_id", "bot"):
        found[pk].append(bot)
    alone = {pk: bots[0] for pk, bots in found.items() if len(bots) == 1}
    return {each.pk: alone[each.pk] for each in groups if each.pk in alone and each.pk in several}


def _with_several_bots(groups: Sequence[FailureGroup]) -> set[int]:
    """Return those whose folder has several bots, or in whose queue several have failed."""
    folders = {group.folder_id for group in groups}
    bots = Bot.objects.filter(folder__in=folders).values("folder").annotate(n=Count("pk"))
    crowded = set(bots.filter(n__gt=1).values_list("folder", flat=True))
    queues = {group.queue_id for group in groups if group.queue_id}
    failed = BotFailures.objects.filter(group__queue__in=queues).values("group__queue")
    shared = failed.annotate(n=Count("bot", distinct=True)).filter(n__gt=1)
    worked = set(shared.values_list("group__queue", flat=True))
    return {each.pk for each in groups if each.folder_id in crowded or each.queue_id in worked}


def _only_on(group: FailureGroup, bot: str | None) -> str:
    if bot is None or group.count < MANY_ENOUGH:
        return ""
    return _("only %s") % bot


def _retries(ids: Sequence[int]) -> Mapping[int, GroupRetry]:
    under_way = GroupRetry.objects.filter(group__in=ids, status__in=GroupRetry.UNFINISHED)
    return {retry.group_id: retry for retry in under_way.select_related("operation")}


def _shares(numbers: Sequence[int]) -> list[int]:
    most = max(numbers, default=0)
    return [round(100 * n / most) if most else 0 for n in numbers]


def _trend_words(hours: Mapping[datetime, int]) -> str:
    numbers = [n for _hour, n in sorted(hours.items())]
    words = {"day": sum(numbers), "hour": numbers[-1] if numbers else 0}
    return _("%(day)d in 24 hours, %(hour)d in this one") % words
