"""The search page, what the palette asks, and the timeline of a reference."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action
from apps.lib.errors import InvalidError, NotFoundError
from apps.lib.numbers import ROW_IDS

from . import asking
from .finding import IN_PALETTE, ON_PAGE, find, grouped, search_of, straight_to
from .hits import HIT_OF, KINDS, Hit, rows_of
from .references import timeline_url
from .timeline import KINDS as ENTRY_KINDS
from .timeline import Subjects, list_entries, of_object, of_reference, origins_of
from .timeline.listing import as_csv

MAX_CSV_ROWS = 20_000
MAX_SHOWN_QUERY = 200


@require_safe
def search_page(request: PersonRequest) -> HttpResponse:
    """What bears a name or a number; something named by kind and number is opened at once."""
    said, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    context: dict[str, Any] = {"q": said[:MAX_SHOWN_QUERY], "kind": kind if kind in KINDS else ""}
    try:
        asked = asking.read(said)
    except InvalidError as error:
        context["problem"] = error.message
        return render(request, "search/page.html", _page(context, []), status=422)
    search = search_of(asked, request.rights, request.folder, kind=kind)
    hits = find(search)
    meant = straight_to(search, hits)
    if meant is not None:
        return redirect(meant.url)
    has_folders = len(search.folders) > 1
    return render(request, "search/page.html", _page(context | {"has_folders": has_folders}, hits))


@require_safe
def palette(request: PersonRequest) -> JsonResponse:
    """What the palette shows below its own entries: few of each kind."""
    try:
        asked = asking.read(request.GET.get("q", ""))
    except InvalidError as error:
        return JsonResponse({"problem": error.message, "hits": []}, status=422)
    hits = find(search_of(asked, request.rights, request.folder, n=IN_PALETTE))
    shown = [hit for _kind, some in grouped(hits) for hit in some]
    return JsonResponse({"hits": [_entry(hit) for hit in shown]})


@require_safe
def timeline(request: PersonRequest, reference: str = "") -> HttpResponse:
    """All that happened to one business reference."""
    reference = (reference or request.GET.get("reference", "")).strip()
    if not reference:
        return redirect("search:page")
    if len(reference) > asking.MAX_TEXT or not asking.is_speakable(reference):
        raise NotFoundError(_("No business reference looks like this."))
    subjects = of_reference(reference, request.rights.folder_ids(Action.VIEW))
    if subjects.is_empty:
        message = _("Nothing that you may see bears the reference “%(name)s”.")
        raise NotFoundError(message % {"name": reference})
    return _timeline(request, subjects, reference)


@require_safe
def timeline_of_object(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """The timeline of what one thing bears as its reference; without one, of itself."""
    folders = request.rights.folder_ids(Action.VIEW)
    known = kind in asking.NUMBERED and pk < ROW_IDS
    found = rows_of(kind, [pk], folders) if known else []
    if not found:
        raise Http404(_("There is no such thing, or not for you."))
    reference = reference_of(kind, found[0], folders)
    if reference:
        return redirect(timeline_url(reference))
    title = {"item": _("Item #%(n)d"), "instance": _("Instance #%(n)d"), "run": _("Run %(n)d")}
    name = title.get(kind, _("Task #%(n)d")) % {"n": pk}
    return _timeline(request, of_object(kind, pk, folders), name)


def reference_of(kind: str, row: Any, folders: frozenset[int]) -> str:
    """Return the business reference that something bears, or what it is about does; "" for none."""
    if kind == asking.ITEM:
        return str(row.reference)
    if kind == asking.INSTANCE:
        return str(row.business_key)
    if kind == asking.RUN:
        return ""
    about = (asking.ITEM, row.item_id) if row.item_id else (asking.INSTANCE, row.instance_id)
    found = rows_of(about[0], [about[1]], folders) if about[1] else []
    if found:
        return reference_of(about[0], found[0], folders)
    return str(row.facts.get("reference") or "")


def _timeline(request: PersonRequest, subjects: Subjects, name: str) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in ENTRY_KINDS else ""
    if request.GET.get("format") == "csv":
        return _csv(request, subjects, kind)
    cursor = request.GET.get("cursor", "")
    listing = list_entries(subjects, kind=kind, cursor=cursor)
    base = request.path
    named = request.GET.get("reference", "")
    context = {
        "name": name,
        "subjects": subjects,
        "objects": _objects(subjects),
        "origins": [list(reversed(chain)) for chain in origins_of(subjects)],
        "rows": listing.rows,
        "tabs": _tabs(base, named, kind, listing.counts),
        "first_url": _address(base, reference=named, kind=kind) if cursor else "",
        "next_url": _address(base, reference=named, kind=kind, cursor=listing.next_cursor)
        if listing.next_cursor
        else "",
        "csv_url": _address(base, reference=named, kind=kind, format="csv"),
        "packs": subjects.reference if _may_audit(request, subjects) else "",
    }
    return render(request, "search/timeline.html", context)


def _may_audit(request: PersonRequest, subjects: Subjects) -> bool:
    found = request.rights.folder_ids(Action.AUDIT)
    return any(
        (row.queue.folder_id if kind == asking.ITEM else row.folder_id) in found
        for kind, row in subjects.all()
    )


def _csv(request: PersonRequest, subjects: Subjects, kind: str) -> HttpResponse:
    rows = list_entries(subjects, kind=kind, limit=MAX_CSV_ROWS).rows
    table = as_csv(rows, request.build_absolute_uri("/").rstrip("/"))
    response = HttpResponse(table, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="timeline.csv"'
    return response


def _objects(subjects: Subjects) -> list[Hit]:
    return [HIT_OF[kind](row) for kind, row in subjects.all()]


def _tabs(base: str, named: str, kind: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Tabs of the kinds that there are, and of the one that is chosen."""
    every = {
        "label": _("All"),
        "url": _address(base, reference=named),
        "count": sum(counts.values()),
        "current": not kind,
    }
    return [every] + [
        {
            "label": label,
            "url": _address(base, reference=named, kind=name),
            "count": counts[name],
            "current": name == kind,
        }
        for name, label in ENTRY_KINDS.items()
        if counts[name] or name == kind
    ]


def _address(base: str, **query: str) -> str:
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{base}?{said}" if said else base


def _page(context: dict[str, Any], hits: list[Hit]) -> dict[str, Any]:
    groups = [
        {"kind": kind, "title": KINDS[kind], "hits": some, "is_full": len(some) >= ON_PAGE}
        for kind, some in grouped(hits)
    ]
    choices = [("", _("Everything")), *KINDS.items()]
    choice = {"name": "kind", "label": _("Kind"), "value": context["kind"], "options": choices}
    return {**context, "groups": groups, "n_found": len(hits), "choices": [choice]}


def _entry(hit: Hit) -> dict[str, str]:
    words = [hit.kind_word, hit.note, hit.word]
    hint = " · ".join(word for word in words if word)
    return {"text": hit.title, "hint": hint, "url": hit.url, "icon": hit.icon}
