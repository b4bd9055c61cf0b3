"""Programs of admins keep assets, those of bots read them; wrong calls repeat nothing secret."""

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.assets.models import Asset, AssetOverride, AssetUse
from tests.api.conftest import program_of
from tests.assets.rows import login, make_asset, two_keys, use_keys
from tests.bots.rows import make_bot
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db

LOGIN = {"kind": "credential", "username": "svc", "password": "hunter2"}
CALLS = {
    ("GET", "/assets"): ({Action.DESIGN, Action.AUDIT}, None),
    ("GET", "/assets/erp"): ({Action.DESIGN, Action.AUDIT}, None),
    ("GET", "/assets/erp/uses"): ({Action.DESIGN, Action.AUDIT}, None),
    ("POST", "/assets/erp/read"): ({Action.OPERATE}, {}),
    ("PUT", "/assets/new"): ({Action.ADMINISTER}, {"value": "x"}),
    ("PUT", "/assets/erp/overrides/robbie"): (
        {Action.ADMINISTER},
        {"username": "a", "password": "b"},
    ),
    ("DELETE", "/assets/erp/overrides/robbie"): ({Action.ADMINISTER}, None),
    ("DELETE", "/assets/erp"): ({Action.ADMINISTER}, None),
}


@pytest.fixture
def program(admin, folder):
    return program_of(admin, folder)


def test_a_login_is_kept_changed_read_and_never_shown(program, folder):
    made = program.put("/assets/erp", {**LOGIN, "title": "ERP", "rotate_after_days": 90})
    again = program.put("/assets/erp", {"description": "for posting"})
    renewed = program.put("/assets/erp", {"username": "svc", "password": "correct horse"})
    shown = [made, again, renewed, program.get("/assets"), program.get("/assets/erp")]

    assert [each.status_code for each in shown] == [201, 200, 200, 200, 200]
    for each in shown:
        text = each.content.decode()
        assert "hunter2" not in text
        assert "horse" not in text
        assert "svc" not in text
    facts = program.get("/assets/erp").json()
    assert facts["value"] is None
    assert (facts["title"], facts["description"]) == ("ERP", "for posting")
    assert (facts["rotate_after_days"], facts["is_due"], facts["last_used_at"]) == (90, False, None)
    read = program.post("/assets/erp/read", {"item": 7, "purpose": "posting"})
    assert read.json() == {
        "key": "erp", "kind": "credential", "username": "svc", "password": "correct horse",
    }  # fmt: skip
    assert read.headers["Cache-Control"] == "no-store"
    [use] = program.get("/assets/erp/uses").json()["items"]
    assert (use["by"], use["item"], use["purpose"]) == ("Admin · test", 7, "posting")
    assert program.get("/assets/erp").json()["last_used_at"] == use["at"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("text", "https://erp"), ("number", 0.25), ("flag", False), ("json", {"a": [1]})],
)
def test_plain_values_are_shown_read_and_not_recorded(program, kind, value):
    made = program.put("/assets/it", {"kind": kind, "value": value})

    assert made.status_code == 201
    assert made.json()["value"] == value
    read = program.post("/assets/it/read")
    assert read.json() == {"key": "it", "kind": kind, "value": value}
    assert not AssetUse.objects.exists()


