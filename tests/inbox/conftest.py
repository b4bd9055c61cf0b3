import pytest

from tests.api.conftest import program_of
from tests.inbox.rows import make_queue, make_task


@pytest.fixture
def queue(folder):
    return make_queue(folder)


@pytest.fixture
def task(queue):
    return make_task(queue, field="total")


@pytest.fixture
def program(business_user, folder):
    return program_of(business_user, folder)
