"""The background worker delivers news whether or not Redis is there."""

import signal
import subprocess
import sys

import pytest
from django.conf import settings

from apps.events.models import Outbox
from controlroom.children import start_child, stop_child, wait_for


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({}, id="with Redis"),
        pytest.param({"REDIS_URL": "redis://127.0.0.1:1/0"}, id="without Redis"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_it_delivers_what_is_in_the_outbox_and_ends_when_asked(process_env, overrides):
    worker = start_child(
        [sys.executable, "manage.py", "worker"],
        on_parent_death=signal.SIGKILL,
        cwd=settings.BASE_DIR,
        env={**process_env, **overrides},
        stderr=subprocess.DEVNULL,
    )

    for _ in range(3):
        Outbox.objects.create(kind="of.interest.to.nobody")

    assert wait_for(lambda: not Outbox.objects.exists(), 30)
    assert stop_child(worker, patience_seconds=10)
    assert worker.returncode == 0
