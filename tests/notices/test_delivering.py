"""Messages on their way out, on a clock of the test's own, to servers that really listen."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.models import Membership
from apps.notices.lifecycle import (
    add_chat,
    choose,
    mark_all_read,
    notify,
    notify_gathered,
    plan_notices,
    send_due,
    set_rhythm,
)
from apps.notices.lifecycle import sending as sending_module
from apps.notices.models import Address, Delivery, Notice
from tests.notices.conftest import NOON

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def tell(person, title="Invoice 4711", kind="task_assigned", **more):
    notify([person.pk], kind, title=title, **more)
    # made on the clock of the test
    Notice.objects.filter(planned_at=None).update(ready_at=NOON - HOUR)


def deliver(now=NOON):
    while plan_notices(now):
        pass
    return send_due(now)


def with_chat(person, listener):
    return add_chat(person, listener.chat, title="My chat", by=person.actor)


def test_a_mail_arrives_once_and_names_itself_the_same_way(supervisor, mailbox, settings):
    settings.PUBLIC_URL = "https://robots.example.com"
    tell(supervisor, "Total\nis wrong", body="Line 14", url="/inbox/7/")

    assert deliver() == 1
    assert deliver() == 0

    [mail] = mailbox.heard
    assert "Subject: Total is wrong" in mail
    assert "To: supervisor@example.com" in mail
    assert "https://robots.example.com/inbox/7/" in mail
    assert "Message-ID: <notice-" in mail
    assert Delivery.objects.get().status == Delivery.Status.SENT


def test_without_a_mail_server_nothing_waits_for_one(supervisor, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    tell(supervisor)

    assert deliver() == 0
    assert not Delivery.objects.exists()
    assert Notice.objects.get().planned_at == NOON


def test_a_chat_hears_of_it_and_what_was_read_does_not_matter_at_once(supervisor, chat):
    with_chat(supervisor, chat)
    tell(supervisor, body="Line 14")

    deliver()

    [heard] = chat.heard
    assert heard["title"] == "Invoice 4711"
    assert heard["message"] == "Line 14"


def test_what_fails_is_tried_again_later_each_time_and_given_up_in_the_end(supervisor, chat):
    with_chat(supervisor, chat)
    chat.status = 503
    tell(supervisor)

    waits, now = [], NOON
    deliver(now)
    while (delivery := Delivery.objects.get()).status == Delivery.Status.WAITING:
        waits.append((delivery.next_try_at - now).total_seconds())
        assert deliver(now + timedelta(seconds=1)) == 0
        now = delivery.next_try_at
        deliver(now)

    assert waits == [30, 120, 480, 1920, 7680]
    assert len(chat.heard) == 6
    assert delivery.status == Delivery.Status.FAILED
    assert "503" in delivery.error


def test_a_chat_that_comes_back_gets_the_message(supervisor, chat):
    address = with_chat(supervisor, chat)
    chat.status = 500
    tell(supervisor)
    deliver()
    chat.status = 200

    assert deliver(NOON + HOUR) == 1
    address.refresh_from_db()
    assert (address.failures, address.last_error) == (0, "")


def test_a_dead_address_is_switched_off_and_its_person_told_in_the_page(supervisor, chat):
    address = with_chat(supervisor, chat)
    chat.status = 404
    now = NOON
    for _ in range(2):
        tell(supervisor)
        for _try in range(6):
            deliver(now)
            now += 3 * HOUR
    address.refresh_from_db()

    assert address.off_since is not None
    assert len(chat.heard) == 10
    told = Notice.objects.get(kind="channel_off")
    assert "My chat" in told.title
    assert told.user == supervisor
    # what came for it meanwhile is not kept for later
    tell(supervisor)
    deliver(now)
    assert len(chat.heard) == 10


def test_a_mail_server_that_is_away_is_no_fault_of_the_mailbox(supervisor, business_user, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell(supervisor)
    tell(business_user)

    deliver()

    tries = list(Delivery.objects.order_by("pk").values_list("tries", flat=True))
    assert tries == [1, 0], "after the first failure the others wait for the next round"
    assert set(Address.objects.values_list("failures", flat=True)) == {0}


def test_a_refused_mailbox_is_the_fault_of_the_address(supervisor, mailbox):
    supervisor.email = "nobody@example.com"
    supervisor.save(update_fields=["email"])
    tell(supervisor)

    deliver()

    assert "refuses" in Delivery.objects.get().error
    assert Address.objects.get().failures == 1


def test_a_message_whose_worker_died_is_sent_by_another_and_says_so(supervisor, chat, monkeypatch):
    with_chat(supervisor, chat)
    tell(supervisor)
    plan_notices(NOON)

    def die(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(sending_module, "_end", die)
        with pytest.raises(KeyboardInterrupt):
            send_due(NOON)

    assert send_due(NOON + timedelta(seconds=60)) == 0, "it may still be alive"
    assert send_due(NOON + timedelta(seconds=121)) == 1
    assert len(chat.heard) == 2
    assert "twice" in Delivery.objects.get().error


def test_a_digest_gathers_and_leaves_out_what_was_read(supervisor, chat):
    with_chat(supervisor, chat)
    choose(supervisor, {("task_offered", "chat"): "digest"})
    tell(supervisor, "first", "task_offered")
    deliver()
    newest = Notice.objects.latest("pk").pk
    mark_all_read(user_id=supervisor.pk, up_to=newest)
    for title in ("second", "third"):
        tell(supervisor, title, "task_offered")
        deliver(NOON + HOUR)

    assert chat.heard == []
    assert Delivery.objects.get().next_try_at == datetime(2027, 3, 11, 8, tzinfo=UTC)
    assert deliver(datetime(2027, 3, 11, 8, tzinfo=UTC)) == 1

    [heard] = chat.heard
    assert heard["title"] == "2 notices"
    assert heard["message"].split() == ["-", "second", "-", "third"]


def test_a_digest_of_what_was_all_read_is_not_sent(supervisor, chat):
    with_chat(supervisor, chat)
    choose(supervisor, {("task_offered", "chat"): "digest"})
    tell(supervisor, kind="task_offered")
    deliver()
    mark_all_read(user_id=supervisor.pk, up_to=Notice.objects.latest("pk").pk)

    deliver(NOON + 24 * HOUR)

    assert chat.heard == []
    assert Delivery.objects.get().status == Delivery.Status.DROPPED


def test_quiet_hours_hold_back_all_but_what_is_let_through(supervisor, chat):
    with_chat(supervisor, chat)
    set_rhythm(
        supervisor,
        time_zone="Europe/Berlin",
        quiet_from="12:00",
        quiet_until="14:30",
        let_through=["task_escalated"],
    )
    tell(supervisor, "a")
    tell(supervisor, "b")
    tell(supervisor, "Fire!", "task_escalated")

    deliver()  # 13:00 in Berlin

    assert [each["message"] for each in chat.heard] == ["Fire!"]
    assert deliver(NOON + HOUR) == 0
    assert deliver(NOON + 1.5 * HOUR) == 1
    assert chat.heard[-1]["title"] == "2 notices"


def test_usual_channels_go_by_the_role(supervisor, business_user, chat):
    with_chat(supervisor, chat)
    add_chat(business_user, chat.chat + "x", title="", by=business_user.actor)
    for person in (supervisor, business_user):
        tell(person, person.username, "incident", folder_id=person.memberships.get().folder_id)

    deliver()

    assert [each["message"] for each in chat.heard] == ["supervisor"]


def test_who_lost_the_folder_meanwhile_hears_nothing_of_it(supervisor, folder, chat):
    with_chat(supervisor, chat)
    tell(supervisor, folder_id=folder.pk)
    plan_notices(NOON)
    Membership.objects.all().delete()

    send_due(NOON)

    assert chat.heard == []
    assert Delivery.objects.get().status == Delivery.Status.DROPPED


def test_a_folder_hears_of_what_it_chose_once_for_many(folder, supervisor, admin, chat):
    add_chat(folder, chat.chat, title="Team", by=admin.actor, kinds=["incident"])
    for _ in range(500):
        notify_gathered(
            [supervisor.pk, admin.pk],
            "incident",
            gather=f"incident:{folder.pk}",
            title="Steps need repair",
            folder_id=folder.pk,
        )
    Notice.objects.update(ready_at=NOON)

    deliver()

    assert [each["message"] for each in chat.heard] == ["500 × Steps need repair"]


def test_what_is_gathered_goes_out_soon_and_then_only_now_and_then(supervisor, folder):
    def happen():
        notify_gathered([supervisor.pk], "incident", gather="x", title="?", folder_id=folder.pk)

    happen()
    first = Notice.objects.get()
    plan_notices(first.ready_at)
    happen()
    second = Notice.objects.exclude(pk=first.pk).get()

    assert first.ready_at - first.made_at == timedelta(seconds=20)
    first.refresh_from_db()
    assert second.ready_at - first.planned_at == timedelta(minutes=5)


def test_a_link_that_decides_is_in_the_mail_and_nowhere_else(supervisor, mailbox, settings):
    settings.PUBLIC_URL = "https://robots.example.com"
    url = "https://robots.example.com/inbox/link/s3cret/"
    tell(supervisor, "Please decide", "approval_link", url=url, subject=("task", 7))

    deliver()

    notice = Notice.objects.get()
    assert notice.url == "/inbox/7/"
    assert "s3cret" not in str(notice.__dict__)
    assert url in mailbox.heard[0]
