"""EMAIL_URL: one variable for all of it, and a sentence when it is wrong."""

import pytest

from controlroom.env import SettingError
from controlroom.mail import mail_settings


def test_a_url_says_all_of_it():
    found = mail_settings("smtp+tls://robot%40example.com:p%3Ass@mail.example.com?timeout=5")

    assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == (
        "robot@example.com",
        "p:ss",
    )
    assert found["EMAIL_USE_TLS"]
    assert not found["EMAIL_USE_SSL"]
    assert found["EMAIL_TIMEOUT"] == 5


@pytest.mark.parametrize(
    ("url", "backend"), [("", "dummy.EmailBackend"), ("console:", "console.EmailBackend")]
)
def test_no_url_sends_nothing_and_console_prints(url, backend):
    assert mail_settings(url)["EMAIL_BACKEND"].endswith(backend)


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail", "smtp://", "smtp://a:99999", "smtp://a?timeout=soon"],
)
def test_a_wrong_one_stops_the_start(url):
    with pytest.raises(SettingError, match="EMAIL_URL"):
        mail_settings(url)
