"""Many workers at the same messages, and the real one: each message goes out once."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings as django_settings
from django.db import connection

from apps.notices.lifecycle import notify, notify_gathered, plan_notices, send_due
from apps.notices.models import Delivery, Notice
from controlroom.children import start_child, stop_child, wait_for
from tests.notices.test_delivering import with_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
WORKERS = 6


def at_once(work):
    def run(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(run, range(WORKERS)))


def test_several_workers_send_each_message_once(supervisor, chat):
    with_chat(supervisor, chat)
    for n in range(40):
        notify([supervisor.pk], "task_assigned", title="?", body=f"number {n}")

    def work(_number):
        while plan_notices():
            pass
        return send_due()

    assert sum(at_once(work)) == 40
    assert sorted(each["message"] for each in chat.heard) == sorted(
        f"number {n}" for n in range(40)
    )
    assert set(Delivery.objects.values_list("tries", flat=True)) == {1}


def test_what_many_say_at_once_is_counted_and_none_is_lost(supervisor, folder):
    def work(_number):
        for _ in range(20):
            notify_gathered([supervisor.pk], "incident", gather="x", title="?", folder_id=folder.pk)

    at_once(work)

    assert Notice.objects.get().count == WORKERS * 20


def test_the_background_worker_sends_mail(supervisor, mailbox, process_env):
    worker = start_child(
        [sys.executable, "manage.py", "worker"],
        on_parent_death=signal.SIGKILL,
        cwd=django_settings.BASE_DIR,
        env={**process_env, "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}"},
        stderr=subprocess.DEVNULL,
    )
    notify([supervisor.pk], "task_assigned", title="Invoice 4711")

    assert wait_for(lambda: bool(mailbox.heard), 60)
    assert wait_for(lambda: Delivery.objects.filter(status="sent").exists(), 30)
    assert stop_child(worker, patience_seconds=30)
    assert "Subject: Invoice 4711" in mailbox.heard[0]
