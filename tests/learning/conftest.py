import pytest

from tests.learning.rows import make_gate


@pytest.fixture
def gate(folder):
    return make_gate(folder)
