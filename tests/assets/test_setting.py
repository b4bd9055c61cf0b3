"""Where the vault keys come from: a wrong one stops the start, without being repeated."""

import stat
from pathlib import Path

import pytest

from apps.lib.keyring import new_key, parse_keys
from controlroom.datadir import DataDir
from controlroom.env import SettingError, env_vault_keys
from controlroom.servers import VAULT_KEYS_FILE

NAME = "CONTROLROOM_VAULT_KEYS"


def test_keys_are_taken_as_they_are_written(monkeypatch: pytest.MonkeyPatch):
    text = f"{new_key().text},{new_key().text}"
    monkeypatch.setenv(NAME, text)

    assert env_vault_keys(NAME) == text
    monkeypatch.delenv(NAME)
    assert env_vault_keys(NAME) == ""


def test_a_wrong_key_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAME, "first:c2hvcnQ=")

    with pytest.raises(SettingError) as refusal:
        env_vault_keys(NAME)

    assert "CONTROLROOM_VAULT_KEYS: key 1 (first) is not 32 bytes in base64." in str(refusal.value)
    assert "c2hvcnQ" not in str(refusal.value)


def test_a_data_directory_gets_its_key_once(tmp_path: Path):
    directory = DataDir(tmp_path / "room")
    directory.ensure_vault_key()
    file = directory.path / VAULT_KEYS_FILE
    first = file.read_text()
    directory.ensure_vault_key()

    assert len(parse_keys(first)) == 1
    assert file.read_text() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
