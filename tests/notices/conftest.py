from datetime import UTC, datetime

import pytest

from tests.notices.listeners import http_listener, mail_listener

# a Wednesday
NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def chat(settings):
    settings.NOTICE_SCHEMES = frozenset({"json", "slack"})
    settings.NOTICE_HOSTS = frozenset({"127.0.0.1"})
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    with http_listener() as listener:
        yield listener


@pytest.fixture
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with mail_listener() as listener:
        settings.EMAIL_PORT = listener.port
        yield listener
