"""What pages say of applications, limits and freezes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words

from . import drawing, holders, users
from .drawing import Span
from .models import Application, Freeze, Limit
from .standing import Standing, application_standing
from .users import Use

SEATS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Word:
    """Where something stands: the word, the look of its badge, and what there is to know."""

    kind: str  # held, frozen, open, probing, closed
    word: str
    badge: str
    text: str = ""
    until: datetime | None = None
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a seat, by name, and since when."""

    title: str
    url: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class LimitRow:
    limit: Limit
    sentence: str
    held: int | None
    holders: Sequence[Holder] = ()
    uses: Sequence[Use] = ()

    @property
    def is_full(self) -> bool:
        return self.held is not None and self.held >= self.limit.size

    @property
    def n_hidden(self) -> int:
        return max(0, (self.held or 0) - len(self.holders))


@dataclass(frozen=True, kw_only=True)
class ApplicationRow:
    application: Application
    word: Word
    hour: Span
    spark: Sequence[int]
    spans: Sequence[Span]
    uses: Sequence[Use] = ()
    limits: Sequence[LimitRow] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.uses)

    @property
    def at_work(self) -> int:
        return sum(each.at_work for each in self.uses)

    @property
    def tries_in_words(self) -> str:
        """What the last hour came to."""
        hour = self.hour
        if not hour.n:
            return _("nothing tried")
        words = {"failed": hour.n_failed, "n": hour.n, "share": f"{hour.share:.0%}"}
        return _("%(failed)d of %(n)d failed (%(share)s)") % words


def application_rows(
    applications: Collection[Application], now: datetime, folders: Collection[int]
) -> list[ApplicationRow]:
    """Return a row for each; what uses them is shown from `folders` only. A few queries for all."""
    ids = [each.pk for each in applications]
    first = drawing.first_span(now)
    tries = users.tries_of(ids, since=first, span_seconds=drawing.SPAN_SECONDS)
    uses = _by(users.uses_of(application_ids=ids), "application_id", folders)
    limits = Limit.objects.filter(application__in=ids).select_related("application", "folder")
    rows = _by_application(limit_rows(list(limits), folders))
    frozen = frozen_now(applications)
    found = []
    for each in applications:
        seen = [(one.since, one.n, one.n_failed) for one in tries.get(each.pk, [])]
        spans = drawing.spans_from(first, seen)
        found.append(
            ApplicationRow(
                application=each,
                word=word_of(each, application_standing(each, now), frozen.get(each.pk)),
                hour=drawing.last_hour(spans),
                spark=drawing.shares_by_hour(spans),
                spans=spans,
                uses=uses.get(each.pk, []),
                limits=rows.get(each.pk, []),
            )
        )
    return found


def limit_rows(limits: Collection[Limit], folders: Collection[int]) -> list[LimitRow]:
    """Return a row for each, with who holds its seats and what it binds by itself."""
    seated = [each.pk for each in limits if each.kind == Limit.Kind.SEATS]
    held = holders.count_seats(seated)
    named = _holders_of(seated)
    uses = _by(users.uses_of(limit_ids=[each.pk for each in limits]), "limit_id", folders)
    return [
        LimitRow(
            limit=each,
            sentence=limit_in_words(each),
            held=held.get(each.pk),
            holders=named.get(each.pk, []),
            uses=uses.get(each.pk, []),
        )
        for each in limits
    ]


def frozen_now(applications: Iterable[Application]) -> dict[int, Freeze]:
    """Return for each that is frozen now the freeze that ends last."""
    listed = list(applications)
    freezes = (
        Freeze.objects.filter(
            folder__in={each.folder_id for each in listed}, starts_at__lte=Now(), ends_at__gt=Now()
        )
        .prefetch_related("applications")
        .order_by("ends_at", "id")
    )
    found: dict[int, Freeze] = {}
    for freeze in freezes if listed else []:
        about = {each.pk for each in freeze.applications.all()}
        for each in listed:
            if each.folder_id == freeze.folder_id and (not about or each.pk in about):
                found[each.pk] = freeze
    return found


