"""The fixtures themselves: what a test leaves behind never reaches the next one."""

import pytest

from apps.accounts.models import Folder
from tests.factories import make_folder


@pytest.mark.parametrize("time", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_a_committed_row_is_gone_in_the_next_test(time):
    make_folder("left-behind")

    assert Folder.objects.filter(key="left-behind").count() == 1


def test_valkey_answers_and_is_empty(redis):
    assert redis.dbsize() == 0
