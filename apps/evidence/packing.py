"""Making a pack: what belongs to the reference in one folder, written to a file and signed."""

from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.accounts.permissions import Action, Rights, require
from apps.events.bus import Happening, publish, record_many
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import dump_json
from apps.lib.json import JsonObject
from apps.lib.schema import personal_paths
from apps.lib.snapshots import one_moment
from apps.search import asking
from apps.search.timeline import Subjects, of_reference

from . import keys
from .archive import MANIFEST, PUBLIC_KEY, SIGNATURE, Archive
from .sections import events, instances, items, models_asked, rights, tasks
from .sections.scope import Scope

FORMAT: Final = "controlroom-evidence/1"
MAX_REASON: Final = 300
SECTIONS: Final[dict[str, dict[str, Any]]] = {
    "items.json": {
        "items": items.items,
        "answers": items.answers,
        "effects": items.effects,
        "files": items.files,
    },
    "attempts.json": {"attempts": items.attempts, "runs": items.runs, "log": items.log_lines},
    "tasks.json": {"tasks": tasks.tasks},
    "instances.json": {
        "instances": instances.instances,
        "definitions": instances.definitions,
        "visits": instances.visits,
        "now": instances.now,
        "incidents": instances.incidents,
        "decision_tables": instances.rules,
    },
    "models.json": {
        "predictions": items.predictions,
        "calls": models_asked.calls,
        "agents": models_asked.agents,
        "turns": models_asked.turns,
        "prompts": models_asked.prompts,
    },
    "events.json": {"events": events.events, "seals": events.seals},
    "rights.json": {"roles": rights.roles, "holders": rights.holders, "deciders": rights.deciders},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who wants a pack about what, where, and why. `reveals`: with personal data."""

    reference: str
    folder: Folder
    reason: str
    reveals: bool = False
    by: Actor


@dataclass(frozen=True, slots=True)
class Pack:
    file: IO[bytes] = field(repr=False)
    name: str


def make_pack(asked: Asked, held: Rights) -> Pack:
    """Return the pack; that it was made is in the audit, and so is each look at personal data.

    Raises NotAllowedError, InvalidError naming the field, and NotFoundError when nothing in the
    folder bears the reference.
    """
    require(held, Action.AUDIT, asked.folder.pk)
    if asked.reveals:
        require(held, Action.REVEAL, asked.folder.pk)
    _check_reason(asked.reason)
    key = keys.signing_key()
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        # its parts must not contradict each other
        with one_moment():
            scope = Scope(asked.folder, _subjects(asked), asked.reveals)
            digest = _write(file, scope, asked, key)
            _record(asked, scope, digest)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Pack(file, f"evidence-{_safe(asked.reference)}.zip")


def _check_reason(reason: str) -> None:
    said = reason.strip()
    if not said or len(said) > MAX_REASON or not said.isprintable():
        message = _("say why, in a line of up to %(n)d characters") % {"n": MAX_REASON}
        raise InvalidError(f"reason: {message}.", fields=[FieldProblem("reason", message)])


def _subjects(asked: Asked) -> Subjects:
    name = asked.reference
    is_name = bool(name) and len(name) <= asking.MAX_TEXT and asking.is_speakable(name)
    found = of_reference(name, frozenset({asked.folder.pk})) if is_name else None
    if found is None or found.is_empty:
        message = _("Nothing in this folder bears the reference “%(name)s”.")
        raise NotFoundError(message % {"name": name[: asking.MAX_TEXT]})
    return found


def _write(file: IO[bytes], scope: Scope, asked: Asked, key: keys.SigningKey) -> str:
    """Write the archive; return the fingerprint of what was signed."""
    archive = Archive(file, cut=scope.cut)
    if scope.subjects.is_cut:
        scope.cut.append(
            _("Very much belongs to this reference: the newest of each kind are in it.")
        )
    counts = {
        title: n
        for name, parts in SECTIONS.items()
        for title, n in archive.add_rows(
            name, {title: rows(scope) for title, rows in parts.items()}
        ).items()
    }
    archive.add(PUBLIC_KEY, key.public_pem.encode())
    head = _head(asked, archive.cut, keys.fingerprint_of(key.public_pem))
    archive.add("index.html", _overview(scope, head, counts))
    manifest = dump_json({**head, "counts": counts, "files": archive.files})
    archive.close({MANIFEST: manifest, SIGNATURE: key.sign(manifest)})
    return keys.digest_of(manifest)


def _head(asked: Asked, cut: list[str], fingerprint: str) -> JsonObject:
    return {
        "format": FORMAT,
        "product": "Controlroom",
        "version": settings.VERSION,
        "reference": asked.reference,
        "folder": {"id": asked.folder.pk, "key": asked.folder.key, "title": asked.folder.title},
        "made_at": database_now().isoformat(),
        "made_by": {"id": asked.by.user_id, "name": asked.by.name, "kind": asked.by.kind},
        "reason": asked.reason.strip(),
        "with_personal_data": asked.reveals,
        "key": fingerprint,
        "cut": [*cut],
    }


def _overview(scope: Scope, head: JsonObject, counts: dict[str, int]) -> bytes:
    names = {title: name for name, parts in SECTIONS.items() for title in parts}
    context = {
        "head": head,
        "counts": [(title, names[title], n) for title, n in counts.items()],
        "items": scope.subjects.items.values(),
        "tasks": scope.subjects.tasks.values(),
        "instances": scope.subjects.instances.values(),
    }
    return render_to_string("evidence/index.html", context).encode()


def _record(asked: Asked, scope: Scope, digest: str) -> None:
    publish(
        "audit.evidence_made",
        subject=("folder", asked.folder.pk),
        folder_id=asked.folder.pk,
        by=asked.by,
        data={
            "reference": asked.reference,
            "reason": asked.reason.strip(),
            "with_personal_data": asked.reveals,
            "manifest_sha256": digest,
        },
    )
    if asked.reveals:
        looks = [
            Happening(subject=("item", pk), folder_id=asked.folder.pk, data={"fields": [*paths]})
            for pk, item in scope.subjects.items.items()
            if (paths := personal_paths(item.queue.payload_schema))
        ]
        record_many("work_item.revealed", looks, by=asked.by)


def _safe(reference: str) -> str:
    """Return a part of a file's name that every system takes."""
    kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in reference)
    return kept[:80].strip("-") or "pack"
