"""The posting bot signs in to the ERP with a login that is kept as an asset."""

import pytest

from apps.assets.lifecycle import save_asset
from apps.assets.models import Asset, AssetUse
from apps.bots.kept import Credential
from apps.demo.automations import LEDGER_LOGIN
from apps.demo.erp import LOGIN
from apps.demo.intake import take_in_made
from apps.demo.models import LedgerEntry
from apps.demo.set_up import set_up_demo
from apps.demo.trickle import make_one
from apps.lib.actors import SYSTEM
from apps.lib.secrecy import Secret
from apps.queues import session
from apps.queues.models import Attempt
from tests.demo.rooms import load_demo, work, work_again

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def enter(folder, password):
    asset = Asset.objects.get(folder=folder, key=LEDGER_LOGIN)
    save_asset(asset, {}, value=Credential(LOGIN.username, password), by=SYSTEM)


def test_a_wrong_password_fails_clearly_and_the_right_one_goes_on(folder, monkeypatch):
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    # given a password that the ERP does not know
    load_demo(folder)
    enter(folder, Secret("guessed-4711"))
    take_in_made(folder, make_one(folder))

    work(folder)

    assert not LedgerEntry.objects.exists()
    [refused] = Attempt.objects.filter(code="erp_login")
    assert "does not know this user name and password" in refused.message
    # when somebody enters the right one, and nobody touches the bot
    set_up_demo(folder)
    enter(folder, LOGIN.password)
    work_again(folder)

    assert LedgerEntry.objects.count() == 1
    # then each time that it was given is written down, with the item
    uses = AssetUse.objects.filter(asset_key=LEDGER_LOGIN)
    assert {use.item_id for use in uses} == {refused.item_id}
    assert uses.count() == 2
