import pytest

from apps.demo.reading.stored import EXAMPLES, trained


@pytest.fixture(scope="session", autouse=True)
def _classifiers() -> None:
    """Train before any test has a transaction open: on a busy machine it takes a while."""
    for key in EXAMPLES:
        trained(key)
