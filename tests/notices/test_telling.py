"""Who gets a notice, and when it is the same one."""

import pytest
from django.db import transaction

from apps.notices.lifecycle import (
    mark_all_read,
    mark_read,
    mark_subject_read,
    notify,
    notify_gathered,
)
from apps.notices.models import Address, Notice, Preference
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def titles_of(person):
    return list(Notice.objects.filter(user=person).values_list("title", flat=True))


def test_everybody_named_is_told_once_by_key(supervisor, business_user, folder):
    for _ in range(2):
        notify(
            [supervisor.pk, business_user.pk, supervisor.pk],
            "task_assigned",
            title="Invoice 4711",
            folder_id=folder.pk,
            key="assigned:1",
        )

    assert titles_of(supervisor) == titles_of(business_user) == ["Invoice 4711"]


def test_without_a_key_each_is_a_notice_of_its_own(supervisor):
    notify([supervisor.pk], "task_commented", title="One")
    notify([supervisor.pk], "task_commented", title="One")

    assert Notice.objects.count() == 2


def test_nobody_is_told_what_they_did_or_what_they_may_not_see(supervisor, folder):
    stranger = make_person()
    gone = make_person(folder=folder)
    gone.is_active = False
    gone.save()

    notify(
        [supervisor.pk, stranger.pk, gone.pk, 10**9],
        "task_commented",
        title="Secret",
        folder_id=folder.pk,
        by=supervisor.actor,
    )

    assert not Notice.objects.exists()


def test_a_notice_goes_with_the_change_that_it_tells_of(supervisor):
    with transaction.atomic():
        notify([supervisor.pk], "task_assigned", title="Never happened")
        transaction.set_rollback(True)

    assert not Notice.objects.exists()


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "/\\evil", "x"])
def test_a_notice_leads_into_our_own_pages_only(supervisor, url):
    notify([supervisor.pk], "task_assigned", title="Look\x00 here", url=url)

    assert Notice.objects.get().url == ""
    assert Notice.objects.get().title == "Look here"


def test_an_unknown_kind_is_a_mistake_of_the_caller(supervisor):
    with pytest.raises(ValueError, match="task_lost"):
        notify([supervisor.pk], "task_lost", title="?")


def test_what_comes_in_masses_is_one_notice_that_counts(supervisor, folder):
    for _ in range(500):
        notify_gathered(
            [supervisor.pk],
            "incident",
            gather="incident:1",
            title="Steps need repair",
            folder_id=folder.pk,
        )

    assert Notice.objects.get().count == 500


def test_what_was_muted_is_listed_and_never_new(supervisor):
    Preference.objects.create(user=supervisor, kind="task_commented", channel="page", how="never")

    notify([supervisor.pk], "task_commented", title="Quiet")
    notify([supervisor.pk], "task_assigned", title="Loud")

    assert list(Notice.objects.unread().values_list("title", flat=True)) == ["Loud"]


def test_a_folder_with_an_address_is_told_once_beside_its_people(supervisor, folder):
    Address.objects.create(folder=folder, channel="chat", kinds=["incident"])

    for kind in ("incident", "incident", "task_overdue"):
        notify([supervisor.pk], kind, title=kind, folder_id=folder.pk, key=f"{kind}:1")

    assert list(Notice.objects.filter(user=None).values_list("kind", flat=True)) == ["incident"]


def test_reading_is_for_oneself_and_not_for_what_comes_meanwhile(supervisor, business_user):
    everybody = [supervisor.pk, business_user.pk]
    notify(everybody, "task_assigned", title="a", subject=("task", 1))
    notify(everybody, "task_assigned", title="b", subject=("task", 2))
    seen = Notice.objects.filter(user=supervisor).latest("pk").pk
    notify(everybody, "task_assigned", title="c", subject=("task", 3))
    foreign = Notice.objects.filter(user=business_user).latest("pk").pk

    assert mark_read([foreign], user_id=supervisor.pk) == 0
    assert mark_subject_read(("task", 1), user_id=supervisor.pk) == 1
    assert mark_all_read(user_id=supervisor.pk, up_to=seen) == 1
    unread = Notice.objects.unread()
    assert [n.title for n in unread.filter(user=supervisor)] == ["c"]
    assert unread.filter(user=business_user).count() == 3
