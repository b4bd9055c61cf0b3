"""Who sits at a socket: the same answer as Django's for a page, for many at once."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.roles import Role
from apps.events.sessions import people_of
from tests.events.pages import session_of
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db


def as_pages_see_it(key):
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return auth.get_user(request).pk


def nothing(person, key):
    """Leave all as it is."""


def expire(person, key):
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))


def change_password(person, key):
    person.set_password("another long password")
    person.save(update_fields=["password"])


def delete(person, key):
    person.delete()


def change(**values):
    def rewrite(person, key):
        store = import_module(settings.SESSION_ENGINE).SessionStore(key)
        store.update(values)
        store.save()

    return rewrite


@pytest.mark.parametrize(
    ("happens", "is_in"),
    [
        (nothing, True),
        (expire, False),
        (change_password, False),
        (delete, False),
        (change(**{auth.BACKEND_SESSION_KEY: "no.longer.used"}), False),
        (change(**{auth.HASH_SESSION_KEY: ""}), False),
    ],
    ids=["nothing", "expired", "password", "deleted", "backend", "no hash"],
)
def test_a_session_is_worth_what_it_is_worth_to_a_page(happens, is_in):
    person = make_person(folder=make_folder())
    pk, key = person.pk, session_of(person)
    happens(person, key)

    found = people_of([key])

    assert (key in found) is is_in
    assert as_pages_see_it(key) == (pk if is_in else None)


def test_a_session_signed_with_a_former_key_counts_while_that_key_is_kept(settings):
    key = session_of(make_person(folder=make_folder()))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key that is long enough for everybody"

    # what the session holds is signed, too: both must know the former key
    assert key in people_of([key])


def test_many_are_asked_after_in_few_queries(django_assert_num_queries):
    folder = make_folder()
    people = [make_person(folder=folder, role=role) for role in (Role.ADMIN, Role.AUDITOR) * 5]
    boss = make_person(role=None)
    boss.is_superuser = True
    boss.save()
    nobody = make_person(role=None)
    keys = {session_of(person): person for person in (*people, boss, nobody)}

    # sessions, people, folders, memberships
    with django_assert_num_queries(4):
        found = people_of([*keys, "no-such-session"])

    assert {key: each.user_id for key, each in found.items()} == {
        key: person.pk for key, person in keys.items()
    }
    by_person = {keys[key]: each.audience for key, each in found.items()}
    assert by_person[people[0]] == by_person[people[2]] != by_person[people[1]]
    assert by_person[boss].can("design", folder.pk)
    assert not by_person[nobody].folder_ids("view")
