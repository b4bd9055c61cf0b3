"""Packs to look into, and to tamper with."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from apps.accounts.models import Folder, User
from apps.accounts.permissions import rights_of
from apps.evidence.packing import Asked, make_pack


def pack_of(person: User, folder: Folder, reference: str, **more: Any) -> bytes:
    """Return the bytes of a pack that the person made."""
    asked = Asked(
        reference=reference, folder=folder, by=person.actor, **{"reason": "Court order", **more}
    )
    with make_pack(asked, rights_of(person)).file as file:
        return file.read()


def read(pack: bytes, name: str) -> Any:
    return json.loads(member(pack, name))


def member(pack: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(pack)) as archive:
        return archive.read(name)


def names(pack: bytes) -> list[str]:
    with ZipFile(BytesIO(pack)) as archive:
        return archive.namelist()


def remade(pack: bytes, change: Callable[[dict[str, bytes]], Mapping[str, bytes] | None]) -> bytes:
    """Return the pack with its files changed: `change` gets them by name."""
    files = {name: member(pack, name) for name in names(pack)}
    kept = change(files) or files
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    return out.getvalue()
