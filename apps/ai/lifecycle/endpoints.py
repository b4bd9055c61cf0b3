"""What people do to models: set them up, stop them, let them go on."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.ai import stopping
from apps.ai.addresses import checked_base_url
from apps.ai.models import Budget, ModelEndpoint
from apps.ai.seen import costs, database_now
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.notices.lifecycle import notify

from .calls import STANDING

State = ModelEndpoint.State
# What a person sets; the key is apart, for it is never shown
SET = (
    "title",
    "base_url",
    "model",
    "version_label",
    "timeout_seconds",
    "max_answer_tokens",
    "answer_shape",
    "asks_logprobs",
    "price_in",
    "price_out",
    "currency",
)

BUDGET_SET = [
    "use",
    "cost_per_day",
    "cost_per_month",
    "error_share",
    "p95_seconds",
    "window_seconds",
    "min_calls",
    "pause_seconds",
]


def save_endpoint(
    endpoint: ModelEndpoint, *, api_key: str | None, by: Actor, before: Mapping[str, Any]
) -> list[Json]:
    """Store the endpoint; return what changed since `before`, which is empty for a new one.

    `api_key`: "" takes it away, None leaves it. A key goes with its address: where the address
    changes without a new key, the old key is dropped, lest it be sent to somebody else.
    Raises AddressNotAllowedError, InvalidError for a key that no header can carry.
    """
    endpoint.base_url = checked_base_url(endpoint.base_url)
    if api_key is not None:
        api_key = checked_api_key(api_key)
    moved = bool(before) and before.get("base_url") != endpoint.base_url
    if api_key is not None:
        endpoint.keep_api_key(api_key)
    elif moved:
        endpoint.keep_api_key("")
    changes = changes_of(endpoint, before)
    if api_key or (moved and api_key is None and before.get("has_api_key")):
        # that it changed is worth recording, what it is never
        changes.append({"label": _("API key"), "before": "•••", "after": "•••" if api_key else "–"})
    with transaction.atomic():
        endpoint.words_until = None
        endpoint.save()
        if changes or not before:
            _publish("changed" if before else "created", endpoint, by, {"changes": changes})
    return changes


def checked_api_key(text: str) -> str:
    """Return the key as it is sent; raises InvalidError, which does not repeat it."""
    key = text.strip()
    if all("!" <= character <= "~" for character in key):
        return key
    message = _("A key has letters, digits and signs of ASCII, and no spaces or lines.")
    raise InvalidError(message, fields=[FieldProblem("api_key", message)])


def values_of(endpoint: ModelEndpoint) -> dict[str, Any]:
    """Return what can be set, to compare with later; {} for one not stored yet."""
    if endpoint.pk is None:
        return {}
    return {name: getattr(endpoint, name) for name in SET} | {"has_api_key": endpoint.has_api_key}


def changes_of(endpoint: ModelEndpoint, before: Mapping[str, Any]) -> list[Json]:
    found: list[Json] = []
    for name in SET:
        old, new = before.get(name), getattr(endpoint, name)
        if before and old != new:
            label = str(endpoint._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            found.append({"label": label, "before": str(old), "after": str(new)})
    return found


def find_endpoint(folder: Folder | int, key: str) -> ModelEndpoint | None:
    folder_id = folder if isinstance(folder, int) else folder.pk
    found: ModelEndpoint | None = ModelEndpoint.objects.filter(folder_id=folder_id, key=key).first()
    return found


def stop_endpoint(endpoint: ModelEndpoint, *, reason: str, by: Actor) -> None:
    """Stop the model until a person lets it go on; people do its work meanwhile."""
    with transaction.atomic():
        changed = ModelEndpoint.objects.filter(pk=endpoint.pk, state=State.ON).update(
            state=State.STOPPED, stopped_because=reason[:300], stopped_by=by.name[:150]
        )
        if not changed:
            raise ConflictError(_("The model “%s” is stopped already.") % endpoint.title)
        _publish("stopped", endpoint, by, {"reason": reason[:300]})
        notify(
            stopping.keepers(endpoint.folder_id),
            stopping.KIND,
            title=_("%(who)s stopped the model “%(title)s”")
            % {"who": by.name, "title": endpoint.title},
            body=reason[:300],
            folder_id=endpoint.folder_id,
            subject=("model_endpoint", endpoint.pk),
            by=by,
        )


def resume_endpoint(endpoint: ModelEndpoint, *, reason: str, by: Actor) -> None:
    """Let the model go on, whoever stopped it; what was counted against it starts over."""
    with transaction.atomic():
        budgets = list(Budget.objects.select_for_update().filter(endpoint=endpoint).order_by("pk"))
        stopped = [each for each in budgets if each.state != Budget.State.CLOSED]
        changed = ModelEndpoint.objects.filter(pk=endpoint.pk, state=State.STOPPED).update(
            state=State.ON, stopped_because="", stopped_by=""
        )
        if not changed and not stopped:
            raise ConflictError(_("The model “%s” is not stopped.") % endpoint.title)
        for budget in stopped:
            _start_over(budget)
        _publish("resumed", endpoint, by, {"reason": reason[:300]})


def record_try(endpoint: ModelEndpoint, *, by: Actor) -> None:
    """Write down who tries the model: a call by hand costs money, too."""
    _publish("tried", endpoint, by, {})


def save_budget(budget: Budget, *, changes: list[Json], by: Actor) -> None:
    """Store a budget that was filled in and checked, and say so in the endpoint's history."""
    is_new = budget.pk is None
    with transaction.atomic():
        if is_new:
            budget.save()
        else:
            # where it stands is moved by calls, maybe just now
            budget.save(update_fields=BUDGET_SET)
        if is_new or changes:
            _publish_budget("created" if is_new else "changed", budget, by, changes)


def remove_budget(budget: Budget, *, by: Actor) -> None:
    with transaction.atomic():
        _publish_budget("removed", budget, by, [])
        budget.delete()


def _publish_budget(verb: str, budget: Budget, by: Actor, changes: list[Json]) -> None:
    endpoint = budget.endpoint
    publish(
        f"budget.{verb}",
        subject=("model_endpoint", endpoint.pk),
        folder_id=endpoint.folder_id,
        by=by,
        data={"for": budget.use or "*", "changes": changes},
        topics=["ai"],
    )


def _start_over(budget: Budget) -> None:
    now = database_now()
    budget.forgiven_at = None
    budget.forgiven_day, budget.forgiven_month = costs(budget, now)
    budget.forgiven_at = budget.counts_from = now
    budget.state, budget.because, budget.n_stops = Budget.State.CLOSED, "", 0
    budget.opened_at = budget.retry_at = budget.probe_until = None
    budget.save(update_fields=[*STANDING, "forgiven_at", "forgiven_day", "forgiven_month"])


def _publish(verb: str, endpoint: ModelEndpoint, by: Actor, data: JsonObject) -> None:
    publish(
        f"model_endpoint.{verb}",
        subject=("model_endpoint", endpoint.pk),
        folder_id=endpoint.folder_id,
        by=by,
        data=data,
        topics=["ai"],
    )
