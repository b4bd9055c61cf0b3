"""Rules of the house that no linter knows."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
# never a page of ours: read from an archive on somebody's disk, where it has nothing but itself
ALONE = {ROOT / "templates" / "evidence" / "index.html"}
SOURCES = [path for path in (ROOT / "apps").rglob("*.py") if "migrations" not in path.parts]
MAX_LINES_PER_FILE, MAX_LINES_PER_FUNCTION = 400, 40

# what may be seen without signing in; everything else must ask
OPEN_PAGES = {
    "healthz", "readyz", "metrics", "favicon.ico", "manifest.webmanifest", "csp/", "sw.js",
}  # fmt: skip
PLACE_TABLES = ("Ready", "Scheduled", "Lease", "Parked", "Ended")


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_statuses_are_written_by_lifecycles_only():
    """`status=` in an update() or an assignment to `.status` stands in lifecycle modules only."""
    offenders = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if not _is_lifecycle(path)
        for node in ast.walk(ast.parse(path.read_text()))
        if _writes_status(node)
    ]

    assert offenders == []


def test_place_tables_are_written_by_the_queues_lifecycle_only():
    pattern = re.compile(
        rf"\b({'|'.join(PLACE_TABLES)})\.objects\b[^\n]*\.(create|bulk_create|update|delete)\("
    )
    offenders = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not _is_lifecycle(path) and pattern.search(path.read_text())
    ]

    assert offenders == []


def test_no_file_and_no_function_is_too_long():
    too_long = []
    for path in SOURCES:
        text = path.read_text()
        if text.count("\n") > MAX_LINES_PER_FILE:
            too_long.append(str(path.relative_to(ROOT)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_LINES_PER_FUNCTION:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.name} ({length})")

    assert too_long == []


def test_templates_hold_no_inline_script_or_style():
    pattern = re.compile(
        r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\|safe\b"
    )
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if pattern.search(path.read_text()) and path not in ALONE
    ]

    assert offenders == []


@pytest.mark.django_db
def test_every_page_asks_who_is_there(client):
    """A stranger gets the sign-in page, or a plain refusal, at every address."""
    for address in _addresses():
        if address in OPEN_PAGES or address.startswith(
            ("sign-in", "api/", "demo/sign-in", "static")
        ):
            continue

        answer = client.get(f"/{address}")

        # gone: a link from an e-mail, which is a secret itself
        assert answer.status_code in {302, 401, 403, 404, 405, 410}, address
        if answer.status_code == 302:
            assert "sign-in" in answer["Location"], address


def _addresses():
    def walk(patterns, prefix):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield re.sub(r"<[^>]+>", "1", route).replace("^", "").replace("$", "")

    return sorted(set(walk(get_resolver().url_patterns, "")))


def _is_lifecycle(path: Path) -> bool:
    """Engines decide about statuses, and have no rows to write them to (see the contracts)."""
    parts = path.relative_to(ROOT).parts
    return "engine" in parts or any(part.startswith("lifecycle") for part in parts)


def _writes_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        named = {keyword.arg for keyword in node.keywords}
        return node.func.attr == "update" and "status" in named
    if isinstance(node, ast.Assign):
        return any(
            isinstance(target, ast.Attribute)
            and target.attr == "status"
            and not (isinstance(target.value, ast.Name) and target.value.id == "self")
            for target in node.targets
        )
    return False
