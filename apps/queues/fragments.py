"""The live parts of the queue and item pages: each registered once, rendered in one way only."""

from typing import Any
from urllib.parse import parse_qsl

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.bots.models import Run
from apps.events.fragments import Audience, fragment, number_in

from . import (
    item_presenting,
    presenting,
    reading_presenting,
    run_presenting,
    why_fragments,  # noqa: F401
)
from .exchange import fragments as uploads  # noqa: F401
from .listing import ItemFilter, count_matching, find_items
from .models import WorkItem, WorkQueue

Context = dict[str, Any]


@fragment(
    "queues.table",
    template="queues/queue_list.html#table",
    action=Action.VIEW,
    topics=("queues",),
)
def queues_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    queues = WorkQueue.objects.filter(folder_id__in=folders).select_related("automation")
    return {
        "rows": presenting.queue_rows(list(queues)),
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


@fragment(
    "queue.header",
    template="queues/queue_detail.html#header",
    action=Action.VIEW,
    topics=("queue:{arg}",),
)
def queue_header(audience: Audience, arg: str) -> Context | None:
    queue = _queue(audience, arg)
    if queue is None:
        return None
    row = presenting.queue_rows([queue])[0]
    return {"queue": queue, "cells": presenting.strip_of(row)}


@fragment(
    "queue.facts",
    template="queues/queue_detail.html#facts",
    action=Action.VIEW,
    topics=("queue:{arg}",),
)
def queue_facts(audience: Audience, arg: str) -> Context | None:
    queue = _queue(audience, arg)
    if queue is None:
        return None
    return {
        "queue": queue,
        "row": presenting.queue_rows([queue])[0],
        "runs": presenting.active_runs(queue),
        "rules": presenting.rules_of(queue),
    }


@fragment(
    "queue.chart",
    template="queues/queue_detail.html#chart",
    action=Action.VIEW,
    topics=("queue:{arg}",),
)
def queue_chart(audience: Audience, arg: str) -> Context | None:
    queue = _queue(audience, arg)
    if queue is None:
        return None
    return presenting.flow_chart([queue.pk], minutes=60)


@fragment(
    "queue.items",
    template="queues/queue_detail.html#items",
    action=Action.VIEW,
    topics=("queue:{id}",),
)
def queue_items(audience: Audience, arg: str) -> Context | None:
    """`arg` is the list's query string and the queue's number: `id=12&status=failed`."""
    queue = _queue(audience, dict(parse_qsl(arg)).get("id", ""))
    if queue is None:
        return None
    wanted = ItemFilter.parse(queue.pk, arg)
    page = find_items(wanted)
    base = reverse("queues:queue_detail", args=[queue.pk])
    return {
        "queue": queue,
        "wanted": wanted,
        "page": page,
        "tabs": presenting.status_tabs(queue, wanted),
        "has_filter": wanted.is_narrowed,
        "keep": wanted.kept(),
        "list_query": f"?{query}" if (query := wanted.replace(before=None).query()) else "",
        "may_operate": audience.can(Action.OPERATE, queue.folder_id),
        "clear_url": base if wanted.is_narrowed else "",
        "first_url": None if page.first_query is None else f"{base}?{page.first_query}",
        "next_url": None if page.next_query is None else f"{base}?{page.next_query}",
    }


@fragment(
    "queue.matching",
    template="queues/queue_detail.html#matching",
    action=Action.VIEW,
    topics=("queue:{id}",),
)
def queue_matching(audience: Audience, arg: str) -> Context | None:
    """How many the list has, on all its pages; `arg` is that of `queue.items`."""
    queue = _queue(audience, dict(parse_qsl(arg)).get("id", ""))
    if queue is None:
        return None
    n, is_more = count_matching(ItemFilter.parse(queue.pk, arg))
    return {"n": n, "is_more": is_more}


@fragment(
    "item.header",
    template="queues/item_detail.html#header",
    action=Action.VIEW,
    topics=("item:{arg}",),
)
def item_header(audience: Audience, arg: str) -> Context | None:
    item = _item(audience, arg)
    if item is None:
        return None
    may_operate = audience.can(Action.OPERATE, item.queue.folder_id)
    instance = item_presenting.instance_of(item)
    verbs = item_presenting.item_verbs(item, may_operate=may_operate, is_owned=instance is not None)
    return {
        "item": item,
        "standing": item_presenting.item_standing(item),
        "instance": instance,
        "verbs": verbs,
        "may_edit": may_operate and item_presenting.may_edit(item),
    }


@fragment(
    "item.tries",
    template="queues/item_detail.html#tries",
    action=Action.VIEW,
    topics=("item:{arg}",),
)
def item_tries(audience: Audience, arg: str) -> Context | None:
    item = _item(audience, arg)
    return {"item": item, "attempts": item_presenting.attempts_of(item)} if item else None


@fragment(
    "item.story",
    template="queues/item_detail.html#story",
    action=Action.VIEW,
    topics=("item:{arg}",),
)
def item_story(audience: Audience, arg: str) -> Context | None:
    item = _item(audience, arg)
    if item is None:
        return None
    return {
        "item": item,
        "answers": reading_presenting.answers_of(item),
        "effects": item_presenting.effects_of(item),
        "history": item_presenting.history_of_item(item),
        "log": item_presenting.log_of_item(item),
    }


@fragment(
    "item.data",
    template="queues/item_detail.html#data",
    action=Action.VIEW,
    topics=("item:{arg}",),
)
def item_data(audience: Audience, arg: str) -> Context | None:
    item = _item(audience, arg)
    if item is None:
        return None
    return {
        "item": item,
        "data": item_presenting.masked_data(item),
        "has_personal": item_presenting.has_personal(item),
        "may_reveal": audience.can(Action.REVEAL, item.queue.folder_id),
    }


@fragment(
    "run.items",
    template="queues/run_panel.html#items",
    action=Action.VIEW,
    topics=("run:{arg}",),
)
def run_items(audience: Audience, arg: str) -> Context | None:
    folders = audience.folder_ids(Action.VIEW)
    run = Run.objects.filter(pk=number_in(arg) or 0, folder_id__in=folders).first()
    return run_presenting.items_of_run(run) if run else None


def _queue(audience: Audience, number: str) -> WorkQueue | None:
    folders = audience.folder_ids(Action.VIEW)
    found = WorkQueue.objects.filter(pk=number_in(number) or 0, folder_id__in=folders)
    return found.select_related("automation").first()


def _item(audience: Audience, number: str) -> WorkItem | None:
    folders = audience.folder_ids(Action.VIEW)
    found = WorkItem.objects.filter(pk=number_in(number) or 0, queue__folder_id__in=folders)
    item: WorkItem | None = found.select_related("queue").with_status().first()
    return item
