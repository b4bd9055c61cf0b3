"""Reports by mail: when they are due, that each goes out once, what it carries, how it ends."""

from datetime import UTC, date, datetime, time, timedelta
from email import message_from_string
from email.policy import default as policy
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from apps.calendars.models import Calendar
from apps.lib.errors import ConflictError
from apps.notices.lifecycle import plan_notices, send_due
from apps.notices.models import Delivery, Notice
from apps.reports.asking import parse
from apps.reports.lifecycle import end_mail, order_mail
from apps.reports.lifecycle.mails import MOST_OF_A_PERSON, next_time
from apps.reports.mailing import token_of
from apps.reports.models import ReportMail, ReportMailing
from apps.reports.upkeep import send_due_reports
from tests.factories_queues import make_items
from tests.failures.failing import WELL, end
from tests.inbox.rows import make_queue
from tests.notices.listeners import mail_listener
from tests.reports.days import BERLIN, at, record

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
Every = ReportMail.Every


@pytest.fixture
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.PUBLIC_URL = "https://robots.example.com"
    with mail_listener() as listener:
        settings.EMAIL_PORT = listener.port
        yield listener


def ordered(person, report="straight-through", query="period=7d", **more):
    said = {"every": Every.WEEK, "day": 0, "at": time(7), "calendar": None, **more}
    wanted, _problems = parse(query, today=TODAY)
    return order_mail(report, wanted, user_id=person.pk, **said)


def is_due(mail, moment=None):
    ReportMail.objects.filter(pk=mail.pk).update(
        next_at=moment or datetime.now(UTC) - timedelta(minutes=1)
    )


@pytest.mark.parametrize(
    ("every", "day", "after", "due"),
    [
        ("week", 0, "2026-11-23T05:59", "2026-11-23T06:00"),
        ("week", 0, "2026-11-23T06:00", "2026-11-30T06:00"),
        ("week", 6, "2026-10-24T12:00", "2026-10-25T06:00"),  # the clocks went back that night
        ("week", 6, "2026-03-28T12:00", "2026-03-29T05:00"),  # … and forth
        ("month", 1, "2026-11-23T00:00", "2026-12-01T06:00"),
        ("month", 31, "2026-11-23T00:00", "2026-11-30T06:00"),
        ("month", 31, "2027-01-31T12:00", "2027-02-28T06:00"),
        ("month", 29, "2028-02-01T00:00", "2028-02-29T06:00"),
    ],
)
def test_it_is_due_on_the_organisations_clock(settings, every, day, after, due):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    mail = ReportMail(every=every, day=day, at=time(7))
    found = next_time(mail, after=datetime.fromisoformat(f"{after}+00:00"))
    assert found.astimezone(UTC).isoformat()[:16] == due
    assert found.astimezone(BERLIN).time() == time(7)


def test_on_a_closed_day_it_waits_for_the_next_open_one(folder):
    weekdays = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = Calendar.objects.create(
        folder=folder, key="work", title="Work", time_zone="UTC", week=weekdays,
        days={"2026-12-01": []},
    )  # fmt: skip
    mail = ReportMail(every=Every.MONTH, day=1, at=time(7), calendar=calendar)
    after = datetime(2026, 11, 3, tzinfo=UTC)
    assert next_time(mail, after=after) == datetime(2026, 12, 2, 7, tzinfo=UTC)
    on_sunday = ReportMail(every=Every.WEEK, day=6, at=time(7), calendar=calendar)
    assert next_time(on_sunday, after=after) == datetime(2026, 11, 9, 7, tzinfo=UTC)
    # what waits for Monday is still to come on Monday before that time
    monday = datetime(2026, 11, 9, 6, tzinfo=UTC)
    assert next_time(on_sunday, after=monday) == datetime(2026, 11, 9, 7, tzinfo=UTC)


