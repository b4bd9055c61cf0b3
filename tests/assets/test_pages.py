"""Admins keep assets in pages; what is secret goes in, and never comes out again."""

import pytest

from apps.assets.handing_out import Asker, hand_out
from apps.assets.models import Asset, AssetOverride
from apps.lib.secrecy import Secret
from tests.assets.rows import login, make_asset, override, two_keys, use_keys
from tests.bots.rows import make_bot
from tests.factories import make_folder

pytestmark = pytest.mark.django_db

URL = "/settings/assets/"
NEW = f"{URL}new/"


def value_of(asset, **asker):
    return hand_out(asset.key, Asker(folder_id=asset.folder_id, **asker))[1]


def filled(**changes):
    login_fields = {"username": "svc", "password": "hunter2 & co"}
    return {"key": "erp", "title": "ERP", "description": "", **login_fields, **changes}


def text_of(answer):
    return answer.content.decode()


def test_a_login_is_entered_and_never_shown_again(admin_client, folder):
    answer = admin_client.post(f"{NEW}?kind=credential", filled(), follow=True)

    asset = Asset.objects.get(folder=folder)
    assert value_of(asset).password.reveal() == "hunter2 & co"
    page = f"{URL}{asset.pk}/"
    assert answer.redirect_chain[-1][0] == page
    for shown in (text_of(answer), text_of(admin_client.get(page)), text_of(admin_client.get(URL))):
        assert "hunter2" not in shown
        assert "svc" not in shown
        assert "•••" in shown
    # empty fields keep it, and the history is told of what changed only
    admin_client.post(page, filled(title="The ERP", username="", password=""))
    asset.refresh_from_db()
    assert asset.title == "The ERP"
    assert value_of(asset).username == "svc"
    admin_client.post(page, filled(password="correct horse"))
    assert value_of(asset).password.reveal() == "correct horse"
    assert "entered a new secret for" in text_of(admin_client.get(page))


def test_a_refused_form_does_not_send_back_what_is_secret(admin_client, folder):
    asset = make_asset(folder, "erp", login())
    page = f"{URL}{asset.pk}/"
    answers = [
        admin_client.post(f"{NEW}?kind=credential", filled(title="")),
        admin_client.post(f"{NEW}?kind=credential", filled(key="erp")),
        admin_client.post(f"{NEW}?kind=secret", {"key": "no key", "secret": "hunter2"}),
        admin_client.post(page, filled(username="")),
        admin_client.post(page, filled(title="", rotate_after_days="x")),
    ]

    for answer in answers:
        assert answer.status_code == 422
        assert "hunter2" not in text_of(answer)
        assert 'value="svc"' not in text_of(answer)
    assert "Enter both, or neither" in text_of(answers[3])


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", {"value": "two\r\nlines "}, "two\nlines "),
        ("text", {"value": ""}, ""),
        ("number", {"value": " 0,5 "}, 0.5),
        ("number", {"value": "7"}, 7),
        ("flag", {"value": "on"}, True),
        ("flag", {}, False),
        ("json", {"value": '{"a": [1, 2]}'}, {"a": [1, 2]}),
        ("secret", {"secret": "-----\r\nkey\r\n-----"}, Secret("-----\nkey\n-----")),
    ],
)
def test_each_kind_is_typed_in_its_own_way(admin_client, folder, kind, typed, kept):
    answer = admin_client.post(f"{NEW}?kind={kind}", {"key": "it", "title": "It", **typed})

    assert answer.status_code == 302, text_of(answer)
    asset = Asset.objects.get(folder=folder)
    assert value_of(asset) == kept
    # shown again as it was typed, and saved again as it is: nothing changes
    page = f"{URL}{asset.pk}/"
    form = admin_client.get(page).context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    again = {name: value for name, value in again.items() if value is not False}
    saved = admin_client.post(page, {"title": "It", **again}, follow=True)
    assert "Nothing was changed" in text_of(saved)
    assert value_of(asset) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "much"),
        ("number", "1e400"),
        ("number", "true"),
        ("number", "NaN"),
        ("number", ""),
        ("number", "99999999999999999999999"),
        ("json", "{"),
        ("json", "null"),
        ("json", '{"a": 1, "a": 2}'),
        ("json", ""),
    ],
)
def test_what_is_no_value_is_said_at_the_field(admin_client, folder, kind, typed):
    data = {"key": "it", "title": "It", "value": typed}

    answer = admin_client.post(f"{NEW}?kind={kind}", data)

    assert answer.status_code == 422
    assert answer.context["form"].errors["value"]
    assert not Asset.objects.exists()


