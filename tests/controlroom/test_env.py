"""A wrong setting stops the start with a sentence that names it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from controlroom.database import database_settings
from controlroom.env import SettingError, env_bool, env_int, env_list, env_url, env_zone


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        pytest.param(
            lambda: env_bool("SOME", default=True),
            "maybe",
            "SOME: expected true or false, got 'maybe'.",
            id="not a yes or no",
        ),
        pytest.param(
            lambda: env_int("SOME", default=1, high=10),
            "11",
            "SOME: expected a number from 0 to 10, got 11.",
            id="too large",
        ),
        pytest.param(
            lambda: env_int("SOME", default=1),
            "ten",
            "SOME: expected a whole number, got 'ten'.",
            id="not a number",
        ),
        pytest.param(
            lambda: env_url("SOME", schemes=("redis",)),
            "http://x",
            "SOME: expected redis://…, got a URL that starts with 'http'.",
            id="another scheme",
        ),
        pytest.param(
            lambda: env_url("SOME", schemes=("redis",)),
            "redis://x:99999",
            "SOME: its port is not a number between 1 and 65535.",
            id="an impossible port",
        ),
        pytest.param(
            lambda: env_zone("SOME", "UTC"),
            "Mars/Base",
            "SOME: expected a time zone such as Europe/Berlin, got 'Mars/Base'.",
            id="a zone that there is not",
        ),
        pytest.param(
            lambda: env_zone("SOME", "UTC"),
            "../../etc/passwd",
            "SOME: expected a time zone such as Europe/Berlin, got '../../etc/passwd'.",
            id="no zone at all",
        ),
    ],
)
def test_a_wrong_value_is_named(monkeypatch, read, value, sentence):
    monkeypatch.setenv("SOME", value)

    with pytest.raises(SettingError) as refusal:
        read()

    assert str(refusal.value) == sentence


def test_an_empty_value_is_the_default(monkeypatch):
    monkeypatch.setenv("SOME", " ")

    assert env_int("SOME", default=7) == 7
    assert env_list("SOME", default=["a"]) == ["a"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        pytest.param("mysql://host/name", "expected postgresql://", id="another database"),
        pytest.param("postgresql://host", "the name of the database is missing", id="no name"),
    ],
)
def test_a_database_url_that_cannot_work_is_refused(url, problem):
    with pytest.raises(SettingError, match=problem):
        database_settings(url, "web")


def test_only_the_web_process_pools_its_connections():
    url = "postgresql://me:p%40ss@db.example:6432/room"

    web, bot = database_settings(url, "web"), database_settings(url, "bot")

    assert web["PASSWORD"] == "p@ss"
    assert "pool" in web["OPTIONS"]
    assert "pool" not in bot["OPTIONS"]


def test_a_command_stops_with_the_sentence_and_exit_code_1():
    env = {**os.environ, "MAX_FILE_MB": "a lot", "DJANGO_SETTINGS_MODULE": "controlroom.settings"}

    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.strip() == "MAX_FILE_MB: expected a whole number, got 'a lot'."
