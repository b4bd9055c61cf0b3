"""Fragments: registered once, rendered alike by the page, the poll and the hub."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.permissions import Rights
from apps.accounts.roles import Role
from apps.events import fragments
from apps.events.fragments import Audience, fragment, number_in
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def audience(counters, supervisor) -> Audience:
    return fragments.audience_of(supervisor)


def _page(source: str, user: object, **context: object) -> str:
    request = RequestFactory().get("/")
    request.user = user
    template = engines["django"].from_string("{% load live %}" + source)
    return template.render(context, request)


def test_render_gives_html_and_a_hash_that_changes_with_it(counters, audience, folder):
    counters.put("a", 1, folder.pk)
    first, again = (fragments.render("test.counter:a", audience) for _ in range(2))
    counters.put("a", 2, folder.pk)
    second = fragments.render("test.counter:a", audience)

    assert first == again
    assert first.html.startswith("<b>1</b>")
    assert first.hash != second.hash


def test_render_speaks_the_audiences_language_and_leaves_the_threads_alone(
    counters, audience, folder
):
    counters.put("a", 1, folder.pk)
    tokyo = Audience(audience.rights, "de", "Asia/Tokyo")

    with translation.override("en"), timezone.override("UTC"):
        rendered = fragments.render("test.counter:a", tokyo)
        after = translation.get_language(), timezone.get_current_timezone_name()

    assert rendered.html == "<b>1</b> <i>Montag</i> <time>21:00</time>"
    assert after == ("en", "UTC")


@pytest.mark.parametrize(
    "fragment_id",
    ["", ":", "no.such", "no.such:1", "test.counter:secret", "test.counter:none", "test.lines:a"]
    + ["test.counter:\x00", "test.counter:\ud800", "test.counter:" + "a" * 500],
    ids=ascii,
)
def test_render_knows_nothing_that_is_unknown_or_elsewhere(counters, audience, fragment_id):
    counters.put("secret", 1, make_folder().pk)

    assert fragments.render(fragment_id, audience) is None


def test_without_the_declared_right_anywhere_the_function_is_not_even_asked(counters, folder):
    counters.put("a", 1, folder.pk)
    powerless = Audience(Rights(), "en", "UTC")

    assert fragments.render("test.counter:a", powerless) is None
    assert counters.renderings == []


def test_topics_are_filled_from_the_argument():
    found = fragments.Fragment("x", None, ("queue:{arg}", "queue:{id}", "inbox:{folder}"))

    assert found.topics_of("12") == ("queue:12", "queue:12")
    assert found.topics_of("12?folder=3&status=new")[1:] == ("queue:12", "inbox:3")
    assert found.topics_of("folder=3")[2:] == ("inbox:3",)
    assert found.topics_of("id=12&folder=3")[1:] == ("queue:12", "inbox:3")
    assert "{" not in "".join(found.topics_of("{arg.__class__}"))[40:]


def test_two_fragments_of_one_name_are_refused(counters):
    with pytest.raises(ValueError, match="two fragments"):
        fragment("test.counter", template="other.html")(lambda audience, arg: {})


def test_a_name_that_could_be_mistaken_is_refused(counters):
    with pytest.raises(ValueError, match="not a name"):
        fragment("Queue:header", template="other.html")(lambda audience, arg: {})


@pytest.mark.parametrize(
    ("arg", "number"),
    [("12", 12), ("12?status=new", 12), ("", None), ("-1", None), ("٣", None), ("9" * 30, None)],
    ids=["number", "with a query", "empty", "negative", "other digits", "too large"],
)
def test_number_in_an_argument(arg, number):
    assert number_in(arg) == number


def test_audiences_with_the_same_rights_are_one(counters, folder):
    ana, ben = make_person("ana", folder=folder), make_person("ben", folder=folder)

    assert fragments.audience_of(ana) == fragments.audience_of(ben)
    assert len({fragments.audience_of(ana), fragments.audience_of(ben)}) == 1


def test_who_is_signed_out_or_disabled_is_no_audience(counters, supervisor):
    supervisor.is_active = False

    assert fragments.audience_of(AnonymousUser()) is None
    assert fragments.audience_of(supervisor) is None


# ---- the template tag


def test_the_tag_puts_the_fragment_into_an_element_that_can_be_found(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)
    rendered = fragments.render("test.counter:a", fragments.audience_of(supervisor))

    html = _page('{% live "test.counter" key %}', supervisor, key="a")

    assert html == (
        '<div id="live-test-counter-a" data-live="test.counter:a"'
        f' data-live-hash="{rendered.hash}">{rendered.html}</div>'
    )


def test_the_tag_takes_an_element_and_attributes_and_escapes_them(counters, supervisor, folder):
    html = _page(
        '{% live "test.counter" key tag="ul" class=css data_live_hold=True hidden=False %}',
        supervisor,
        key='"><script>',
        css='a" onclick="x',
    )

    assert html == (
        '<ul id="live-test-counter-script" data-live="test.counter:&quot;&gt;&lt;script&gt;"'
        ' data-live-hash="" class="a&quot; onclick=&quot;x" data-live-hold></ul>'
    )


def test_fragments_may_hold_fragments(counters, supervisor, folder):
    counters.put("a", 1, folder.pk)

    html = _page('{% live "test.pair" "a" %}', supervisor)

    assert '<span id="live-test-counter-a"' in html
    assert "<b>1</b>" in html


@pytest.mark.parametrize(
    "source",
    ['{% live "no.such" 1 %}', '{% live "test.counter" 1 tag="script" %}'],
    ids=["unknown fragment", "unwanted element"],
)
def test_the_tag_refuses_what_its_author_got_wrong(counters, supervisor, source):
    with pytest.raises(TemplateSyntaxError):
        _page(source, supervisor)


def test_the_tag_shows_nothing_to_who_is_signed_out(counters, folder):
    counters.put("a", 1, folder.pk)

    html = _page('{% live "test.counter" "a" %}', AnonymousUser())

    assert html.endswith('data-live-hash=""></div>')


# ---- polling


def _poll(client, **query: str):
    headers = {"If-None-Match": query.pop("etag")} if "etag" in query else {}
    return client.get(reverse("live-fragment"), query, headers=headers)


def test_polling_gives_the_fragment_and_304_while_it_is_the_same(
    counters, supervisor_client, folder
):
    counters.put("a", 1, folder.pk)
    first = _poll(supervisor_client, f="test.counter:a")
    same = _poll(supervisor_client, f="test.counter:a", etag=f"W/{first.headers['ETag']}")
    counters.put("a", 2, folder.pk)
    changed = _poll(supervisor_client, f="test.counter:a", etag=first.headers["ETag"])

    assert first.content.decode().startswith("<b>1</b>")
    assert first.headers["ETag"] == f'"{first.headers["X-Fragment-Hash"]}"'
    assert (same.status_code, same.content) == (304, b"")
    assert changed.content.decode().startswith("<b>2</b>")
    assert "private" in changed.headers["Cache-Control"]


def test_polling_a_log_gives_what_comes_after_the_cursor(counters, supervisor_client, folder):
    counters.put("log", 2, folder.pk)

    response = _poll(supervisor_client, f="test.lines:log", cursor="1")

    assert response.json() == {"lines": [{"n": 1}], "cursor": "2", "more": False}


@pytest.mark.parametrize("fragment_id", ["", "no.such", "test.counter:secret", "test.lines:secret"])
def test_polling_what_is_elsewhere_or_unknown_is_a_404_problem(
    counters, supervisor_client, fragment_id
):
    counters.put("secret", 1, make_folder().pk)

    response = _poll(supervisor_client, f=fragment_id)

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


def test_polling_while_signed_out_is_a_401_problem_and_no_redirect(counters, client):
    response = _poll(client, f="test.counter:a")

    assert response.status_code == 401
    assert response.json()["code"] == "signed_out"


def test_polling_is_by_get_only(counters, supervisor_client):
    assert supervisor_client.post(reverse("live-fragment")).status_code == 405


def test_who_would_be_answered_alike_shares_what_was_drawn(counters, folder):
    roles = Role.ADMIN, Role.AUDITOR, Role.BUSINESS_USER
    admin, auditor, clerk = [
        fragments.audience_of(make_person(folder=folder, role=role)) for role in roles
    ]
    stranger = fragments.audience_of(make_person(folder=make_folder()))
    german = replace(auditor, language="de")
    drawn = []

    def draw(audience):
        drawn.append(audience)
        seen = sorted(audience.folder_ids("view"))
        return seen, audience.can("design", folder.pk), audience.language

    found = fragments.for_alike([admin, auditor, clerk, stranger, german], draw)

    assert found == {
        admin: ([folder.pk], True, "en"),
        auditor: ([folder.pk], False, "en"),
        clerk: ([folder.pk], False, "en"),
        stranger: (sorted(stranger.folder_ids("view")), False, "en"),
        german: ([folder.pk], False, "de"),
    }
    assert len(drawn) == 4, "auditor and clerk are one"
