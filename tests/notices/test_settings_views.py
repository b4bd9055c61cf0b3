"""What people choose, and the addresses that they add."""

import logging

import pytest

from apps.events.models import Event
from apps.notices.lifecycle import add_chat
from apps.notices.models import Address, Preference, Rhythm

pytestmark = pytest.mark.django_db
SECRET = "topsecret"


@pytest.fixture
def root_log():
    """All that would be written, however talkative: pytest's own also hears what goes nowhere."""

    class Keeper(logging.Handler):
        def emit(self, record):
            heard.append(self.format(record))

    heard, root = [], logging.getLogger()
    keeper, level = Keeper(), root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(level)
    root.removeHandler(keeper)


def add(client, url, **more):
    return client.post("/notices/settings/chats/", {"title": "Mine", "url": url, **more})


def test_a_choice_is_kept_and_can_go_back_to_what_is_usual(supervisor, supervisor_client):
    page = supervisor_client.get("/notices/settings/").text
    assert "As usual: At once" in page

    supervisor_client.post(
        "/notices/settings/",
        {
            "task_offered.email": "never",
            "task_offered.page": "digest",
            "task_lost.email": "never",
            "incident.smoke": "never",
            "incident.push": "whenever",
        },
    )
    kept = list(Preference.objects.values_list("user", "kind", "channel", "how"))
    supervisor_client.post("/notices/settings/", {"task_offered.email": ""})

    assert kept == [(supervisor.pk, "task_offered", "email", "never")]
    assert not Preference.objects.exists()


def test_the_page_says_when_no_mail_is_sent(supervisor_client, settings):
    assert "E-mail is not set up" not in supervisor_client.get("/notices/settings/").text
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert "E-mail is not set up" in supervisor_client.get("/notices/settings/").text


def test_quiet_hours_need_both_ends(supervisor, supervisor_client):
    said = {"digest_every": "day", "digest_at": "09:30", "quiet_from": "22:00"}

    refused = supervisor_client.post("/notices/settings/rhythm/", said)
    kept = supervisor_client.post("/notices/settings/rhythm/", {**said, "quiet_until": "07:00"})

    assert refused.status_code == 422
    assert "beginning and an end" in refused.text
    assert kept.status_code == 302
    assert str(Rhythm.objects.get(user=supervisor).digest_at) == "09:30:00"
    assert 'value="22:00"' in supervisor_client.get("/notices/settings/").text


def test_an_address_is_sealed_masked_and_never_logged(supervisor_client, chat, root_log):
    chat.status = 500
    add(supervisor_client, chat.chat)
    found = Address.objects.get()
    supervisor_client.post(f"/notices/addresses/{found.pk}/test/")

    found.refresh_from_db()
    shown = supervisor_client.get("/notices/settings/").text
    history = str(list(Event.objects.values_list("data", flat=True)))
    for text in (found.secret, found.masked, found.last_error, shown, history, str(root_log)):
        assert SECRET not in text
        assert "/hooks/" not in text
    assert "500" in found.last_error
    assert "/notices/settings/chats/" in str(root_log), "it does hear of what is logged"


def test_a_test_message_says_how_it_went(supervisor_client, chat):
    add(supervisor_client, chat.chat)
    url = f"/notices/addresses/{Address.objects.get().pk}/test/"

    good = supervisor_client.post(url, follow=True).text
    chat.status = 403
    bad = supervisor_client.post(url, follow=True).text

    assert "The test message was taken" in good
    assert "did not go out" in bad
    assert "403" in bad
    assert chat.heard[0]["title"] == "Test message"


def test_a_test_mail_arrives(supervisor_client, mailbox):
    answer = supervisor_client.post("/notices/settings/mail/test/", follow=True)

    assert "was taken" in answer.text
    assert "Subject: Test message" in mailbox.heard[0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("syslog://", "not allowed here"),
        ("dbus://", "not allowed here"),
        ("mailto://u:p@example.com", "not allowed here"),
        ("file:///etc/passwd", "not allowed here"),
        ("json://10.0.0.1/x", "inside our network"),
        ("json://localhost/x", "inside our network"),
        ("json://[::1]/x", "inside our network"),
        ("json://169.254.169.254/x", "inside our network"),
        ("json://127.0.0.1/x?template=/etc/passwd", "template"),
        ("json://127.0.0.1/x?+attach=/etc/passwd", "attach"),
        ("slack://nothing", "a part is missing"),
        ("hello", "Write the address as"),
        ("json://127.0.0.1:99999999/x", "can&#x27;t be read|a part is missing"),
    ],
)
def test_an_address_that_leads_astray_is_refused_and_not_shown_again(
    supervisor_client, chat, url, why
):
    answer = add(supervisor_client, url)

    assert answer.status_code == 422
    assert any(each in answer.text for each in why.split("|"))
    assert f'value="{url}"' not in answer.text
    assert not Address.objects.exists()


def test_the_same_address_is_added_once_and_only_some_are(supervisor, supervisor_client, chat):
    add(supervisor_client, chat.chat)
    again = add(supervisor_client, chat.chat)
    for n in range(19):
        add(supervisor_client, f"{chat.chat}{n}")
    too_many = add(supervisor_client, f"{chat.chat}-one-more")

    assert "there already" in again.text
    assert too_many.status_code == 422
    assert Address.objects.count() == 20


def test_other_peoples_addresses_are_nobodys_business(supervisor, admin_client, chat):
    found = add_chat(supervisor, chat.chat, title="", by=supervisor.actor)

    for verb in ("test", "remove", "on"):
        assert admin_client.post(f"/notices/addresses/{found.pk}/{verb}/").status_code == 404
    assert chat.heard == []


def test_admins_keep_the_addresses_of_a_folder_and_auditors_read_them(
    admin_client, supervisor_client, auditor_client, chat
):
    said = {"title": "Team", "url": chat.chat, "kinds": ["incident"]}
    assert admin_client.post("/settings/notices/", said).status_code == 302
    found = Address.objects.get()

    assert found.kinds == ["incident"]
    assert "Team" in auditor_client.get("/settings/notices/").text
    assert "A step needs repair" in auditor_client.get("/settings/notices/").text
    assert auditor_client.post("/settings/notices/", said).status_code == 403
    assert supervisor_client.get("/settings/notices/").status_code == 403
    assert supervisor_client.post(f"/notices/addresses/{found.pk}/remove/").status_code == 403
    assert admin_client.post(f"/notices/addresses/{found.pk}/remove/").status_code == 302
    assert not Address.objects.exists()