def test_a_bot_gets_a_login_of_its_own(admin_client, folder):
    asset, bot = make_asset(folder, "erp", login()), make_bot(folder)
    page = f"{URL}{asset.pk}/"

    admin_client.post(f"{page}bots/", {"bot": bot.pk, "username": "rob", "password": "own"})

    assert value_of(asset, bot_id=bot.pk).password.reveal() == "own"
    own = f"{page}bots/{bot.pk}/"
    shown = text_of(admin_client.get(page)) + text_of(admin_client.get(own))
    assert "robbie" in shown
    assert 'value="rob"' not in shown
    # nobody is left to choose; empty keeps; a new one is taken; then it goes
    assert "No bot is left" in text_of(admin_client.get(f"{page}bots/"))
    admin_client.post(own, {"username": "", "password": ""})
    assert value_of(asset, bot_id=bot.pk).password.reveal() == "own"
    admin_client.post(own, {"username": "rob", "password": "newer"})
    assert value_of(asset, bot_id=bot.pk).password.reveal() == "newer"
    admin_client.post(f"{own}remove/")
    assert not AssetOverride.objects.exists()


def test_who_was_given_it_is_shown_and_how_old_it_is(admin_client, folder):
    asset = make_asset(folder, "erp", login(), rotate_after_days=30)
    assert "Nobody has been given it yet" in text_of(admin_client.get(f"{URL}{asset.pk}/"))
    value_of(asset, run_id=71, item_id=8, bot_name="robbie", purpose="Post invoices")
    sql = "update assets_asset set set_at = now() - interval '31 days'"
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)

    page, listed = text_of(admin_client.get(f"{URL}{asset.pk}/")), text_of(admin_client.get(URL))

    assert "Run 71" in page
    assert "Post invoices" in page
    assert "item 8" in page
    assert "older than it should be" in page
    assert "One secret is older than it should be" in listed
    assert "replace it" in listed


def test_a_missing_key_is_said_and_no_page_breaks(admin_client, folder, settings):
    lost, other = two_keys()
    use_keys(settings, lost)
    asset, bot = make_asset(folder, "erp", login()), make_bot(folder)
    override(asset, bot, login("own"))
    page = f"{URL}{asset.pk}/"

    use_keys(settings, other)
    for address in (URL, page, f"{page}bots/{bot.pk}/", NEW):
        assert admin_client.get(address).status_code == 200
    assert f"“{lost.name}” is not known here" in text_of(admin_client.get(page))
    settings.VAULT_KEYS, settings.VAULT_KEYS_PATH = "", settings.VAULT_KEYS_PATH / "none"
    answer = admin_client.post(page, filled())
    assert answer.status_code == 422
    assert "There is no key to keep secrets with" in text_of(answer)
    assert admin_client.get(URL).status_code == 200
    # a new one, under a key that is there, makes it right
    use_keys(settings, other)
    admin_client.post(page, filled(key="erp"))
    assert value_of(asset).password.reveal() == "hunter2 & co"


def test_an_asset_is_removed_with_all_that_bots_got(admin_client, folder):
    asset = make_asset(folder, "erp", login())
    override(asset, make_bot(folder), login("own"))

    answer = admin_client.post(f"{URL}{asset.pk}/remove/", follow=True)

    assert not Asset.objects.exists()
    assert "is removed" in text_of(answer)
    assert "No assets yet" in text_of(answer)


def test_designers_and_auditors_look_and_only_admins_change(client_of, folder, request):
    asset, bot = make_asset(folder, "erp", login()), make_bot(folder)
    override(asset, bot, login("own"))
    make_asset(make_folder(), "theirs", "x")
    page = f"{URL}{asset.pk}/"
    for name, looks in [("designer", 200), ("auditor", 200), ("supervisor", 403),
                        ("business_user", 403)]:  # fmt: skip
        client = client_of(request.getfixturevalue(name))
        for address in (URL, page):
            assert client.get(address).status_code == looks, (name, address)
        for address in (page, f"{page}remove/", f"{page}bots/", f"{page}bots/{bot.pk}/remove/"):
            assert client.post(address, filled()).status_code == 403, (name, address)
        assert client.get(NEW).status_code == 403
    assert Asset.objects.filter(folder=folder).count() == 1
    assert "theirs" not in text_of(client_of(request.getfixturevalue("admin")).get(URL)).lower()


def test_another_folders_asset_is_not_there(admin_client, folder):
    asset = make_asset(make_folder(), "theirs", login())

    assert admin_client.get(f"{URL}{asset.pk}/").status_code == 404
    assert admin_client.post(f"{URL}{asset.pk}/remove/").status_code == 404
