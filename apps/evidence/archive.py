"""Writing a pack: JSON files row by row into a ZIP, each with its digest, never all in memory."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from django.utils.translation import gettext as _

from apps.lib.http import dump_json
from apps.lib.json import JsonObject

MOST_BYTES: Final = 64_000_000
MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public-key.pem"

Sections = Mapping[str, Iterable[Any]]


@dataclass
class Archive:
    """`cut`: in plain words what there is more of than the pack holds."""

    target: IO[bytes]
    most_bytes: int = MOST_BYTES
    cut: list[str] = field(default_factory=list)
    files: list[JsonObject] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._zip = ZipFile(self.target, "w", ZIP_DEFLATED, compresslevel=6)
        self._left = self.most_bytes

    def add_rows(self, name: str, sections: Sections) -> dict[str, int]:
        """Write `{"items": [...], ...}`, a row a line; return how many of each there are.

        When the pack is full, rows are left out and `cut` says how many.
        """
        counts: dict[str, int] = {}
        with _Part(self._zip, name) as part:
            part.write(b"{")
            for n, (title, rows) in enumerate(sections.items()):
                part.write((b",\n" if n else b"\n") + orjson.dumps(title) + b": [")
                counts[title] = self._write_rows(part, f"{name}: {title}", rows)
                part.write(b"]")
            part.write(b"\n}\n")
        self.files.append(part.described())
        return counts

    def add(self, name: str, content: bytes) -> None:
        with _Part(self._zip, name) as part:
            part.write(content)
        self.files.append(part.described())

    def close(self, unlisted: Mapping[str, bytes]) -> None:
        """Put in what the list of files can't hold (itself, its signature), and finish."""
        for name, content in unlisted.items():
            self._zip.writestr(name, content)
        self._zip.close()

    def _write_rows(self, part: "_Part", title: str, rows: Iterable[Any]) -> int:
        n = n_left_out = 0
        for row in rows:
            line = dump_json(row)
            if len(line) > self._left:
                n_left_out += 1
                continue
            self._left -= len(line)
            part.write((b",\n" if n else b"\n") + line)
            n += 1
        if n_left_out:
            words = {"title": title, "n": n_left_out, "size": self.most_bytes // 1_000_000}
            self.cut.append(
                _("%(title)s: %(n)d rows are left out; a pack holds %(size)d MB at most.") % words
            )
        return n


class _Part:
    """One file of the archive, while it is written."""

    def __init__(self, archive: ZipFile, name: str) -> None:
        self.name, self._size, self._digest = name, 0, hashlib.sha256()
        self._out = archive.open(name, "w", force_zip64=True)

    def write(self, content: bytes) -> None:
        self._out.write(content)
        self._digest.update(content)
        self._size += len(content)

    def described(self) -> JsonObject:
        return {"name": self.name, "sha256": self._digest.hexdigest(), "size": self._size}

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_raised: object) -> None:
        self._out.close()
