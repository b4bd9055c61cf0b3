import pytest

from tests.webhooks.receivers import receiver


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.WEBHOOK_HOSTS = frozenset({"127.0.0.1"})


@pytest.fixture
def outside():
    with receiver() as found:
        yield found
