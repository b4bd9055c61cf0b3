"""Each test is a process of its own: nothing is masked that an earlier one was given."""

from collections.abc import Iterator

import pytest

from apps.lib.secrecy import forget_kept_out


@pytest.fixture(autouse=True)
def _masks_nothing() -> Iterator[None]:
    forget_kept_out()
    yield
    forget_kept_out()
