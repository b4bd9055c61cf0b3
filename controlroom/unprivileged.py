"""PostgreSQL refuses to run as root: find a user for it, and what that user can reach."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .datadir import StartError

CANDIDATES = ("nobody", "postgres", "daemon", "www-data")


@dataclass(frozen=True, kw_only=True)
class ServerUser:
    """Who the servers run as: None means "as ourselves"."""

    uid: int | None = None
    gid: int | None = None
    name: str = ""

    @property
    def popen_options(self) -> dict[str, Any]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Make `path` (of our data directory) this user's."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def folder(self, path: Path) -> Path:
        """Return `path` as a directory that only this user reads."""
        path.mkdir(mode=0o700, exist_ok=True)
        self.own(path)
        return path


def server_user(existing: Path) -> ServerUser:
    """Return who runs the servers; the owner of the `existing` data wins over the candidates."""
    if os.geteuid() != 0:
        return ServerUser()
    if existing.exists() and existing.stat().st_uid != 0:
        owner = existing.stat()
        return ServerUser(uid=owner.st_uid, gid=owner.st_gid, name=_name_of(owner.st_uid))
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(uid=found.pw_uid, gid=found.pw_gid, name=name)
    raise StartError(
        "PostgreSQL refuses to run as root, and there is no user like “nobody” to run it as; "
        "start the control room as a normal user."
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise StartError(
            f"The database files belong to user {uid}, which this machine does not know; "
            "start the control room as the user who owns them."
        ) from None


def open_to(user: ServerUser, path: Path) -> None:
    """Let `user` pass through our data directory `path`; raise StartError if it cannot get there.

    Only the data directory itself is changed, never its parents.
    """
    if user.uid is None:
        return
    closed = first_closed(user, path.parent)
    if closed is not None:
        raise StartError(
            f"The database runs as user {user.name}, who may not enter {closed}; "
            "set CONTROLROOM_DATA_DIR to a directory outside of it, such as /var/lib/controlroom."
        )
    path.chmod(0o711)


def first_closed(user: ServerUser, path: Path) -> Path | None:
    """Return the topmost directory on the way to `path` that `user` may not pass, or None."""
    resolved = path.resolve()
    for step in reversed([resolved, *resolved.parents]):
        if user.uid is not None and not _may_pass(user, step):
            return step
    return None


def _may_pass(user: ServerUser, directory: Path) -> bool:
    found = directory.stat()
    if found.st_uid == user.uid:
        return bool(found.st_mode & 0o100)
    if found.st_gid == user.gid:
        return bool(found.st_mode & 0o010)
    return bool(found.st_mode & 0o001)


def reachable_copy(user: ServerUser, program: Path, root: Path, target: Path) -> Path:
    """Return where `user` can run `program`: there, or in a copy of `root` made at `target`.

    A virtual environment in a private home directory is closed to the servers' user.
    """
    if user.uid is None or (
        first_closed(user, program.parent) is None and program.stat().st_mode & 0o005 == 0o005
    ):
        return program
    if not target.exists():
        fresh = target.with_name(f"{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(root, fresh, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
        fresh.rename(target)
    return target / program.relative_to(root)
