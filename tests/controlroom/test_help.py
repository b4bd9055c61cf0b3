"""Help in place: the docs as pages, and the page that explains each page."""

import re

import pytest
from django.urls import URLResolver, get_resolver, resolve

from controlroom import help as docs

HREF = re.compile(r'<a [^>]*href="([^"]+)"')
# no pages of people's: programs, steps of signing in, live parts
WITHOUT_HELP = {"api", "hooks", "help"}


def text_of(page):
    return page.split('<article class="panel panel-body help-text"')[1].split("</article>")[0]


def addresses_on(topic):
    return HREF.findall(docs.html_of(docs.document(topic)))


@pytest.mark.django_db
@pytest.mark.parametrize("topic", sorted(docs.topics()))
def test_every_page_of_the_docs_is_shown(supervisor_client, topic):
    answer = supervisor_client.get(f"/help/{topic}/")

    assert answer.status_code == 200
    title = docs.document(topic).title
    assert title != topic
    assert f"<title>{title[:6]}" in answer.text
    assert "<h1" not in text_of(answer.text)


@pytest.mark.parametrize("topic", sorted(docs.topics()))
def test_every_link_within_the_docs_leads_somewhere(topic):
    for address in addresses_on(topic):
        if address.startswith(("https://", "http://", "/help/pictures/")):
            continue
        path, _mark, anchor = address.partition("#")
        meant = path.removeprefix("/help/").removesuffix("/") or topic
        assert meant in docs.topics(), address
        assert not anchor or anchor in {each.anchor for each in docs.document(meant).headings}, (
            address
        )


def test_links_to_files_are_text_and_links_to_pages_lead_there():
    html = docs.html_of(docs.document("running"))

    assert "../deploy" not in "".join(HREF.findall(html))
    assert any(each.startswith("/help/") for each in addresses_on("running"))
    assert all("decisions/" not in each for topic in docs.topics() for each in addresses_on(topic))


def test_what_could_run_is_not_drawn(tmp_path, monkeypatch):
    written = (
        "# Bad\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1))\n\n"
        "![p](https://elsewhere.example/p.png)\n\n## One `two`\n\n## One `two`\n"
    )
    (tmp_path / "bad.md").write_text(written)
    monkeypatch.setattr(docs, "DOCS", tmp_path)

    found = docs.document.__wrapped__("bad")
    html = docs.html_of(found)

    assert "<script" not in html
    assert "javascript" not in "".join(HREF.findall(html))
    assert "elsewhere.example" not in html
    assert [each.anchor for each in found.headings] == ["one-two", "one-two-1"]


@pytest.mark.parametrize("topic", sorted(docs.topics()))
def test_whatever_is_too_wide_can_be_reached_and_no_head_is_empty(topic):
    html = docs.html_of(docs.document(topic))

    assert (
        re.findall(r"<pre(?! tabindex)|<table(?! class)|<th></th>|<th [^>]*></th>|<img", html) == []
    )


def test_pictures_are_links():
    assert "/help/pictures/wall.png" in addresses_on("overview")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/help/", "/help/alerts/", "/help/pictures/wall.png"])
def test_help_is_for_who_is_signed_in(client, business_client, address):
    assert client.get(address).status_code == 302
    assert business_client.get(address).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/help/nothing/", "/help/decisions/", "/help/..%2fREADME/", "/help/pictures/..%2fa.png"],
)
def test_there_is_nothing_else(supervisor_client, address):
    assert supervisor_client.get(address).status_code == 404


@pytest.mark.django_db
def test_every_page_of_the_rail_names_what_explains_it(admin_client):
    nav = admin_client.get("/").text.split('<nav class="rail"')[1].split("</nav>")[0]
    places = set(re.findall(r'<a href="(/[^"]*)"', nav))
    assert len(places) > 12

    for place in places:
        topic = docs.topic_of(resolve(place).view_name)
        assert topic in docs.topics(), place
        assert f'href="/help/{topic}/"' in admin_client.get(place).text, place


def test_every_part_of_the_product_is_explained_by_a_page_that_there_is():
    spaces = {
        each.namespace
        for each in get_resolver().url_patterns
        if isinstance(each, URLResolver) and each.namespace
    }

    assert spaces - set(docs.TOPICS) - WITHOUT_HELP == set()
    assert set(docs.TOPICS.values()) <= docs.topics()
    assert {each for _label, some in docs.GROUPS for each in some} <= docs.topics()


@pytest.mark.django_db
def test_a_page_that_nothing_explains_names_the_index(supervisor_client):
    assert docs.topic_of("no-such:page") == ""
    assert 'href="/help/"' in supervisor_client.get("/nothing-here/").text


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/help/", "/help/glossary/"])
def test_who_reads_another_language_is_told_that_help_is_in_english(
    supervisor, supervisor_client, address
):
    told = "Diese Seiten sind auf Englisch."
    assert told not in supervisor_client.get(address).text

    supervisor.language = "de"
    supervisor.save()

    assert told in supervisor_client.get(address).text


@pytest.mark.django_db
def test_the_index_names_every_page(supervisor_client):
    found = set(HREF.findall(supervisor_client.get("/help/").text))

    assert {f"/help/{topic}/" for topic in docs.topics()} <= found


@pytest.mark.django_db
def test_the_palette_finds_pages_of_help_and_their_sections(supervisor_client):
    def hits(text):
        found = supervisor_client.get("/search/palette/", {"q": text}).json()["hits"]
        return {hit["url"]: hit["hint"] for hit in found}

    assert hits("outgoing webhooks")["/help/webhooks/"] == "Page · Help"
    section = next(each for each in docs.document("search").headings if each.level == 2)
    assert hits(section.text)[f"/help/search/#{section.anchor}"].startswith("Page · Help · ")
