"""Static files, answered before Django is asked.

Pages name each file by what is in it (`css/shell.0a1b2c3d4e5f.css`), so a browser keeps it for
good and asks anew as soon as it has changed. What stands at such an address is bundled with what
it imports and compressed, once for each process.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile
from servestatic import ServeStaticASGI

from .bundling import bundle_script, bundle_style
from .limits import Application, Receive, Scope, Send

FOREVER = "public, max-age=31536000, immutable"
# Another release was asked for: what this one has is right for now, and must not be kept
FOR_NOW = "no-cache"
HASHED = re.compile(
    r"^(?P<stem>[\w@-]+(?:[./][\w@-]+)*)\.(?P<digest>[0-9a-f]{12})(?P<suffix>\.\w+)$", re.ASCII
)
PACKED_TYPES = re.compile(r"^text/|javascript|json|svg")


@dataclass(frozen=True)
class Asset:
    """One static file as browsers get it."""

    name: str
    digest: str
    media_type: str
    content: bytes
    packed: bytes

    @property
    def hashed_name(self) -> str:
        stem, _, suffix = self.name.rpartition(".")
        return f"{stem}.{self.digest}.{suffix}"


# only of files that exist: names come from addresses, too
_assets: dict[str, Asset] = {}


def asset(name: str) -> Asset | None:
    """Return a static file by its name, or None when there is none."""
    if name not in _assets:
        path = finders.find(name)
        if not isinstance(path, str) or not Path(path).is_file():
            return None
        _assets[name] = _make(name)
    return _assets[name]


class HashedStaticFiles(StaticFilesStorage):
    """Name static files by their content; `collectstatic` writes them so, too."""

    def url(self, name: str | None, force: bool = False) -> str:
        found = None if settings.DEBUG or name is None else asset(name)
        return super().url(found.hashed_name if found else name)

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        """Write what pages ask for beside its source, for a proxy that serves these files."""
        for name in paths:
            found = asset(name)
            if found is None or dry_run:
                continue
            for written, content in self._forms(found):
                self.delete(written)
                self.save(written, ContentFile(content))
            yield name, found.hashed_name, True

    def _forms(self, found: Asset) -> list[tuple[str, bytes]]:
        forms = [(found.hashed_name, found.content)]
        if found.packed is not found.content:
            forms.append((f"{found.hashed_name}.gz", found.packed))
        return forms


def with_static_files(application: Application) -> Application:
    """Return an application that serves the static files of the project and of all apps."""
    files = ServeStaticASGI(
        application,
        max_age=settings.STATIC_MAX_AGE_SECONDS,
        allow_all_origins=False,
        add_headers_function=_harden,
    )
    for finder in reversed(list(finders.get_finders())):
        for storage in reversed(list(getattr(finder, "storages", {}).values())):
            files.add_files(storage.location, settings.STATIC_URL)
    served: Application = files
    return HashedFiles(served)


class HashedFiles:
    """Answer what is asked for by its hashed name, from memory; leave the rest to others."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found, is_current = None, False
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            found, is_current = asset_at(scope["path"])
        if found is None:
            await self.application(scope, receive, send)
        else:
            await _answer(scope, send, found, FOREVER if is_current else FOR_NOW)


def asset_at(address: str) -> tuple[Asset | None, bool]:
    """Return what stands at a hashed address, and whether it is still what was meant by it."""
    match = HASHED.match(address.removeprefix(settings.STATIC_URL))
    if match is None or not address.startswith(settings.STATIC_URL):
        return None, False
    found = asset(match["stem"] + match["suffix"])
    return found, found is not None and found.digest == match["digest"]


async def _answer(scope: Scope, send: Send, found: Asset, kept: str) -> None:
    accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
    is_packed = b"gzip" in accepted and found.packed is not found.content
    body = found.packed if is_packed else found.content
    headers = {
        "Content-Type": found.media_type,
        "Content-Length": str(len(body)),
        "Cache-Control": kept,
        "Vary": "Accept-Encoding",
        **({"Content-Encoding": "gzip"} if is_packed else {}),
    }
    _harden(headers, "", "")
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _make(name: str) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = PACKED_TYPES.search(media_type) is not None
    content = _content(name)
    return Asset(
        name=name,
        digest=hashlib.sha256(content).hexdigest()[:12],
        media_type=f"{media_type}; charset=utf-8" if is_text else media_type,
        content=content,
        packed=gzip.compress(content, 9, mtime=0) if is_text else content,
    )


def _content(name: str) -> bytes:
    if name.startswith("css/"):
        return bundle_style(name, _read).encode()
    if name.startswith("js/"):
        return bundle_script(name, _read, _url).encode()
    return _bytes(name)


def _url(name: str) -> str:
    found = asset(name)
    assert found is not None, f"{name} is imported, but not there"
    return settings.STATIC_URL + found.hashed_name


def _read(name: str) -> str:
    return _bytes(name).decode()


def _bytes(name: str) -> bytes:
    path = finders.find(name)
    assert isinstance(path, str), f"{name} is imported, but not there"
    return Path(path).read_bytes()


def _harden(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
