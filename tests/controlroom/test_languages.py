"""The catalogs: whatever is said in English is said in each of the other languages, too."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

from controlroom.languages import languages

ROOT = Path(settings.BASE_DIR)
CATALOGS = ROOT / "locale"
OTHERS = [code for code, _name in languages(CATALOGS) if code != "en"]
# name → which arguments are said (one, or one and many), and which is the context
SAYING = {
    "_": (0,), "gettext": (0,), "gettext_lazy": (0,), "gettext_noop": (0,), "_lazy": (0,),
    "ngettext": (0, 1), "ngettext_lazy": (0, 1),
    "pgettext": (1,), "pgettext_lazy": (1,), "npgettext": (1, 2), "npgettext_lazy": (1, 2),
}  # fmt: skip
PLACE = re.compile(r"%\((\w+)\)s|%\((\w+)\)d|\{(\w*)\}|(</?\w+)")


def said_in(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield (context, text) of each constant text to be translated; of a plural, the one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in SAYING:
            continue
        first = SAYING[name][0]
        texts = [argument.value for argument in node.args[: first + 1] if is_text(argument)]
        if len(texts) == first + 1 and texts[-1]:
            yield (texts[0] if first else "", texts[-1])


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@cache
def said() -> frozenset[tuple[str, str]]:
    found = set()
    for folder in ("apps", "controlroom"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                found.update(said_in(ast.parse(path.read_text())))
    for folder in ("templates", "apps"):
        for path in (ROOT / folder).rglob("*.html"):
            found.update(said_in_template(path))
    return frozenset(found)


CALL = re.compile(r"\b(n?p?gettext|_)\((.+?)\)(?= |$)", re.MULTILINE | re.DOTALL)


def said_in_template(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what Django's own reading of the template makes into calls."""
    for call in CALL.finditer(templatize(path.read_text(), origin=str(path))):
        try:
            tree = ast.parse(call[0])
        except SyntaxError:
            continue
        yield from said_in(tree)


@cache
def catalog(code: str) -> dict[object, str]:
    with (CATALOGS / code / "LC_MESSAGES" / "django.mo").open("rb") as compiled:
        return GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]


def told(code: str, context: str, text: str) -> str | None:
    key = f"{context}\x04{text}" if context else text
    found = catalog(code)
    return found.get(key) or found.get((key, 0))


def test_there_is_more_than_english():
    assert "de" in OTHERS
    assert dict(languages(CATALOGS))["de"] == "Deutsch"


@pytest.mark.parametrize("code", OTHERS)
def test_everything_said_is_translated(code):
    missing = sorted(text for context, text in said() if not told(code, context, text))
    assert not missing, f"{len(missing)} texts are missing; run `make messages`: {missing[:10]}"


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_what_is_put_into_them(code):
    wrong = []
    for context, text in said():
        translated = told(code, context, text)
        if translated and not set(places(translated)) <= set(places(text)) | {"n", "count"}:
            wrong.append((text, translated))
    assert not wrong


def places(text: str) -> list[str]:
    return ["".join(found) for found in PLACE.findall(text)]


@pytest.mark.parametrize("code", OTHERS)
def test_the_compiled_catalog_is_the_written_one(code):
    folder = CATALOGS / code / "LC_MESSAGES"
    written = (folder / "django.po").read_text()
    assert "#, fuzzy" not in written
    n_written = len(re.findall(r"^msgid ", written, re.MULTILINE)) - len(
        re.findall(r"^#~ msgid ", written, re.MULTILINE)
    )
    n_compiled = len({key[0] if isinstance(key, tuple) else key for key in catalog(code)})
    assert n_compiled == n_written


def test_templates_are_read_as_django_reads_them(tmp_path):
    path = tmp_path / "one.html"
    path.write_text(
        '{% load i18n %}{% translate "Open" %}{% blocktranslate count n=3 %}one{% plural %}more'
        '{% endblocktranslate %}{% translate "May" context "month" %}{{ x|default:_("none") }}'
    )
    assert set(said_in_template(path)) == {
        ("", "Open"),
        ("", "one"),
        ("month", "May"),
        ("", "none"),
    }
