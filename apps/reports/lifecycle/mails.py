"""Reports that go out by mail: once for each time that they are due, through the notices."""

import calendar as months
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.calendars.hours import Hours
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError
from apps.reports.asking import Wanted, zone
from apps.reports.models import ReportMail, ReportMailing
from apps.reports.periods import midnight

Tell: TypeAlias = Callable[[ReportMail, ReportMailing], None]

MOST_OF_A_PERSON: Final = 20
SENT_AT_ONCE: Final = 100
# A calendar that is closed for longer than this is not waited for
MOST_WAITED_DAYS: Final = 14


@transaction.atomic
def order_mail(
    report: str,
    wanted: Wanted,
    *,
    every: str,
    day: int,
    at: time,
    calendar: Calendar | None,
    user_id: int,
) -> ReportMail:
    """Have that person get the report regularly. Raises ConflictError when they get too many."""
    mine = ReportMail.objects.filter(user=user_id, next_at__isnull=False)
    if mine.count() >= MOST_OF_A_PERSON:
        message = _("You get %(n)d reports already. End one of them first.")
        raise ConflictError(message % {"n": MOST_OF_A_PERSON})
    mail = ReportMail(
        user_id=user_id,
        report=report,
        query=wanted.query(),
        every=every,
        day=day,
        at=at,
        calendar=calendar,
    )
    mail.next_at = next_time(mail, after=database_now())
    mail.save()
    return mail


def end_mail(mail: ReportMail) -> bool:
    """Send it no more; return whether it was still sent."""
    running = ReportMail.objects.filter(pk=mail.pk, next_at__isnull=False)
    return bool(running.update(next_at=None))


def send_due_reports(tell: Tell) -> int:
    """Have the reports go out that are due; return how many. Any number of schedulers may.

    Each is a transaction of its own: it moves the time on, and `tell` gives the report to the
    notices. What was missed while nobody was there goes out once, not once for each time.
    """
    due = ReportMail.objects.filter(next_at__lte=database_now()).order_by("next_at")
    return sum(_send(pk, tell) for pk in due.values_list("pk", flat=True)[:SENT_AT_ONCE])


@transaction.atomic
def _send(pk: int, tell: Tell) -> bool:
    now = database_now()
    held = ReportMail.objects.select_for_update(skip_locked=True, of=("self",))
    mail = held.select_related("calendar").filter(pk=pk, next_at__lte=now).first()
    if mail is None or mail.next_at is None:
        return False  # another scheduler has it, or it was ended
    due_at = mail.next_at
    ReportMail.objects.filter(pk=pk).update(next_at=next_time(mail, after=now))
    mailing = ReportMailing.objects.create(
        mail=mail, due_at=due_at, day=due_at.astimezone(zone()).date()
    )
    tell(mail, mailing)
    return True


def next_time(mail: ReportMail, *, after: datetime) -> datetime:
    """Return the first time after `after` on the organisation's clock, on an open day."""
    place, hours = zone(), hours_of(mail.calendar)
    day = after.astimezone(place).date()
    begun = day - timedelta(days=MOST_WAITED_DAYS)
    while True:
        begun = _next_day(mail, begun)
        moment = _at(_open_day(begun, hours, is_kept=mail.calendar is not None), mail.at, place)
        if moment > after:
            return moment
        begun += timedelta(days=1)


def _next_day(mail: ReportMail, day: date) -> date:
    """Return the first day from `day` on that the mail is for."""
    if mail.every == ReportMail.Every.WEEK:
        return day + timedelta(days=(mail.day - day.weekday()) % 7)
    wanted = _in_month(mail, day)
    if wanted >= day:
        return wanted
    return _in_month(mail, day.replace(day=28) + timedelta(days=4))


def _in_month(mail: ReportMail, day: date) -> date:
    last = months.monthrange(day.year, day.month)[1]
    return day.replace(day=min(mail.day, last))


def _open_day(day: date, hours: Hours, *, is_kept: bool) -> date:
    if not is_kept:
        return day
    coming = (day + timedelta(days=number) for number in range(MOST_WAITED_DAYS))
    return next((each for each in coming if hours.spans_on(each)), day)


def _at(day: date, at: time, place: ZoneInfo) -> datetime:
    """Return that time of the day; where the clocks skip it, as late after midnight as they say."""
    moment = datetime.combine(day, at, place)
    return max(moment, midnight(day, place))
