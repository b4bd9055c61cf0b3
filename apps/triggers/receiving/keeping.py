"""What came with a mail is kept as private files, by day, until start logs are dropped."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from apps.lib.clock import utc_now
from apps.lib.errors import NotFoundError
from apps.lib.json import JsonObject

FOLDER: Final = "received"
ID: Final = re.compile(r"(\d{8})-([0-9a-f]{32})", re.ASCII)


def new_id() -> str:
    """Return an id under which something can be kept; it begins with the day."""
    return f"{utc_now():%Y%m%d}-{uuid4().hex}"


def keep(file_id: str, content: bytes) -> None:
    """Keep `content` so that only the control room's own user can read it."""
    default_storage.save(_path(file_id), ContentFile(content))


@dataclass(slots=True)
class Kept:
    """An attachment, as downloads take documents."""

    pk: Any
    name: Any
    content_type: Any
    size: Any
    sha256: Any
    file: Any


def kept_file(event: JsonObject, file_id: str) -> Kept:
    """Return an attachment of that event. Raises NotFoundError."""
    row = next((each for each in _attachments(event) if each.get("id") == file_id), None)
    if row is None or not ID.fullmatch(file_id) or not default_storage.exists(_path(file_id)):
        raise NotFoundError(_("There is no such file, or it was dropped."))
    return Kept(
        pk=file_id,
        name=str(row.get("name")),
        content_type=str(row.get("type") or ""),
        size=int(str(row.get("size") or 0)),
        sha256="",
        file=default_storage.open(_path(file_id)),
    )


def prune(days: int) -> int:
    """Drop what was kept more than `days` ago; return how many days that were."""
    oldest = f"{utc_now().date() - timedelta(days=days):%Y%m%d}"
    root = Path(settings.MEDIA_ROOT) / FOLDER
    old = [each for each in root.glob("[0-9]" * 8) if each.name < oldest]
    for each in old:
        rmtree(each, ignore_errors=True)
    return len(old)


def _path(file_id: str) -> str:
    day, _dash, name = file_id.partition("-")
    return f"{FOLDER}/{day}/{name}"


def _attachments(event: JsonObject) -> list[JsonObject]:
    listed = event.get("attachments")
    rows = listed if isinstance(listed, list) else []
    return [row for row in rows if isinstance(row, dict)]
