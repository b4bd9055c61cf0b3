"""The data directory: one place that holds all that an embedded control room keeps.

A marker file says that a directory is ours and in which format; a lock says who uses it now.
"""

import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import IO

from apps.lib.keyring import ensure_key
from apps.lib.private_files import write_private

from .servers import SECRET_FILE, VAULT_KEYS_FILE

FORMAT = 1
MARKER = "controlroom.json"
LOCK_FILE = "lock"
PASSWORDS_FILE = "passwords.json"  # noqa: S105 - a file's name
FREE_BYTES_NEEDED = 300 * 1024 * 1024


class StartError(Exception):
    """The control room cannot start; the message is one sentence for the person who tried."""


class DataDir:
    """A directory that is ours, in our format, writable, with room left on its disk."""

    def __init__(self, path: Path) -> None:
        """Take over `path`, making it if missing. Raises StartError."""
        self.path = path
        self._lock: IO[str] | None = None
        _make(path)
        _check_is_ours(path)
        _check_space(path)

    def lock(self) -> None:
        """Hold the directory until `unlock` or the end of this process. Raises StartError."""
        handle = (self.path / LOCK_FILE).open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "?"
            handle.close()
            raise StartError(
                f"A control room already runs in {self.path} (process {holder}); "
                "stop it first, or give this one its own --data-dir."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._lock = handle

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def folder(self, name: str) -> Path:
        """Return the sub-directory `name`, made if missing, readable by us only."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def password(self, name: str) -> str:
        """Return the password kept under `name`; make one the first time."""
        path = self.path / PASSWORDS_FILE
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            write_private(path, json.dumps(known))
        return known[name]

    def secret_key(self) -> str:
        """Return this control room's SECRET_KEY; make one the first time."""
        path = self.path / SECRET_FILE
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        return path.read_text().strip()

    def ensure_vault_key(self) -> None:
        """Make the key that secrets of assets are sealed with, the first time."""
        ensure_key(self.path / VAULT_KEYS_FILE)


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise StartError(f"{path} is a file; the data directory must be a directory.") from None
    except NotADirectoryError:
        raise StartError(f"A part of the path {path} is a file, not a directory.") from None
    except OSError as error:
        raise StartError(
            f"The data directory {path} cannot be made: {error.strerror}. "
            "Choose another with --data-dir or CONTROLROOM_DATA_DIR."
        ) from None


def _check_is_ours(path: Path) -> None:
    marker = path / MARKER
    try:
        if not any(path.iterdir()):
            write_private(marker, json.dumps({"format": FORMAT}))
            _probe_writing(path)
            return
        if not marker.exists():
            raise StartError(
                f"{path} is not empty and not a control room's data directory; "
                "choose an empty or a new one."
            )
        _check_format(path, marker.read_text())
        _probe_writing(path)
    except OSError as error:
        raise StartError(
            f"The data directory {path} cannot be read and written: {error.strerror}. "
            "Choose another with --data-dir or CONTROLROOM_DATA_DIR."
        ) from None


def _probe_writing(path: Path) -> None:
    # a name of its own: commands of the same room may look at the same time
    probe = path / f".probe-{os.getpid()}"
    probe.write_text("")
    probe.unlink()


def _check_format(path: Path, marker: str) -> None:
    try:
        found = json.loads(marker)["format"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, int):
        raise StartError(f"{path / MARKER} cannot be read; is {path} a control room's?")
    if found > FORMAT:
        raise StartError(
            f"{path} was written by a newer control room "
            f"(format {found}, this one knows {FORMAT}); start that release."
        )
    if found < FORMAT:
        raise StartError(
            f"{path} was written by an older control room "
            f"(format {found}, this one needs {FORMAT}); see “Upgrading” in docs/running.md."
        )


def _check_space(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < FREE_BYTES_NEEDED:
        raise StartError(
            f"Only {free // 2**20} MB are free on the disk of {path}; "
            f"the control room needs at least {FREE_BYTES_NEEDED // 2**20} MB."
        )
