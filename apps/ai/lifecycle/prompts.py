"""Prompts: a change is a new version, and what a version says never changes."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.ai.models import Prompt, PromptVersion
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.json import JsonObject
from apps.lib.schema import check_schema

MAX_PROMPT = 50_000
PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,60})\s*\}\}")


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """What a model is told, and under which name and version that is stored."""

    name: str
    version: str
    text: str
    schema: JsonObject
    document_class: str = ""


def save_prompt(
    folder: Folder, *, key: str, title: str, version: Mapping[str, object], by: Actor
) -> PromptVersion:
    """Store what the prompt says as a new version; the same text and schema make none.

    `version`: text, schema, document_class, note. Raises InvalidError naming the field.
    """
    text, schema = str(version.get("text", "")), version.get("schema") or {}
    document_class = str(version.get("document_class", ""))
    _check(text, schema)
    with transaction.atomic():
        prompt, made = Prompt.objects.select_for_update().get_or_create(
            folder=folder, key=key, defaults={"title": title}
        )
        if prompt.title != title:
            Prompt.objects.filter(pk=prompt.pk).update(title=title)
        latest: PromptVersion | None = prompt.versions.first()
        said = (text, schema, document_class)
        if latest and (latest.text, latest.schema, latest.document_class) == said:
            return latest
        stored: PromptVersion = PromptVersion.objects.create(
            prompt=prompt,
            number=latest.number + 1 if latest else 1,
            text=text,
            schema=schema,
            document_class=document_class,
            note=str(version.get("note", ""))[:300],
            made_by=by.name[:150],
        )
        publish(
            "prompt.created" if made else "prompt.changed",
            subject=("prompt", prompt.pk),
            folder_id=folder.pk,
            by=by,
            data={"version": stored.number, "note": stored.note},
            topics=["ai"],
        )
    return stored


def instruction_of(folder_id: int, key: str, number: int | None = None) -> Instruction:
    """Return what the prompt says, the latest version unless `number` names one.

    Raises NotFoundError.
    """
    versions = PromptVersion.objects.filter(prompt__folder_id=folder_id, prompt__key=key)
    if number is not None:
        versions = versions.filter(number=number)
    found = versions.order_by("-number").first()
    if found is None:
        text = _("There is no prompt “%(key)s” %(version)s in this folder.")
        said = _("of version %d") % number if number is not None else ""
        raise NotFoundError(" ".join((text % {"key": key, "version": said}).split()))
    return Instruction(
        name=key,
        version=str(found.number),
        text=found.text,
        schema=found.schema,
        document_class=found.document_class,
    )


def inline_instruction(text: str, schema: JsonObject) -> Instruction:
    """Return an instruction that a step brings along; its digest is its version."""
    _check(text, schema)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Instruction(name="(step)", version=digest, text=text, schema=schema)


def filled(text: str, settings: Mapping[str, object]) -> str:
    """Replace {{name}} by the setting of that name; what is not set stays as it is.

    Settings are a designer's words. Data of an item must never come here: it would be obeyed.
    """
    return PLACE.sub(lambda place: str(settings.get(place[1], place[0])), text)


def _check(text: str, schema: object) -> None:
    if not text.strip() or len(text) > MAX_PROMPT:
        message = _("must be text of 1 to %(n)d characters") % {"n": MAX_PROMPT}
        raise InvalidError(f"text: {message}.", fields=[FieldProblem("text", message)])
    problems = check_schema(schema, at="schema")
    if not problems and not (isinstance(schema, dict) and schema.get("type") == "object"):
        problems = [FieldProblem("schema", _("must describe an object: {“type”: “object”, …}"))]
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
