"""The live parts of the pages of operations."""

from typing import Any

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in

from . import presenting
from .listing import EntryFilter, OperationFilter
from .models import Operation

Context = dict[str, Any]


@fragment(
    "operations.table",
    template="operations/operation_list.html#table",
    action=Action.VIEW,
    topics=("operations",),
)
def operations_table(audience: Audience, arg: str) -> Context:
    """`arg` is the list's query string."""
    folders = audience.folder_ids(Action.VIEW)
    wanted = OperationFilter.parse(arg)
    page = wanted.page(folders)
    base = reverse("operations:list")
    return {
        "rows": [presenting.Row(each) for each in page.items],
        "has_folders": len(folders) > 1,
        "wanted": wanted,
        "has_filter": bool(wanted.state or wanted.kind),
        "first_url": _address(base, wanted.but().query()) if wanted.after else "",
        "next_url": _address(base, wanted.but(after=page.next_cursor).query())
        if page.next_cursor
        else "",
    }


@fragment(
    "operation.header",
    template="operations/operation_detail.html#header",
    action=Action.VIEW,
    topics=("operation:{arg}",),
)
def operation_header(audience: Audience, arg: str) -> Context | None:
    operation = _find(audience, number_in(arg) or 0)
    if operation is None:
        return None
    folder_id = operation.folder_id
    return {
        "operation": operation,
        "row": presenting.Row(operation),
        "cells": presenting.cells_of(operation),
        "undone_by": list(operation.undone_by.order_by("pk")),
        "retried_by": list(operation.retried_by.order_by("pk")),
        **presenting.verbs_of(operation, lambda action: audience.can(action, folder_id)),
    }


@fragment(
    "operation.results",
    template="operations/operation_detail.html#results",
    action=Action.VIEW,
    topics=("operation:{id}",),
)
def operation_results(audience: Audience, arg: str) -> Context | None:
    """`arg` is the number and the query string of the page: `id=12&status=failed`."""
    wanted = EntryFilter.parse(arg)
    operation = _find(audience, wanted.operation_id)
    if operation is None:
        return None
    page = wanted.page()
    base = reverse("operations:detail", args=[operation.pk])
    return {
        "operation": operation,
        "tabs": presenting.tabs_of(operation, wanted),
        "rows": presenting.entry_rows(operation, page.items),
        "first_url": _address(base, wanted.but().query()) if wanted.after else "",
        "next_url": _address(base, wanted.but(after=page.next_cursor).query())
        if page.next_cursor
        else "",
    }


def _find(audience: Audience, pk: int) -> Operation | None:
    folders = audience.folder_ids(Action.VIEW)
    found = Operation.objects.filter(pk=pk, folder_id__in=folders)
    return found.select_related("folder", "undo_of", "retry_of").first()


def _address(base: str, query: str) -> str:
    return f"{base}?{query}" if query else base