def word_of(application: Application, standing: Standing, freeze: Freeze | None) -> Word:
    """Say where an application stands: what people did comes first, then freezes, then failures."""
    if standing.state == "held":
        return Word(
            kind="held",
            word=_("Held back"),
            badge="paused",
            text=standing.reason or _("Nothing new starts in it."),
            until=standing.until,
            tone="watch",
        )
    if freeze is not None:
        return Word(
            kind="frozen",
            word=_("Frozen: %s") % freeze.title,
            badge="paused",
            text=freeze.reason or _("Nothing new starts in it."),
            until=freeze.ends_at,
            tone="watch",
        )
    return _by_breaker(application, standing)


def _by_breaker(application: Application, standing: Standing) -> Word:
    if standing.state == "open":
        text = _("%(reason)s Its work waits, no tries are lost; then one item at a time tries it.")
        return Word(
            kind="open",
            word=_("Work rests"),
            badge="failed",
            text=text % {"reason": standing.reason},
            until=standing.until,
            tone="act",
        )
    if standing.state == "probing":
        n = application.probes
        text = ngettext(
            "One item at a time tries it. If that goes well, all start again.",
            "One item at a time tries it. When %(n)d in a row went well, all start again.",
            n,
        )
        said = text % {"n": n}
        word = _("Being tried")
        return Word(kind="probing", word=word, badge="retry", text=said, tone="watch")
    return Word(kind="closed", word=_("Work starts"), badge="done")


def limit_in_words(limit: Limit) -> str:
    """Return “at most 3 at the same time”, “at most 60 starts in 1 min”."""
    if limit.kind == Limit.Kind.SEATS:
        if limit.size == 1:
            return _("one at a time")
        return _("at most %(n)d at the same time") % {"n": limit.size}
    words = {"n": limit.size, "length": duration_in_words(limit.per_seconds or 1)}
    said = ngettext(
        "at most %(n)d start in %(length)s", "at most %(n)d starts in %(length)s", limit.size
    )
    if limit.burst > 1:
        burst = _("%(burst)d of them at once") % {"burst": limit.burst}
        return f"{said % words}, {burst}"
    return said % words


def breaker_in_words(application: Application) -> list[tuple[str, str]]:
    """Return the facts of its breaker."""
    if not application.breaker_on:
        return [(_("When it fails"), _("work goes on: nobody watches it"))]
    words = {
        "share": f"{application.failure_share:.0%}",
        "n": application.min_calls,
        "length": duration_in_words(application.window_seconds),
    }
    rest = duration_in_words(application.open_seconds)
    probes = ngettext("%(n)d good try", "%(n)d good tries in a row", application.probes)
    return [
        (
            _("Its work rests"),
            _("when %(share)s of at least %(n)d tries in %(length)s fail") % words,
        ),
        (_("For"), _("%(rest)s, each time twice as long, up to 1 h") % {"rest": rest}),
        (_("It goes on after"), probes % {"n": application.probes}),
    ]


def freeze_in_words(freeze: Freeze) -> str:
    """Return what it is about."""
    titles = [each.title for each in freeze.applications.all()]
    return ", ".join(titles) if titles else _("all work of the folder")


def _holders_of(limit_ids: Collection[int]) -> Mapping[int, Sequence[Holder]]:
    seats = holders.seats_of(limit_ids, at_most=SEATS_SHOWN)
    by_kind: dict[str, set[int]] = defaultdict(set)
    for seat in seats:
        by_kind[seat.kind].add(seat.subject_id)
    names = {kind: users.names_of(kind, ids) for kind, ids in by_kind.items()}
    found: dict[int, list[Holder]] = defaultdict(list)
    for seat in seats:
        name = names[seat.kind].get(seat.subject_id)
        title = name.title if name else f"{seat.kind} {seat.subject_id}"
        url = name.url if name else ""
        found[seat.limit_id].append(Holder(title=title, url=url, since=seat.since))
    return found


def _by(uses: Iterable[Use], name: str, folders: Collection[int]) -> Mapping[Any, list[Use]]:
    found: dict[Any, list[Use]] = defaultdict(list)
    for use in uses:
        if use.folder_id in folders:
            found[getattr(use, name)].append(use)
    return found


def _by_application(rows: Iterable[LimitRow]) -> Mapping[Any, list[LimitRow]]:
    found: dict[Any, list[LimitRow]] = defaultdict(list)
    for row in rows:
        found[row.limit.application_id].append(row)
    return found
