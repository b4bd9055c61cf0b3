"""Checking a pack: is it as it was signed, and by whom."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - an exception by any other name

import orjson
from cryptography.exceptions import InvalidSignature
from django.utils.translation import gettext as _

from .archive import MANIFEST, PUBLIC_KEY, SIGNATURE
from .keys import fingerprint_of, read_public_key

MOST_MANIFEST_BYTES: Final = 10_000_000
AT_ONCE: Final = 1_000_000
# what reading a ZIP of a stranger raises
UNREADABLE: Final = (
    BadZipFile, ZlibError, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`faults`: in plain words what is wrong; none: it is as it was signed.

    `is_own_key`: the signature was only held against the key in the pack itself.
    """

    faults: list[str]
    manifest: dict[str, Any]
    fingerprint: str = ""
    is_own_key: bool = False


def verify(file: IO[bytes], keys: Sequence[str]) -> Verdict:
    """Check the pack against public keys (PEM) that are trusted; without any, its own."""
    try:
        with ZipFile(file) as archive:
            return _verdict(archive, keys)
    except UNREADABLE as error:
        return Verdict(faults=[_("The file can't be read as a pack: %s") % error], manifest={})


def _verdict(archive: ZipFile, keys: Sequence[str]) -> Verdict:
    missing = {MANIFEST, SIGNATURE, PUBLIC_KEY} - set(archive.namelist())
    if missing:
        words = ", ".join(sorted(missing))
        return Verdict(faults=[_("It is no evidence pack: %s is missing.") % words], manifest={})
    content = _read(archive, MANIFEST)
    own = _read(archive, PUBLIC_KEY).decode("utf-8", "replace")
    signed_by = _signer(content, _read(archive, SIGNATURE), keys or [own])
    faults = [] if signed_by else [_unsigned(keys)]
    manifest = _manifest(content)
    if manifest is None:
        faults.append(_("%s is not what a control room writes.") % MANIFEST)
        return Verdict(faults=faults, manifest={})
    faults += _file_faults(archive, manifest)
    fingerprint = fingerprint_of(signed_by) if signed_by else ""
    return Verdict(faults=faults, manifest=manifest, fingerprint=fingerprint, is_own_key=not keys)


def _signer(content: bytes, signature: bytes, keys: Sequence[str]) -> str:
    """Return the key that the signature is by; "" if it is by none of these."""
    for pem in keys:
        try:
            read_public_key(pem.encode()).verify(signature, content)
        except (InvalidSignature, ValueError):
            continue
        return pem
    return ""


def _unsigned(keys: Sequence[str]) -> str:
    if keys:
        return (
            _(
                "The signature is not by the key that was asked for: %s was changed, or somebody"
                " else signed it."
            )
            % MANIFEST
        )
    return _("The signature does not fit: %s was changed.") % MANIFEST


def _manifest(content: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(content)
    except ValueError:
        return None
    files = found.get("files") if isinstance(found, dict) else None
    if not isinstance(files, list) or not all(_is_listed(each) for each in files):
        return None
    return dict(found)


def _is_listed(said: Any) -> bool:
    return (
        isinstance(said, dict)
        and isinstance(said.get("name"), str)
        and isinstance(said.get("sha256"), str)
        and isinstance(said.get("size"), int)
    )


def _file_faults(archive: ZipFile, manifest: dict[str, Any]) -> Iterator[str]:
    there = Counter(archive.namelist())
    listed = {each["name"]: each for each in manifest["files"]}
    for name, n in there.items():
        if n > 1:
            yield _("%s is in it more than once.") % name
    for name in sorted(there.keys() - listed.keys() - {MANIFEST, SIGNATURE}):
        yield _("%s was added: it is not in the list of files.") % name
    for name, said in listed.items():
        if name not in there:
            yield _("%s is missing.") % name
        elif _digest(archive, name, said["size"]) != said["sha256"]:
            yield _("%s was changed.") % name


def _digest(archive: ZipFile, name: str, size: int) -> str:
    """Return the digest; "" for what is longer than it should be, however much that is."""
    found, n = hashlib.sha256(), 0
    try:
        with archive.open(name) as part:
            while piece := part.read(AT_ONCE):
                n += len(piece)
                if n > size:
                    return ""
                found.update(piece)
    except UNREADABLE:
        return ""
    return found.hexdigest()


def _read(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        content = part.read(MOST_MANIFEST_BYTES + 1)
    if len(content) > MOST_MANIFEST_BYTES:
        raise ValueError(_("%s is too large") % name)
    return content
