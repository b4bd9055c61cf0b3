"""Which rules make noise: what fired, and what became of it. One statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words

DAYS: Final = 14
MOST_ROWS: Final = 200
# From so many on, a share says something
ENOUGH: Final = 5
MOSTLY: Final = 0.7
SHORT: Final = timedelta(minutes=2)

# Ignored: it ended, and nobody had acknowledged, put off or resolved it, or said a word.
NOISE: Final = """
select a.source, a.rule_id, coalesce(r.title, max(a.title)), r.severity, r.status, f.title,
       sum(a.count)::int as n, count(*) filter (where a.told_at is not null)::int,
       count(*) filter (where a.acknowledged_at is not null)::int,
       count(*) filter (where a.status = 'resolved' and a.acknowledged_at is null
                          and a.end <> 'person' and not exists (
                              select from alerts_alertcomment c where c.alert_id = a.id))::int,
       count(*) filter (where a.status = 'resolved')::int,
       percentile_cont(0.5) within group (order by extract(epoch from
           coalesce(a.resolved_at, clock_timestamp()) - a.fired_at))
  from alerts_alert a
  join accounts_folder f on f.id = a.folder_id
  left join alerts_alertrule r on r.id = a.rule_id
 where a.folder_id = any (%(folders)s) and a.fired_at >= clock_timestamp() - make_interval(days => %(days)s)
 group by a.source, a.rule_id, case when a.rule_id is null then a.source_key end,
          r.title, r.severity, r.status, f.title
 order by n desc, 3
 limit %(most)s
"""  # noqa: E501


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRow:
    """How often a rule (or what else alerts come from) fired, and what became of it."""

    source: str
    rule_id: int | None
    title: str
    severity: str
    is_off: bool
    folder: str
    n: int
    n_told: int
    n_acknowledged: int
    n_ignored: int
    n_over: int
    median: timedelta

    @property
    def ignored_share(self) -> float | None:
        """Return the share of what is over that nobody cared for; None if none is over."""
        return self.n_ignored / self.n_over if self.n_over else None

    @property
    def ignored_words(self) -> str:
        share = self.ignored_share
        return "–" if share is None else f"{share:.0%}"

    @property
    def median_words(self) -> str:
        return duration_in_words(self.median) if self.median >= timedelta(seconds=1) else "0 s"

    @property
    def advice(self) -> str:
        """Return what would make it quieter, "" where nothing is to be said."""
        share = self.ignored_share
        if self.n_over < ENOUGH or share is None or share < MOSTLY:
            return ""
        if self.median <= SHORT:
            return _("It mostly ends by itself within minutes: have it hold for longer first.")
        return _("Nobody cares for most of them: raise its value, lower its severity or remove it.")


def noise(folder_ids: Collection[int], *, days: int = DAYS) -> list[NoiseRow]:
    """Return what fired in these folders in the last `days`, the loudest first."""
    values: dict[str, Any] = {"folders": list(folder_ids), "days": days, "most": MOST_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(NOISE, values)
        return [
            NoiseRow(
                source=row[0],
                rule_id=row[1],
                title=row[2],
                severity=row[3] or "",
                is_off=row[4] == "off",
                folder=row[5],
                n=row[6],
                n_told=row[7],
                n_acknowledged=row[8],
                n_ignored=row[9],
                n_over=row[10],
                median=timedelta(seconds=max(0.0, float(row[11] or 0))),
            )
            for row in cursor.fetchall()
        ]
