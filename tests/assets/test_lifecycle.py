"""What people keep for bots: plain values as they are, secrets sealed, each change one event."""

import pytest
from django.db import IntegrityError, transaction

from apps.assets import vault
from apps.assets.handing_out import Asker, hand_out
from apps.assets.lifecycle import remove_asset, remove_override, save_asset, save_override
from apps.assets.models import Asset, AssetOverride, AssetUse
from apps.bots.kept import Credential
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.actors import SYSTEM
from apps.lib.errors import InvalidError, NotFoundError
from apps.lib.keyring import VaultError
from apps.lib.secrecy import Secret
from tests.assets.rows import login, make_asset, override, two_keys, use_keys
from tests.bots.rows import make_bot
from tests.factories import make_folder

pytestmark = pytest.mark.django_db


def value_of(asset, **asker):
    return hand_out(asset.key, Asker(folder_id=asset.folder_id, **asker))[1]


@pytest.mark.parametrize(
    "value",
    ["https://erp.example.com", "", 7, 0.5, -(2**62), True, False, {"a": [1, None]}, [], 0],
    ids=str,
)
def test_a_plain_value_comes_out_as_it_went_in(folder, value):
    asset = make_asset(folder, "thing", value)

    found = value_of(asset)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["hunter2", "ü☃ \n\ttwo lines\n", "x" * 60_000, "      ", '{"a": 1}']
)
def test_a_secret_comes_out_as_it_went_in_and_is_stored_sealed(folder, text):
    secret = make_asset(folder, "token", Secret(text))
    both = make_asset(folder, "login", Credential("svc", Secret(text)))

    assert value_of(secret).reveal() == text
    found = value_of(both)
    assert (found.username, found.password.reveal()) == ("svc", text)
    for asset in (secret, both):
        assert asset.value is None
        assert text.encode() not in bytes(asset.sealed)
        assert b"svc" not in bytes(asset.sealed)


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        ("text", 7, "value"),
        ("number", "7", "value"),
        ("number", True, "value"),
        ("flag", 1, "value"),
        ("json", None, "value"),
        ("text", "x" * 70_000, "value"),
        ("secret", "hunter2", "secret"),
        ("secret", Secret(""), "secret"),
        ("secret", Secret("a\x00b"), "secret"),
        ("secret", Secret("half \ud800"), "secret"),
        ("secret", Secret("ü" * 40_000), "secret"),
        ("credential", Secret("hunter2"), "password"),
        ("credential", Credential("", Secret("hunter2")), "username"),
        ("credential", Credential("svc", Secret("")), "password"),
        ("credential", Credential("x" * 301, Secret("hunter2")), "username"),
        ("text", Secret("hunter2"), "value"),
    ],
)
def test_what_does_not_fit_the_kind_is_refused_without_being_repeated(folder, kind, value, field):
    asset = Asset(folder=folder, key="thing", kind=kind)

    with pytest.raises(InvalidError) as refusal:
        save_asset(asset, {"title": "Thing"}, value=value, by=SYSTEM)

    assert [each.path for each in refusal.value.fields] == [field]
    assert "hunter2" not in refusal.value.message
    assert not Asset.objects.exists()


@pytest.mark.parametrize(
    ("facts", "key", "field"),
    [
        ({"title": " "}, "thing", "title"),
        ({"rotate_after_days": 0}, "thing", "rotate_after_days"),
        ({"rotate_after_days": 90}, "thing", "rotate_after_days"),
        ({}, "no key", "key"),
        ({}, "", "key"),
        ({}, "x" * 101, "key"),
    ],
)
def test_facts_that_make_no_sense_are_named(folder, facts, key, field):
    asset = Asset(folder=folder, key=key, kind="text")

    with pytest.raises(InvalidError) as refusal:
        save_asset(asset, {"title": "Thing", **facts}, value="x", by=SYSTEM)

    assert refusal.value.fields[0].path == field


def test_a_key_is_taken_once_in_a_folder(folder):
    make_asset(folder, "url", "x")
    make_asset(make_folder(), "url", "x")

    with pytest.raises(InvalidError, match="has this key"):
        make_asset(folder, "url", "y")


def test_each_change_is_one_event_which_tells_plain_values_and_never_secrets(folder, admin):
    url, erp = make_asset(folder, "url", "http://a"), make_asset(folder, "erp", login())
    Event.objects.all().delete()

    save_asset(url, {"title": "Address"}, value="http://b", by=admin.actor)
    save_asset(url, {"title": "Address"}, value="http://b", by=admin.actor)
    save_asset(erp, {}, value=login("correct horse"), by=admin.actor)
    save_asset(erp, {"description": "for posting"}, by=admin.actor)
    remove_asset(erp, by=admin.actor)

    told = [(each.kind, sentence_of(each)) for each in Event.objects.order_by("id")]
    assert told == [
        ("asset.changed", "Admin changed the asset “Address”"),
        ("asset.changed", "Admin entered a new secret for “Erp”"),
        ("asset.changed", "Admin changed the asset “Erp”"),
        ("asset.removed", "Admin removed the asset “Erp”"),
    ]
    data = [each.data for each in Event.objects.order_by("id")]
    assert {"field": "value", "before": "http://a", "after": "http://b"} in data[0]["changes"]
    assert data[1]["changes"] == [{"field": "password", "before": "•••", "after": "•••"}]
    assert "horse" not in str(data)
    assert "svc" not in str(data)


