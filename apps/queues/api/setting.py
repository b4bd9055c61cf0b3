"""What a program may set of a queue: keys become what they name, all else is checked."""

from typing import Any, Final

from django.utils.translation import gettext as _

from apps.accounts.http import TokenRequest
from apps.bots.capabilities import check_capabilities
from apps.bots.models import Automation
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.lib.schema import require_schema
from apps.limits.models import Application, Limit
from apps.queues import engine
from apps.queues.models import Gate
from apps.queues.models.queues import MAX_CAPABILITIES

from .queue_schemas import QueueIn

# null means "none" for these; for all others it means nothing
NULLABLE: Final = {"automation", "gate", "max_in_progress", "sla_seconds", "cut_off"}
# of these there may be many
BINDING: Final[dict[str, type[Application] | type[Limit]]] = {
    "applications": Application,
    "limits": Limit,
}


def values_of(request: TokenRequest, body: QueueIn) -> JsonObject:
    """Return what is to be set, all of it checked but for the bounds that the model knows."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    values: dict[str, Any] = {
        name: value for name, value in given.items() if value is not None or name in NULLABLE
    }
    _check_rules(values)
    if values.get("automation") is not None:
        values["automation"] = _automation(request, values["automation"])
    if values.get("gate") is not None:
        values["gate"] = _gate(request, values["gate"])
    for name in BINDING.keys() & values.keys():
        values[name] = _bound(request, name, values[name])
    if "required_capabilities" in values:
        # as those of bots: a queue must not ask for what no bot can be said to be able to do
        name = "required_capabilities"
        values[name] = check_capabilities(values[name], name, at_most=MAX_CAPABILITIES)
    return values


def plain(value: Any) -> Any:
    """Return `value` as events keep it: keys for what has one."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.key if isinstance(value, Automation | Gate | Application | Limit) else value


def _check_rules(values: dict[str, Any]) -> None:
    if "payload_schema" in values:
        require_schema(values["payload_schema"], at="payload_schema")
    if "error_rules" in values:
        engine.parse_rules(values["error_rules"])
    if "cut_off" in values:
        engine.parse_cut_off(values["cut_off"])


def _gate(request: TokenRequest, key: str) -> Gate:
    found = Gate.objects.filter(folder=request.folder, key=key).first()
    if found is None:
        problem = FieldProblem("gate", _("there is no gate with this key"))
        raise InvalidError(f"gate: {problem.message}.", fields=[problem])
    gate: Gate = found
    return gate


def _automation(request: TokenRequest, key: str) -> Automation:
    kind = Automation.Kind.ITEM
    found = Automation.objects.filter(folder=request.folder, key=key, kind=kind).first()
    if found is None:
        problem = FieldProblem("automation", _("there is no automation of items with this key"))
        raise InvalidError(f"automation: {problem.message}.", fields=[problem])
    automation: Automation = found
    return automation


def _bound(request: TokenRequest, name: str, keys: list[str]) -> list[Any]:
    """Return what has these keys in the folder; raises InvalidError for those that are unknown."""
    rows = BINDING[name].objects.filter(folder=request.folder, key__in=keys)
    found = {each.key: each for each in rows}
    for place, key in enumerate(keys):
        if key not in found:
            words = _("there is no limit with the key “%s”")
            if name == "applications":
                words = _("there is no application with the key “%s”")
            problem = FieldProblem(f"{name}.{place}", words % key)
            raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
    return sorted(found.values(), key=lambda each: each.key)