def test_what_is_due_goes_out_once_and_what_was_missed_only_once(supervisor):
    mail = ordered(supervisor)
    assert send_due_reports() == 0
    is_due(mail, datetime.now(UTC) - timedelta(days=40))

    assert [send_due_reports(), send_due_reports()] == [1, 0]

    assert ReportMailing.objects.count() == 1
    notice = Notice.objects.get(user=supervisor, kind="report")
    assert "Straight-through" in notice.title
    assert "from=" in notice.url
    mail.refresh_from_db()
    assert mail.next_at > datetime.now(UTC)


def test_the_mail_has_the_figures_and_a_workbook_and_a_way_out(supervisor, folder, mailbox):
    queue = make_queue(folder)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with at(yesterday):
        make_items(queue, 2, payload={"number": "1", "total": "1.00"})
        end(queue, [WELL] * 2)
    record(yesterday.date())
    is_due(ordered(supervisor))
    send_due_reports()
    while plan_notices():
        pass

    assert send_due() == 1

    (heard,) = mailbox.heard
    mail = message_from_string(heard, policy=policy)
    html = mail.get_body(("html",)).get_content()
    assert "Straight-through" in html
    assert "https://robots.example.com/reports/stop/" in html
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (file,) = mail.iter_attachments()
    book = load_workbook(BytesIO(file.get_content()))
    assert book["By queue"]["C2"].value == 2
    assert "Done: 2" in mail.get_body(("plain",)).get_content()
    assert Delivery.objects.get().status == Delivery.Status.SENT


def test_a_mail_shows_what_its_person_may_see_when_it_is_sent(supervisor, folder, mailbox):
    queue = make_queue(folder)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with at(yesterday):
        make_items(queue, 2, payload={"number": "1", "total": "1.00"})
        end(queue, [WELL] * 2)
    record(yesterday.date())
    is_due(ordered(supervisor))
    supervisor.memberships.all().delete()

    send_due_reports()

    assert "Done: 0" in Notice.objects.get(kind="report").body


def test_the_link_in_the_mail_ends_it_without_signing_in(supervisor):
    mail = ordered(supervisor)
    address = reverse("reports:stop", args=[token_of(mail)])
    stranger = Client(enforce_csrf_checks=True)

    assert stranger.get(address).status_code == 200
    mail.refresh_from_db()
    assert mail.next_at is not None
    assert stranger.post(address).status_code == 200

    mail.refresh_from_db()
    assert mail.next_at is None
    assert send_due_reports() == 0
    assert stranger.get(reverse("reports:stop", args=["forged:x:y"])).status_code == 410


def test_a_report_is_ordered_seen_and_ended_on_pages(supervisor_client, supervisor, client_of):
    address = reverse("reports:order", args=["causes"]) + "?period=7d&compare=year"
    said = {"every": "week", "weekday": "2", "month_day": "1", "at": "06:30", "calendar": ""}
    assert supervisor_client.get(address).status_code == 200
    assert supervisor_client.post(address, said).status_code == 302
    mail = ReportMail.objects.get()
    assert (mail.query, mail.day, mail.at) == ("period=7d&compare=year", 2, time(6, 30))
    is_due(mail)
    send_due_reports()
    shown = supervisor_client.get(reverse("reports:mails")).content.decode()
    assert "Causes" in shown
    assert "None: only in the page" in shown
    supervisor_client.post(reverse("reports:mail_end", args=[mail.pk]))
    mail.refresh_from_db()
    assert mail.next_at is None
    assert not end_mail(mail)


def test_nobody_ends_anothers_mail(supervisor, admin_client):
    mail = ordered(supervisor)
    address = reverse("reports:mail_end", args=[mail.pk])
    assert admin_client.post(address).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("every", "minute"), ("weekday", "7"), ("month_day", "0"), ("at", "25:00"), ("calendar", "9")],
)
def test_an_order_that_makes_no_sense_is_refused_by_its_field(supervisor_client, name, value):
    said = {"every": "week", "weekday": "2", "month_day": "1", "at": "06:30", "calendar": ""}
    address = reverse("reports:order", args=["causes"])
    answer = supervisor_client.post(address, {**said, name: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]


def test_nobody_gets_reports_without_end(supervisor):
    for _number in range(MOST_OF_A_PERSON):
        ordered(supervisor)
    with pytest.raises(ConflictError):
        ordered(supervisor)
