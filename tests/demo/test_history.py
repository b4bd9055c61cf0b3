"""A month of sample history: marked as such, ended, counted, made once."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import Folder
from apps.demo.history import load_history
from apps.queues.counts import counts_of
from apps.queues.models import Attempt, Ended, MinuteCount, WorkItem
from apps.queues.upkeep import fold_counters
from apps.triggers.models import Firing
from tests.demo.rooms import load_demo

pytestmark = pytest.mark.django_db


def test_it_fills_the_days_before_today_and_the_last_hour_and_all_of_it_ended(folder):
    queue = load_demo(folder)

    n = load_history(queue, days=3)
    fold_counters()

    items = WorkItem.objects.filter(queue=queue)
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    assert n == items.count() > 30
    assert set(items.values_list("origin", flat=True)) == {"sample"}
    assert items.filter(entered_at__gte=timezone.now() - timedelta(hours=1)).count() > 50
    assert not items.filter(entered_at__lt=today - timedelta(days=3)).exists()
    assert Ended.objects.count() == n
    assert not Ended.objects.filter(at__gt=Now()).exists()
    assert counts_of([queue.pk])[queue.pk].total == n


def test_charts_have_something_to_show(folder):
    queue = load_demo(folder)

    load_history(queue, days=3)
    fold_counters()

    measures = set(MinuteCount.objects.values_list("measure", flat=True))
    assert {"added", "successful", "business_exception", "application_exception"} <= measures
    assert Attempt.objects.filter(outcome="business_exception").exists()


def test_a_second_time_adds_nothing(folder):
    queue = load_demo(folder)
    n = load_history(queue, days=2)

    assert load_history(queue, days=2) == n == WorkItem.objects.count()


def test_the_command_loads_the_demo_into_a_new_room(capsys):
    call_command("load_demo", days=1)

    folder = Folder.objects.get()
    assert folder.demo_setting.trickle_on
    assert "Demo loaded" in capsys.readouterr().out
    assert Firing.objects.get().label  # the first round of vendors, so that nobody waits for it
    call_command("load_demo", days=1, quiet_trickle=True)
    folder.demo_setting.refresh_from_db()
    assert not folder.demo_setting.trickle_on
    assert Firing.objects.count() == 1
