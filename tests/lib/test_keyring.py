"""Sealing: bound to its place, under keys that can be changed, and clear about what is missing."""

import base64
import stat
from pathlib import Path

import pytest

from apps.lib.keyring import (
    Keyring,
    Sealed,
    VaultError,
    add_key,
    ensure_key,
    new_key,
    parse_keys,
    read_keyring,
)

PLACE = ["asset", 1, "login", None]


def test_what_is_sealed_opens_in_its_place_alone():
    keys = Keyring([new_key()])
    sealed = keys.seal("hunter2", PLACE)

    assert keys.open(sealed, PLACE) == "hunter2"
    assert b"hunter2" not in sealed.box
    for elsewhere in (["asset", 2, "login", None], ["asset", 1, "other", None], [*PLACE, 1]):
        with pytest.raises(VaultError, match="sealed for something else"):
            keys.open(sealed, elsewhere)


def test_the_same_text_is_sealed_differently_each_time():
    keys = Keyring([new_key()])

    assert keys.seal("hunter2", PLACE).box != keys.seal("hunter2", PLACE).box


@pytest.mark.parametrize("place", [0, 20, 45, 60, -1], ids=str)
def test_a_changed_byte_is_noticed(place: int):
    keys = Keyring([new_key()])
    sealed = keys.seal("hunter2", PLACE)
    box = bytearray(sealed.box)
    box[place] ^= 1

    with pytest.raises(VaultError):
        keys.open(Sealed(sealed.key_name, bytes(box)), PLACE)


@pytest.mark.parametrize("n", [0, 7, 39, 40, 51, 60])
def test_a_cut_off_box_is_noticed(n: int):
    keys = Keyring([new_key()])
    sealed = keys.seal("hunter2", PLACE)

    with pytest.raises(VaultError):
        keys.open(Sealed(sealed.key_name, sealed.box[:n]), PLACE)


def test_older_keys_open_and_the_newest_one_seals():
    old, new = new_key(), new_key()
    sealed = Keyring([old]).seal("hunter2", PLACE)
    both = Keyring([new, old])

    again = both.rewrap(sealed)

    assert both.open(sealed, PLACE) == "hunter2"
    assert again.key_name == new.name
    assert Keyring([new]).open(again, PLACE) == "hunter2"
    # the text itself was not touched: only its key was wrapped anew
    assert again.box[40:] == sealed.box[40:]


def test_a_missing_key_and_a_wrong_one_are_told_apart():
    key = new_key()
    sealed = Keyring([key]).seal("hunter2", PLACE)
    namesake = type(key)(key.name, new_key().secret)

    with pytest.raises(VaultError, match="not known here"):
        Keyring([new_key()]).open(sealed, PLACE)
    with pytest.raises(VaultError, match="not the one it was sealed with"):
        Keyring([namesake]).open(sealed, PLACE)
    with pytest.raises(VaultError, match="no key to keep secrets with"):
        Keyring([]).seal("hunter2", PLACE)


def test_keys_are_read_newest_first_with_commas_lines_and_comments():
    one, two = new_key(), new_key()

    assert parse_keys(f"# newest\n{one.text}\n\n{two.text}\n") == [one, two]
    assert parse_keys(f"{one.text}, {two.text}") == [one, two]
    assert parse_keys("") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("justtext", "is not 32 bytes"),
        (":" + base64.b64encode(bytes(32)).decode(), "has no name"),
        ("a:AAAA", "key 1 (a) is not 32 bytes"),
        ("a:not base64", "is not 32 bytes"),
        ("two parts", "is not 32 bytes"),
    ],
)
def test_a_wrong_key_is_refused_in_words_that_do_not_repeat_it(text: str, said: str):
    with pytest.raises(ValueError, match=said.replace("(", r"\(").replace(")", r"\)")) as refusal:
        parse_keys(text)

    assert "AAAA" not in str(refusal.value)
    assert "base64," not in str(refusal.value)


def test_two_keys_of_one_name_are_refused():
    key = new_key()

    with pytest.raises(ValueError, match="same name"):
        parse_keys(f"{key.text} {key.text}")


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    file = tmp_path / "vault-keys"
    ensure_key(file)
    first = file.read_text()
    ensure_key(file)

    assert file.read_text() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    added = add_key(file)

    assert read_keyring("", file).newest == added
    assert parse_keys(first)[0].name in read_keyring("", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_setting_wins_over_the_file_and_no_file_is_no_key(tmp_path: Path):
    file = tmp_path / "vault-keys"
    ensure_key(file)
    key = new_key()

    assert read_keyring(key.text, file).newest == key
    with pytest.raises(VaultError, match="no key to keep"):
        _ = read_keyring("", tmp_path / "none").newest


def test_a_file_that_holds_no_keys_is_named(tmp_path: Path):
    file = tmp_path / "vault-keys"
    file.write_text("gibberish")

    with pytest.raises(VaultError, match="vault-keys"):
        read_keyring("", file)
    with pytest.raises(VaultError, match="vault-keys"):
        add_key(file)
    assert file.read_text() == "gibberish"


def test_a_key_shows_its_name_only():
    key = new_key()

    assert key.name in repr(key)
    assert str(key.secret) not in repr(key)
