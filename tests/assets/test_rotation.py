"""A new vault key: all is sealed anew, nobody who reads or writes meanwhile notices."""

from collections import Counter
from io import StringIO
from threading import Event

import pytest
from django.core.management import CommandError, call_command

from apps.assets import rotating
from apps.assets.handing_out import Asker, hand_out
from apps.assets.lifecycle import save_asset
from apps.assets.models import Asset
from apps.assets.rotating import rotate, sealed_by_key
from apps.lib.actors import SYSTEM
from apps.lib.keyring import Keyring, VaultError, parse_keys
from apps.lib.secrecy import Secret
from tests.assets.rows import login, make_asset, override, two_keys, use_keys
from tests.bots.rows import make_bot
from tests.concurrency.racing import race


def password_of(asset):
    _asset, value = hand_out(asset.key, Asker(folder_id=asset.folder_id))
    return value.password.reveal()


def rotate_vault(*arguments):
    said = StringIO()
    call_command("rotate_vault", *arguments, stdout=said, stderr=said)
    return said.getvalue()


@pytest.mark.django_db
def test_after_a_rotation_the_old_key_may_go(folder, settings, monkeypatch):
    monkeypatch.setattr(rotating, "BATCH_ROWS", 2)
    old, new = two_keys()
    use_keys(settings, old)
    assets = [make_asset(folder, f"login-{n}", login(f"pass-{n}")) for n in range(5)]
    token, url = make_asset(folder, "token", Secret("x")), make_asset(folder, "url", "http://a")
    bot = make_bot(folder)
    override(assets[0], bot, login("own"))
    ages = dict(Asset.objects.values_list("pk", "set_at"))

    use_keys(settings, new, old)
    done = rotate()

    assert (done.n_done, done.stuck) == (7, Counter())
    assert sealed_by_key() == {new.name: 7}
    use_keys(settings, new)
    assert [password_of(asset) for asset in assets] == [f"pass-{n}" for n in range(5)]
    own = hand_out("login-0", Asker(folder_id=folder.pk, bot_id=bot.pk))[1]
    assert own.password.reveal() == "own"
    assert hand_out("token", Asker(folder_id=folder.pk))[1] == Secret("x")
    assert hand_out("url", Asker(folder_id=folder.pk))[1] == "http://a"
    # nobody entered anything: the secrets are as old as they were
    assert dict(Asset.objects.values_list("pk", "set_at")) == ages
    assert (token.is_secret, url.is_secret) == (True, False)
    # and once more there is nothing to do
    assert rotate().n_done == 0


@pytest.mark.django_db
def test_what_an_unknown_key_sealed_stays_and_is_counted(folder, settings):
    lost, new = two_keys()
    use_keys(settings, lost)
    make_asset(folder, "lost", login())
    use_keys(settings, new)
    make_asset(folder, "fine", login())

    done = rotate()

    assert (done.n_done, done.stuck) == (0, {lost.name: 1})
    with pytest.raises(CommandError, match=f"1 under “{lost.name}”.*not known here"):
        rotate_vault()
    use_keys(settings, new, lost)
    assert rotate().n_done == 1


@pytest.mark.django_db
def test_the_command_makes_a_key_in_the_file_and_seals_all_under_it(folder, settings, tmp_path):
    settings.VAULT_KEYS, settings.VAULT_KEYS_PATH = "", tmp_path / "vault-keys"
    with pytest.raises(CommandError, match="There is no key"):
        rotate_vault()

    rotate_vault("--new-key")
    asset = make_asset(folder, "login", login())
    said = rotate_vault("--new-key")

    newest, older = parse_keys(settings.VAULT_KEYS_PATH.read_text())
    assert f"Sealed 1 secrets under the key “{newest.name}”" in said
    assert newest.text not in said
    assert rotate_vault("--check").strip() == f"1 under “{newest.name}”"
    settings.VAULT_KEYS_PATH.write_text(newest.text)
    assert password_of(asset) == "hunter2"
    assert older.name != newest.name


@pytest.mark.django_db
def test_with_keys_in_the_environment_the_command_prints_one_alone_on_the_last_line(
    folder, settings
):
    before = settings.VAULT_KEYS

    said = rotate_vault("--new-key")

    [printed] = parse_keys(said.splitlines()[-1])
    assert printed.name not in before
    assert before == settings.VAULT_KEYS


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_bots_read_and_people_write_while_all_is_sealed_anew(folder, settings, monkeypatch):
    # given secrets under an old key, readers of them all, and somebody who enters new ones
    monkeypatch.setattr(rotating, "BATCH_ROWS", 7)
    old, new = two_keys()
    use_keys(settings, old)
    assets = [make_asset(folder, f"login-{n}", login(f"pass-{n}")) for n in range(40)]
    use_keys(settings, new, old)
    over = Event()

    def read():
        n = 0
        while not over.is_set() or n < len(assets):
            place = n % len(assets)
            assert password_of(assets[place]) in {f"pass-{place}", f"new-{place}"}
            n += 1
        return n

    def write():
        for n in range(0, 40, 3):
            asset = Asset.objects.get(pk=assets[n].pk)
            save_asset(asset, {}, value=login(f"new-{n}"), by=SYSTEM)
        return 0

    def turn():
        try:
            return rotate().n_done
        finally:
            over.set()

    # when
    race(read, read, write, turn)
    rotate()

    # then each is what was entered last, under the new key
    assert sealed_by_key() == {new.name: 40}
    use_keys(settings, new)
    found = [password_of(asset) for asset in assets]
    assert found == [f"new-{n}" if n % 3 == 0 else f"pass-{n}" for n in range(40)]


@pytest.mark.django_db
def test_a_secret_entered_while_its_row_is_turned_is_not_overwritten(folder, settings, monkeypatch):
    """Somebody enters a new one, under the old key, between the look and the write."""
    old, new = two_keys()
    use_keys(settings, old)
    asset = make_asset(folder, "login", login("before"))
    use_keys(settings, new, old)
    usual, entered = Keyring.rewrap, []

    def rewrap(self, sealed):
        if not entered:
            entered.append(True)
            use_keys(settings, old, new)
            save_asset(Asset.objects.get(pk=asset.pk), {}, value=login("after"), by=SYSTEM)
            use_keys(settings, new, old)
        return usual(self, sealed)

    monkeypatch.setattr(Keyring, "rewrap", rewrap)

    done = rotate()

    assert done.n_done == 1
    assert password_of(asset) == "after"
    assert sealed_by_key() == {new.name: 1}


@pytest.mark.django_db
def test_a_rotation_without_keys_says_so(settings, tmp_path):
    settings.VAULT_KEYS, settings.VAULT_KEYS_PATH = "", tmp_path / "none"

    with pytest.raises(VaultError, match="no key"):
        rotate()
