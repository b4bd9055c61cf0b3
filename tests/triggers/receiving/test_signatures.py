"""Standard Webhooks: who called, and when."""

from datetime import UTC, datetime

import pytest

from apps.lib.secrecy import Secret
from apps.triggers.receiving.refusals import RefusedError
from apps.triggers.receiving.signatures import Signed, check, new_secret, sign

# as the specification's own libraries test it
SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(AT + 10, UTC)


def _headers(**given):
    found = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
    return {**found, **{name.replace("_", "-"): value for name, value in given.items()}}


def _check(headers, body=BODY, *, secrets=(SECRET,), now=NOW):
    return check(headers, body, secrets=secrets, now=now, tolerance_seconds=300)


def _refusal(headers, *given, **more):
    with pytest.raises(RefusedError) as found:
        _check(headers, *given, **more)
    return found.value.status, found.value.code


def test_the_example_of_the_specification_is_signed_and_checked_alike():
    assert sign(SECRET, ID, AT, BODY) == SIGNATURE
    assert _check(_headers()) == Signed(ID, datetime.fromtimestamp(AT, UTC))


def test_one_good_signature_among_others_is_enough():
    others = f"v1a,bm9ib2R5 v1,bm9ib2R5 {SIGNATURE}"

    assert _check(_headers(webhook_signature=others)).id == ID


def test_any_of_several_secrets_may_have_signed():
    assert _check(_headers(), secrets=(new_secret(), SECRET)).id == ID


@pytest.mark.parametrize(
    "signature",
    ["v1,bm9ib2R5", "v1,???", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v2,x", "v1,"],
)
def test_a_signature_that_does_not_fit_is_refused(signature):
    assert _refusal(_headers(webhook_signature=signature)) == (401, "bad_signature")


def test_what_was_changed_on_the_way_is_refused():
    assert _refusal(_headers(), BODY + b" ") == (401, "bad_signature")
    assert _refusal(_headers(webhook_id="msg_other")) == (401, "bad_signature")
    assert _refusal(_headers(webhook_timestamp=str(AT + 1))) == (401, "bad_signature")
    assert _refusal(_headers(), secrets=(new_secret(),)) == (401, "bad_signature")


def test_without_a_secret_nobody_is_let_in():
    assert _refusal(_headers(), secrets=()) == (401, "no_secret")


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name):
    headers = {key: value for key, value in _headers().items() if key != name}

    with pytest.raises(RefusedError, match=name) as found:
        _check(headers)

    assert (found.value.status, found.value.code) == (400, "missing_header")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(300, None), (301, (401, "too_old")), (-300, None), (-301, (401, "too_early"))],
)
def test_only_what_was_signed_about_now_is_taken(seconds, expected):
    now = datetime.fromtimestamp(AT + seconds, UTC)

    if expected is None:
        assert _check(_headers(), now=now).id == ID
    else:
        assert _refusal(_headers(), now=now) == expected


@pytest.mark.parametrize("said", ["", "now", "-5", "1e9", "٣", "1" * 12, "1614265330.5"])
def test_a_time_that_is_no_number_of_seconds_is_refused(said):
    code = "bad_timestamp" if said else "missing_header"

    assert _refusal(_headers(webhook_timestamp=said)) == (400, code)


@pytest.mark.parametrize("webhook_id", ["a b", "a\tb", "x" * 151, "naïve", "a.5"])
def test_an_id_of_other_letters_is_refused(webhook_id):
    """A stop would move the border to the time: `a.5` at 6 reads as `a` at 5 with a body `6.…`."""
    assert _refusal(_headers(webhook_id=webhook_id)) == (400, "bad_id")


def test_a_new_secret_has_the_form_that_senders_take_and_shows_itself_to_nobody():
    secret = new_secret()

    assert secret.reveal().startswith("whsec_")
    assert secret.reveal() not in f"{secret!r} {secret}"
    assert secret != new_secret()
