"""Scripts and styles come in one piece each, by an address that names their content."""

import asyncio
import gzip
from typing import Any

import pytest
from django.core.management import call_command
from django.templatetags.static import static

from controlroom.assets import FOR_NOW, FOREVER, HashedFiles, asset, asset_at
from controlroom.bundling import BundlingError, bundle_script, bundle_style

FILES = {
    "js/app.js": 'import "./words.js";\n',
    "js/words.js": "export const say = (text) => text;\nconst own = 1;\n",
    "js/list.js": 'import { say as tell } from "./words.js";\nimport { sum } from "./sums.js";\n'
    "export function show() { return tell(sum(1, 2)); }\n",
    "js/sums.js": "export function sum(a, b) { return a + b; }\n",
    "js/plain.js": "(() => { window.ready = true; })();\n",
    "js/later.js": 'import "./sums.js";\nexport const open = () => import("./list.js");\n',
    "js/round.js": 'import "./about.js";\n',
    "js/about.js": 'import "./round.js";\n',
    "js/strange.js": 'import { sum } from "./sums.js";\nimport * as all from "./sums.js";\n',
    "css/page.css": '@import "../vendor/reset.css";\n@import "parts.css";\np { color: red }\n',
    "css/parts.css": "a { color: blue }",
    "vendor/reset.css": "* { margin: 0 }\n",
}


def bundled(name: str) -> str:
    return bundle_script(name, FILES.__getitem__, lambda other: f"/there/{other}")


def test_a_style_sheet_brings_those_it_imports_in_their_order():
    sheet = bundle_style("css/page.css", FILES.__getitem__)

    assert sheet == "* { margin: 0 }\na { color: blue }\np { color: red }\n"


def test_a_script_brings_what_it_imports_but_not_what_the_shell_has_brought():
    script = bundled("js/list.js")

    assert script.index('bundled["sums.js"] ??=') < script.index('bundled["list.js"] ??=')
    assert 'bundled["words.js"] ??=' not in script
    assert 'const { say: tell } = bundled["words.js"];' in script
    assert script.endswith('export const { show } = bundled["list.js"];\n')
    assert 'bundled["words.js"] ??=' in bundled("js/app.js")


def test_a_script_that_is_no_module_stays_as_it_is():
    assert bundled("js/plain.js") == FILES["js/plain.js"]


def test_what_is_imported_on_demand_is_asked_for_by_its_own_address():
    script = bundled("js/later.js")

    assert 'import("/there/js/list.js")' in script
    assert 'bundled["list.js"] ??=' not in script


@pytest.mark.parametrize("name", ["js/round.js", "js/strange.js"])
def test_what_bundling_does_not_understand_is_refused(name):
    with pytest.raises(BundlingError):
        bundled(name)


def ask(address: str, *, packed: bool = True) -> tuple[dict[str, str], bytes]:
    """Ask for an address; an empty answer means that it was left to others."""
    said: list[Any] = []

    async def leave(*_anything: Any) -> None: ...

    async def note(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "headers": [(b"accept-encoding", b"gzip, br")] if packed else [],
    }
    asyncio.run(HashedFiles(leave)(scope, leave, note))
    if not said:
        return {}, b""
    return {name.decode(): value.decode() for name, value in said[0]["headers"]}, said[1]["body"]


def test_a_file_is_kept_for_good_under_the_name_of_its_content():
    headers, body = ask(static("css/shell.css"))

    assert headers["cache-control"] == FOREVER
    assert headers["content-type"] == "text/css; charset=utf-8"
    assert b"@import" not in gzip.decompress(body)
    assert gzip.decompress(body) == ask(static("css/shell.css"), packed=False)[1]


def test_a_page_of_another_release_gets_what_there_is_and_keeps_it_not():
    headers, body = ask("/static/css/shell.0123456789ab.css")

    assert headers["cache-control"] == FOR_NOW
    assert body


@pytest.mark.parametrize(
    "address",
    [
        "/static/css/shell.css",
        "/static/nothing.0123456789ab.css",
        "/static/../controlroom/settings.0123456789ab.py",
        "/static//etc/passwd.0123456789ab.conf",
        "/static/vendor/htmx.org@4.0.0123456789ab.1",
        "/elsewhere/css/shell.0123456789ab.css",
        "/static/a\x00.0123456789ab.css",
    ],
)
def test_other_addresses_are_left_to_others(address):
    assert ask(address) == ({}, b"")
    assert asset_at(address)[0] is None


def test_collecting_writes_what_pages_ask_for(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path

    call_command("collectstatic", interactive=False, verbosity=0)

    shell = asset("js/app.js")
    assert shell
    assert (tmp_path / shell.hashed_name).read_bytes() == shell.content
    assert gzip.decompress((tmp_path / f"{shell.hashed_name}.gz").read_bytes()) == shell.content
