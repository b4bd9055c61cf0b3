"""What can be said about templates, styles and scripts without opening a browser."""

import json
import re
from pathlib import Path

from django.conf import settings

from controlroom.assets import Asset, asset

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
SHELL_LIMIT_BYTES = 52 * 1024
TEMPLATES = sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("apps/*/templates/**/*.html")])
SCRIPTS = sorted(STATIC.glob("js/*.js"))


def test_no_template_needs_more_than_the_strict_content_security_policy() -> None:
    forbidden = re.compile(r"""\sstyle=|<style|\son[a-z]+=["']|\shx-on|["']js:|javascript:""")

    # a mail and a page in an archive are none of ours: they have neither a policy nor style sheets
    alone = {("reports", "mail.html"), ("evidence", "index.html")}
    pages = [path for path in TEMPLATES if path.parts[-2:] not in alone]
    offenders = [path.name for path in pages if forbidden.search(path.read_text())]

    assert offenders == []


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))

    named = {
        (path.name, icon)
        for path in TEMPLATES
        for icon in re.findall(r'(?:icon\.html" with name=|\bicon=)"([\w-]+)"', path.read_text())
    }

    assert [(path, icon) for path, icon in sorted(named) if icon not in known] == []


def test_every_word_that_a_script_says_is_in_the_catalogue_of_words() -> None:
    page = (ROOT / "templates/components/words.html").read_text()
    words = {camel_case(name) for name in re.findall(r"\sdata-word-([\w-]+)=", page)}

    said = {word for path in SCRIPTS for word in re.findall(r'\bsay\("(\w+)"', path.read_text())}

    assert said - words == set()


def test_the_shell_stays_within_its_weight() -> None:
    """Styles, scripts, icons and htmx of a page without charts, as they are sent."""
    base = (ROOT / "templates/base.html").read_text()
    names = {*re.findall(r"static '([^']+)'", base), "icons.svg"}

    weight = sum(len(made(name).packed) for name in names)

    assert weight <= SHELL_LIMIT_BYTES


def test_every_script_and_style_can_be_bundled() -> None:
    names = [str(path.relative_to(STATIC)) for path in [*SCRIPTS, *STATIC.glob("css/*.css")]]

    assert all(made(name).content for name in names)


def test_styles_name_no_other_files_than_those_they_import() -> None:
    """What a style sheet names is looked for beside its bundle, not beside itself."""
    named = re.compile(rb"url\((?!['\"]?data:)")

    assert [path.name for path in STATIC.glob("css/*.css") if named.search(path.read_bytes())] == []


def test_vendored_files_are_locked_licensed_and_free_of_map_comments() -> None:
    lock = json.loads((STATIC / "vendor/lock.json").read_text())
    folders = [*STATIC.glob("vendor/*@*"), *(ROOT / "tests/vendor").glob("*@*")]

    versions = {folder.name for folder in folders}
    contents = [path for folder in folders for path in folder.iterdir()]

    assert versions == {f"{entry['name'].split('/')[-1]}@{entry['version']}" for entry in lock}
    assert all((folder / "LICENSE").is_file() for folder in folders)
    assert [path.name for path in contents if b"sourceMappingURL=" in path.read_bytes()] == []


def camel_case(name: str) -> str:
    return re.sub(r"-(\w)", lambda match: match[1].upper(), name)


def made(name: str) -> Asset:
    found = asset(name)
    assert found, f"{name} is not there"
    return found