def test_a_bot_reads_its_own(program, folder):
    make_bot(folder)
    program.put("/assets/erp", LOGIN)
    put = program.put("/assets/erp/overrides/robbie", {"username": "rob", "password": "own"})

    own = program.post("/assets/erp/read", {"bot": "robbie"}).json()
    usual = program.post("/assets/erp/read", {}).json()

    assert [each["bot"] for each in put.json()["overrides"]] == ["robbie"]
    assert (own["password"], usual["password"]) == ("own", "hunter2")
    assert program.post("/assets/erp/read", {"bot": "nobody"}).status_code == 404
    assert program.call("DELETE", "/assets/erp/overrides/robbie").status_code == 204
    assert program.call("DELETE", "/assets/erp/overrides/robbie").status_code == 404
    assert not AssetOverride.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "credential", "username": "svc"}, "password"),
        ({"kind": "credential", "password": "hunter2"}, "username"),
        ({"kind": "credential", "secret": "hunter2"}, "secret"),
        ({"kind": "credential", "username": ["hunter2"], "password": "hunter2"}, "username"),
        ({"kind": "secret", "secret": 7777777}, "secret"),
        ({"kind": "secret", "secret": {"text": "hunter2"}}, "secret"),
        ({"kind": "secret", "secret": None}, "secret"),
        ({"kind": "secret", "value": "hunter2"}, "value"),
        ({"kind": "secret"}, "secret"),
        ({"kind": "text", "secret": "hunter2"}, "secret"),
        ({"kind": "text", "value": 7777777}, "value"),
        ({"kind": "text"}, "value"),
        ({"kind": "hunter2", "secret": "hunter2"}, "kind"),
        ({"kind": "secret", "pasword": "hunter2"}, "pasword"),
        ({"kind": "secret", "secret": "hunter2", "rotate_after_days": 0}, "rotate_after_days"),
    ],
)
def test_wrong_calls_name_the_field_and_repeat_no_value(program, body, field):
    answer = program.put("/assets/erp", body)

    assert answer.status_code == 422, answer.content
    assert field in [each["path"] for each in answer.json()["errors"]]
    assert "hunter2" not in answer.content.decode()
    assert "7777777" not in answer.content.decode()
    assert not Asset.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'"hunter2"', 422), (b'{"secret": "hunter2', 400), (b"hunter2", 400), (b"[1", 400)],
)
def test_what_is_no_object_is_not_repeated_either(program, body, status):
    answer = program.put("/assets/erp", body)

    assert answer.status_code == status
    assert "hunter2" not in answer.content.decode()


def test_a_kind_stays_as_it_was_made(program, folder):
    make_asset(folder, "erp", login())

    answer = program.put("/assets/erp", {"kind": "text", "value": "x"})

    assert answer.status_code == 422
    assert "can't be changed" in answer.json()["detail"]
    assert Asset.objects.get().kind == "credential"


def test_a_secret_without_its_key_is_a_clear_refusal(program, folder, settings):
    lost, other = two_keys()
    use_keys(settings, lost)
    make_asset(folder, "erp", login())
    use_keys(settings, other)

    answer = program.post("/assets/erp/read", {})

    assert answer.status_code == 409
    assert answer.json()["code"] == "vault_closed"
    assert lost.name in answer.json()["detail"]
    # all that needs no key goes on
    assert program.get("/assets/erp").status_code == 200
    settings.VAULT_KEYS, settings.VAULT_KEYS_PATH = "", settings.VAULT_KEYS_PATH / "none"
    for call in (program.post("/assets/erp/read", {}), program.put("/assets/new", LOGIN)):
        assert call.status_code == 409, call.content


@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_call_what_its_rights_allow_and_nothing_else(role, folder):
    make_asset(folder, "erp", login())
    make_bot(folder)
    program = program_of(make_person(role=role, folder=folder), folder)
    wrong = {}
    for (method, path), (actions, body) in CALLS.items():
        answer = program.call(method, path, *(() if body is None else (body,)))
        is_allowed = answer.status_code != 403
        if is_allowed != bool(actions & GRANTS[role]) or answer.status_code >= 500:
            wrong[method, path] = answer.status_code

    assert wrong == {}


def test_nothing_of_another_folder_is_there_and_without_a_token_nothing_at_all(folder):
    make_asset(folder, "erp", login())
    make_bot(folder)
    elsewhere = make_folder()
    stranger = program_of(make_person(role=Role.ADMIN, folder=elsewhere), elsewhere)
    calls = [(*call, body) for call, (_actions, body) in CALLS.items() if "erp" in call[1]]

    for method, path, body in calls:
        given = () if body is None else (body,)
        assert stranger.call(method, path, *given).status_code == 404, (method, path)
        assert stranger.call(method, path, *given, authorization="").status_code == 401
    assert stranger.get("/assets").json()["items"] == []


@pytest.mark.parametrize("key", ["no%00key", "x" * 300, "%F0%9F%98%80", "a%2Fb", "a.b"])
def test_odd_keys_are_refused(program, key):
    answers = [
        program.get(f"/assets/{key}"),
        program.post(f"/assets/{key}/read", {}),
        program.put(f"/assets/{key}", {"value": "x"}),
    ]

    assert all(each.status_code in {400, 404, 405, 422} for each in answers)
    assert not Asset.objects.exists()


def test_lists_go_on_page_by_page(program, folder):
    for n in range(5):
        make_asset(folder, f"key-{n}", n)

    first = program.get("/assets?limit=3").json()
    rest = program.get(f"/assets?limit=3&cursor={first['next_cursor']}").json()

    assert [each["value"] for each in first["items"] + rest["items"]] == [0, 1, 2, 3, 4]
    assert rest["next_cursor"] is None
