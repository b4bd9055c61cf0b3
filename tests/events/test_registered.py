"""Every fragment that any app registers, asked with arguments that somebody made up."""

import pytest

from apps.accounts.permissions import Rights
from apps.accounts.roles import Role
from apps.events import fragments
from apps.events.fragments import Audience, DataFragment, HtmlFragment
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db

MADE_UP = [
    "",
    "abc",
    "-1",
    "0",
    "999999999999999999999999",
    "1.5",
    "1 or 1=1",
    "1?status=nonsense&page=-1&cursor=x&n=%00",
    "x?y=z",
    "folder=999999999999999999999&status=1",
    "%00",
    "'\"><script>",
    "٣",
    ":",
    "1:2:3",
    "?",
]
NAMES = sorted(fragments._fragments)


@pytest.mark.parametrize("name", NAMES)
def test_a_made_up_argument_is_answered_and_not_an_error(name):
    folder = make_folder()
    audience = fragments.audience_of(make_person(role=Role.ADMIN, folder=folder))

    for arg in MADE_UP:
        fragments.render(f"{name}:{arg}", audience)
        for cursor in ("", "abc", "-1", "9" * 30):
            fragments.take_step(f"{name}:{arg}", audience, cursor)


@pytest.mark.parametrize("name", NAMES)
def test_who_has_no_right_anywhere_gets_nothing_of_what_needs_one(name):
    powerless = Audience(Rights(), "en", "UTC")

    for arg in ("", "1", "1?status=new"):
        found = fragments.render(f"{name}:{arg}", powerless)
        assert found is None or fragments._fragments[name].action is None


@pytest.mark.parametrize("name", NAMES)
def test_a_fragment_hears_of_changes_and_is_the_same_while_nothing_changed(name):
    audience = fragments.audience_of(make_person(role=Role.ADMIN, folder=make_folder()))
    found = fragments._fragments[name]

    first, again = (fragments.render(name, audience) for _ in range(2))

    assert isinstance(found, HtmlFragment | DataFragment)
    assert found.topics, "without topics it is only looked at every few seconds"
    assert first == again, "what it shows must not depend on the moment of rendering"
