"""What a wall shows now, and who may see it: the screen with its token, nobody else."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.events.models import Heartbeat
from apps.lib.errors import DomainError

from .figures import right_now
from .lifecycle import digest_of
from .lists import Problems
from .models import DisplayToken, Wall
from .queries import Minute, last_minutes
from .tiles import tiles_of
from .wall_checking import is_within

# A token's last use is noted at most so often
NOTED_EVERY = timedelta(minutes=1)
# A scheduler that has not said so long that it is well is not
SCHEDULER_SILENT = timedelta(seconds=60)
N_LATEST = 5
WIDTH, HEIGHT = 600, 120  # of the chart, in its own units
MAX_SECRET = 200


class DisplayRefusedError(DomainError):
    """This address shows no wall: its token is unknown, was revoked, or is used elsewhere."""

    status = 403
    code = "display_refused"
    title = "No wall here"


@dataclass(frozen=True)
class Chart:
    """The last hour as lines of points, in a box of WIDTH × HEIGHT."""

    backlog: str
    area: str
    problems: str
    highest: int
    most_problems: int


def display_of(key: str, secret: str, address: str) -> DisplayToken:
    """Return the token that this secret is of, and note its use.

    Raises DisplayRefusedError for all others: it does not say whether there is such a wall.
    """
    found = (
        DisplayToken.objects.filter(digest=digest_of(secret[:MAX_SECRET]), revoked_at=None)
        .select_related("wall__folder")
        .first()
    )
    if found is None or found.wall.key != key or not is_within(found.networks, address):
        raise DisplayRefusedError(
            _("This screen's address is not valid any more. An admin makes a new one in Settings.")
        )
    _note_use(found, address)
    return found


def shown_on(wall: Wall) -> dict[str, Any]:
    """Return what the wall's partial shows; in the wall's zone."""
    with timezone.override(ZoneInfo(wall.time_zone)):
        folders = frozenset([wall.folder_id])
        minutes = last_minutes(folders)
        now = right_now(folders)
        needs_latest = any(page.get("shows_chart") for page in wall.pages)
        return {
            "wall": wall,
            "at": now.at,
            "zone": timezone.localtime(now.at).tzname(),
            "pages": [
                {
                    "title": page.get("title", ""),
                    "tiles": tiles_of(now, minutes, page.get("tiles", [])),
                    "shows_chart": page.get("shows_chart", False),
                }
                for page in wall.pages
            ],
            "chart": chart_of(minutes),
            "latest": _latest(folders) if needs_latest else [],
            "is_dim": is_dim(wall, timezone.localtime(now.at).time()),
            "silent": _silent_scheduler(),
        }


def is_dim(wall: Wall, clock: time) -> bool:
    """Say whether it is night on the wall's clock; nights go past midnight, too."""
    begin, end = wall.dim_from, wall.dim_until
    if begin is None or end is None or begin == end:
        return False
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def chart_of(minutes: list[Minute]) -> Chart:
    backlog = [minute.backlog for minute in minutes]
    # the running minute is not over, and would look like a sudden stop
    problems = [minute.problems for minute in minutes[:-1]]
    line = _points(backlog, len(minutes))
    return Chart(
        backlog=line,
        area=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}",
        problems=_points(problems, len(minutes)),
        highest=max(backlog, default=0),
        most_problems=max(problems, default=0),
    )


def _points(values: list[int], n: int) -> str:
    highest = max([1, *values])
    step = WIDTH / max(1, n - 1)
    return " ".join(
        f"{index * step:.0f},{HEIGHT - value / highest * (HEIGHT - 4):.0f}"
        for index, value in enumerate(values)
    )


def _latest(folders: frozenset[int]) -> list[dict[str, Any]]:
    """Return the last few problems: where and of what sort, never what an item holds."""
    page = Problems(folders).page()
    return [
        {"clock": formats.date_format(timezone.localtime(line.at), "H:i"), "line": line}
        for line in page.items[:N_LATEST]
        if line.at
    ]


def _silent_scheduler() -> datetime | None:
    """Return when the scheduler was heard last, if that is long ago; None: it is well."""
    beats = Heartbeat.objects.filter(name__startswith="scheduler:").order_by("-at")
    if beats.filter(at__gte=Now() - SCHEDULER_SILENT).exists():
        return None
    return beats.values_list("at", flat=True).first()


def _note_use(token: DisplayToken, address: str) -> None:
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - NOTED_EVERY)
    moved = ~Q(last_address=address[:45])
    DisplayToken.objects.filter(stale | moved, pk=token.pk).update(
        last_used_at=Now(), last_address=address[:45]
    )
