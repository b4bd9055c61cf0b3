"""Watched folders: what lies in them and has settled. Never leaves WATCHED_DIR, follows no links.

Every step down is opened by its parent's descriptor and without following links, so that nobody
who may write there leads us elsewhere, not even between a look and the reading.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from .refusals import RefusedError

DONE: Final = "done"
CHUNK_BYTES: Final = 1024 * 1024
# Larger ones would hold up the other folders for minutes while they are read
MAX_BYTES: Final = 2 * 1024 * 1024 * 1024
# Of one look; what is left over is seen by the next
MAX_LISTED: Final = 10_000
# of a name that starts something: with the folder it stands in texts of 200 characters
MAX_NAME: Final = 150


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it lay there at a look; the same `mark` later means that nobody has written."""

    name: str
    size: int
    mtime_ns: int
    inode: int

    @property
    def mark(self) -> str:
        return f"{self.size}.{self.mtime_ns}.{self.inode}"

    def occasion(self, folder: str) -> str:
        """Return what names this file for good: where it lies, its size and when it was written."""
        said = f"{folder}/{self.name}\n{self.size}\n{self.mtime_ns}"
        return f"file {self.name} {hashlib.sha256(said.encode()).hexdigest()[:24]}"

    def moved_name(self, sha256: str) -> str:
        """Return how it is called once it is done with: the same however often it is asked."""
        written = datetime.fromtimestamp(self.mtime_ns // 1_000_000_000, UTC)
        return f"{written:%Y%m%dT%H%M%S}-{sha256[:8]}-{self.name}"


@dataclass(slots=True)
class Settling:
    """Which files have lain unchanged for long enough, by this process's own clock.

    A file's own time says little: it may be kept from elsewhere, or be another machine's.
    """

    _since: dict[str, tuple[str, float]] = field(default_factory=dict)

    def settled(self, found: Iterable[Found], *, at: float, seconds: float) -> list[Found]:
        """Return those that have not changed for `seconds`; `at` is a monotonic clock's time."""
        listed = list(found)
        before, self._since = self._since, {}
        ready = []
        for each in listed:
            mark, since = before.get(each.name, ("", at))
            if mark != each.mark:
                since = at
            self._since[each.name] = (each.mark, since)
            if at - since >= seconds:
                ready.append(each)
        return ready


@contextmanager
def opened_folder(base: Path, folder: str) -> Iterator[int]:
    """Give a descriptor of `folder` below `base`, made if missing. Raises RefusedError."""
    base.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.split("/"):
            below = _step_down(descriptor, part)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def listed(folder: int, pattern: str) -> list[Found]:
    """Return the plain files whose names fit, oldest first; hidden ones are being written."""
    found = []
    with os.scandir(folder) as entries:
        for n, entry in enumerate(entries):
            if n >= MAX_LISTED:
                break
            if _is_wanted(entry.name, pattern) and entry.is_file(follow_symlinks=False):
                found += _looked_at(entry)
    return sorted(found, key=lambda each: (each.mtime_ns, each.name))


@contextmanager
def opened_file(folder: int, found: Found) -> Iterator[tuple[BinaryIO, str]]:
    """Give the file and its SHA-256. Raises RefusedError when it is not the one that was seen."""
    if found.size > MAX_BYTES:
        raise RefusedError("too_large", _("The file is larger than 2 GB."), status=413)
    # without waiting: a pipe of that name would hold us up for ever
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(found.name, flags, dir_fd=folder), "rb") as file:
        _insist_on_same(file, found)
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        _insist_on_same(file, found)
        file.seek(0)
        yield file, digest.hexdigest()


def move_away(folder: int, found: Found, name: str) -> None:
    """Put the file into `done` beside it, unless somebody else has; replaced ones stay."""
    if not _is_same(folder, found):
        return
    done = _step_down(folder, DONE)
    try:
        with suppress(FileNotFoundError):  # another scheduler was faster
            os.rename(found.name, name, src_dir_fd=folder, dst_dir_fd=done)
    finally:
        os.close(done)


def remove(folder: int, found: Found) -> None:
    """Delete the file, unless another one lies there by now."""
    if _is_same(folder, found):
        with suppress(FileNotFoundError):
            os.unlink(found.name, dir_fd=folder)


def _step_down(folder: int, name: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        with suppress(FileExistsError):
            os.mkdir(name, 0o770, dir_fd=folder)
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        words = {"name": name, "why": error.strerror}
        message = _("The folder “%(name)s” can't be watched: %(why)s") % words
        raise RefusedError("no_folder", message, status=409) from None


def _is_wanted(name: str, pattern: str) -> bool:
    is_plain = not name.startswith(".") and len(name) <= MAX_NAME and name.isprintable()
    return is_plain and fnmatchcase(name, pattern)


def _looked_at(entry: "os.DirEntry[str]") -> list[Found]:
    try:
        seen = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return []
    return [Found(entry.name, seen.st_size, seen.st_mtime_ns, seen.st_ino)]


def _insist_on_same(file: BinaryIO, found: Found) -> None:
    if not _fits(os.fstat(file.fileno()), found):
        message = _("The file changed while it was read; it is looked at again.")
        raise RefusedError("changed", message, status=409)


def _is_same(folder: int, found: Found) -> bool:
    try:
        return _fits(os.stat(found.name, dir_fd=folder, follow_symlinks=False), found)
    except FileNotFoundError:
        return False


def _fits(seen: os.stat_result, found: Found) -> bool:
    is_same = Found(found.name, seen.st_size, seen.st_mtime_ns, seen.st_ino) == found
    return is_same and stat.S_ISREG(seen.st_mode)
