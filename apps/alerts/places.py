"""Where a person sees what a condition is about: the list, in its exact filter."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.bots.models import Automation
from apps.lib.json import JsonObject
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow

# metric → what the list of items is asked for
OF_QUEUE = {
    "queue.ready": "new",
    "queue.oldest_seconds": "new",
    "queue.in_progress": "in_progress",
    "queue.needs_decision": "needs_decision",
    "queue.failure_share": "failed",
}
# what other metrics begin with → the list of what they count
LISTS = {"bots": "bots:bot_list", "failures": "failures:list"}
PAGES: dict[str, tuple[Any, str]] = {
    "trigger": (Trigger, "triggers:trigger_detail"),
    "workflow": (Workflow, "workflows:workflow_detail"),
}


def places_of(folder_id: int, conditions: Iterable[JsonObject]) -> list[str]:
    """Return an address for each condition, "" where there is nothing to see; a query each."""
    return [_place(folder_id, each) for each in conditions]


def _place(folder_id: int, said: JsonObject) -> str:
    metric = str(said.get("metric") or "")
    if metric.startswith("queue."):
        status = OF_QUEUE.get(metric, "")
        query = f"?{urlencode({'status': status})}" if status else ""
        return _page(WorkQueue, folder_id, said.get("queue"), "queues:queue_detail", query)
    if metric:
        return reverse(LISTS[metric.partition(".")[0]])
    for name, (model, page) in PAGES.items():
        if name in said:
            return _page(model, folder_id, said[name], page)
    if "automation" in said:
        known = Automation.objects.filter(folder=folder_id, key=str(said["automation"]))
        return reverse("runs:run_list") if known.exists() else ""
    return ""


def _page(
    model: Any,
    folder_id: int,
    key: object,
    name: str,
    query: str = "",
) -> str:
    pk = model.objects.filter(folder=folder_id, key=str(key)).values_list("pk", flat=True).first()
    return reverse(name, args=[pk]) + query if pk else ""