def test_a_new_title_leaves_the_secret_and_its_age_alone(folder, admin):
    asset = make_asset(folder, "erp", login())
    before = (bytes(asset.sealed), asset.set_at)

    save_asset(asset, {"title": "Another"}, by=admin.actor)

    asset.refresh_from_db()
    assert (bytes(asset.sealed), asset.set_at) == before


def test_a_bot_gets_its_own_and_all_others_the_usual(folder, admin):
    asset = make_asset(folder, "erp", login("usual"))
    one, other = make_bot(folder, "one"), make_bot(folder, "other")

    save_override(asset, one, login("own"), by=admin.actor)
    save_override(asset, one, login("own too"), by=admin.actor)

    assert value_of(asset, bot_id=one.pk).password.reveal() == "own too"
    assert value_of(asset, bot_id=other.pk).password.reveal() == "usual"
    assert value_of(asset).password.reveal() == "usual"
    assert [use.was_override for use in AssetUse.objects.order_by("id")] == [True, False, False]
    assert [sentence_of(each) for each in Event.objects.filter(kind="asset.override_set")] == [
        "Admin set what the bot one gets for “Erp”"
    ] * 2

    remove_override(AssetOverride.objects.get(), by=admin.actor)

    assert value_of(asset, bot_id=one.pk).password.reveal() == "usual"


def test_what_is_in_one_row_opens_in_no_other(folder):
    """Whoever may write the database, but has no key, can't pass one secret off as another."""
    mine, theirs = make_asset(folder, "mine", login("a")), make_asset(folder, "theirs", login("b"))
    elsewhere = make_asset(make_folder(), "mine", login("c"))
    token = make_asset(folder, "token", Secret("d"))
    bot = make_bot(folder)
    own = override(mine, bot, login("e"))
    others = override(mine, make_bot(folder, "another"), login("f"))

    for stolen in (theirs, elsewhere, token, own):
        Asset.objects.filter(pk=mine.pk).update(sealed=stolen.sealed, key_name=stolen.key_name)
        with pytest.raises(VaultError, match="“mine” can't be opened.*for something else"):
            value_of(mine)
    for stolen in (mine, others):
        stored = AssetOverride.objects.filter(pk=own.pk)
        stored.update(sealed=stolen.sealed, key_name=stolen.key_name)
        with pytest.raises(VaultError, match="for something else"):
            value_of(mine, bot_id=bot.pk)
    # what could not be opened was given to nobody
    assert not AssetUse.objects.exists()


def test_a_key_under_another_kind_does_not_open_either(folder):
    token = make_asset(folder, "token", Secret("d"))

    Asset.objects.filter(pk=token.pk).update(kind="credential")

    with pytest.raises(VaultError):
        value_of(token)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "secret", "value": "hunter2"},
        {"kind": "secret", "value": "hunter2", "sealed": b"x", "key_name": "k"},
        {"kind": "text"},
        {"kind": "text", "value": "x", "sealed": b"x", "key_name": "k"},
        {"kind": "secret", "sealed": b"x"},
    ],
)
def test_the_database_takes_no_secret_that_is_not_sealed(folder, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Asset.objects.create(folder=folder, key="x", title="X", **wrong)


def test_without_the_right_key_nothing_opens_and_what_is_missing_is_said(folder, settings):
    right, wrong = two_keys()
    use_keys(settings, right)
    asset = make_asset(folder, "erp", login())

    use_keys(settings, wrong)
    with pytest.raises(VaultError, match=f"“erp” can't be opened.*{right.name}.*not known here"):
        value_of(asset)
    use_keys(settings, type(right)(right.name, wrong.secret))
    with pytest.raises(VaultError, match="not the one it was sealed with"):
        value_of(asset)
    use_keys(settings, wrong, right)
    assert value_of(asset).password.reveal() == "hunter2"


def test_without_any_key_secrets_are_not_kept_and_plain_values_are(folder, settings, tmp_path):
    settings.VAULT_KEYS, settings.VAULT_KEYS_PATH = "", tmp_path / "none"

    with pytest.raises(VaultError, match="CONTROLROOM_VAULT_KEYS"):
        make_asset(folder, "erp", login())
    assert not Asset.objects.exists()
    assert value_of(make_asset(folder, "url", "x")) == "x"


def test_a_file_of_keys_is_read_when_it_is_needed(folder, settings, tmp_path):
    settings.VAULT_KEYS, settings.VAULT_KEYS_PATH = "", tmp_path / "vault-keys"
    key, later = two_keys()
    settings.VAULT_KEYS_PATH.write_text(key.text)
    asset = make_asset(folder, "erp", login())
    settings.VAULT_KEYS_PATH.write_text(f"{later.text}\n{key.text}\n")

    assert vault.keyring().newest == later
    assert value_of(asset).password.reveal() == "hunter2"


def test_what_is_not_there_is_not_found(folder):
    make_asset(make_folder(), "url", "x")

    for key in ("url", "", "no\x00key", "x" * 500):
        with pytest.raises(NotFoundError):
            hand_out(key, Asker(folder_id=folder.pk))
