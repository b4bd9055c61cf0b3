"""A kind of operation for tests: it stamps the people of a folder, and can take that back."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.accounts.models import Membership, User
from apps.accounts.permissions import Action
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.operations import kinds
from apps.operations.kinds import Bound, Chunk, Kind, Part, Result


def _choose(folders: Sequence[int], wanted: JsonObject, bound: Bound) -> Any:
    members = Membership.objects.filter(folder_id__in=folders).values("user_id")
    found = User.objects.filter(pk__in=members, pk__lte=bound.id or 0)
    return found.filter(username__startswith=wanted["name"]).values_list("pk", flat=True)


def _read(folders: Sequence[int], wanted: JsonObject) -> JsonObject:
    name = wanted.get("name", "")
    if not isinstance(name, str) or set(wanted) - {"name"}:
        raise InvalidError(fields=[FieldProblem("filter.name", "must be text")])
    return {"name": name}


def _stamp(chunk: Chunk) -> Mapping[int, Result]:
    people = User.objects.in_bulk(chunk.ids)
    if any(person.last_name == "fragile" for person in people.values()):
        raise ConflictError("This one breaks.")
    results = {}
    for person in people.values():
        before = {"first_name": person.first_name}
        person.first_name += str(chunk.arguments.get("stamp", "x"))
        person.save(update_fields=["first_name"])
        results[person.pk] = kinds.did(before)
    for pk in [pk for pk, person in people.items() if person.last_name == "shy"]:
        User.objects.filter(pk=pk).update(first_name="")
        results[pk] = kinds.skipped("is shy")
    return results


def _unstamp(chunk: Chunk) -> Mapping[int, Result]:
    for pk in chunk.ids:
        User.objects.filter(pk=pk).update(first_name=chunk.before[pk]["first_name"])
    return {pk: kinds.did() for pk in chunk.ids}


def _newest() -> int | None:
    return User.objects.order_by("-pk").values_list("pk", flat=True).first()


def _kind(key: str, apply: Any, **more: Any) -> Kind:
    return kinds.register(
        Kind(
            key=key,
            verb="Stamp",
            title="Stamp people",
            action=Action.OPERATE,
            subject="person",
            choose=_choose,
            preview=lambda folders, wanted, bound: [Part("new", 1)],
            apply=apply,
            newest=_newest,
            read=_read,
            about=lambda wanted: f"people called {wanted['name']}…",
            **more,
        )
    )


def _check(arguments: JsonObject) -> JsonObject:
    if not isinstance(arguments.get("stamp", ""), str):
        raise InvalidError(fields=[FieldProblem("arguments.stamp", "must be text")])
    return arguments


STAMP = _kind("test.stamp", _stamp, check=_check, undo="test.unstamp")
UNSTAMP = _kind("test.unstamp", _unstamp, check=_check, is_offered=False)
