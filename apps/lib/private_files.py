"""Files that nobody but their owner can read."""

import os
from pathlib import Path


def write_private(path: Path, text: str, *, owner: int | None = None) -> None:
    """Replace `path` by a file that nobody but its owner can read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    if owner is not None:
        os.chown(fresh, owner, -1)
    fresh.replace(path)
