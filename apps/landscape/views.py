"""The map: one page, as a drawing and as a table."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action, require, rights_of

from .charting import chart_of
from .counting import DAYS
from .layout import draw
from .listing import MapFilter, Part, part_of
from .models import FlowDay, Kind

MAX_ROWS = 200


@require_safe
def landscape(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    visible = rights_of(request.user).folder_ids(Action.VIEW)
    wanted = MapFilter.parse(request.META.get("QUERY_STRING", ""))
    chart = chart_of(wanted.folders(visible))
    part = part_of(chart, wanted)
    context = {
        "wanted": wanted,
        "drawing": draw(part.nodes, part.edges) if part.nodes else None,
        "edges": part.edges[:MAX_ROWS],
        "n_more_edges": max(0, len(part.edges) - MAX_ROWS),
        "alone": _alone(part),
        "hidden": sum(each.is_hidden for each in part.edges),
        "left_out": _left_out(part),
        "choices": _choices(wanted, visible),
        "is_empty": not chart.nodes,
        "clear_url": reverse("landscape:map") if wanted != MapFilter() else "",
        "counted_at": FlowDay.objects.order_by("-day").values_list("counted_at", flat=True).first(),
        "days": DAYS,
    }
    return render(request, "landscape/map.html", context)


def _alone(part: Part) -> list[Any]:
    """Return what leads nowhere and comes from nowhere: the table has a line for each, too."""
    joined = {each.key for edge in part.edges for each in (edge.source, edge.target)}
    return [node for node in part.nodes if node.key not in joined]


def _left_out(part: Part) -> list[str]:
    names = dict(Kind.choices)
    return [
        ngettext("%(kind)s: %(n)d more", "%(kind)s: %(n)d more", n) % {"kind": names[kind], "n": n}
        for kind, n in part.left_out.items()
    ]


def _choices(wanted: MapFilter, visible: frozenset[int]) -> list[dict[str, Any]]:
    folders = Folder.objects.filter(pk__in=visible).order_by("title").values_list("pk", "title")
    options = [("", _("All")), *((str(pk), title) for pk, title in folders)]
    shown = [
        ("", _("Everything")),
        ("hidden", _("Hidden chains alone")),
        ("failing", _("What fails, and what hangs on it")),
    ]
    found = [{"label": _("Show"), "name": "show", "value": wanted.show, "options": shown}]
    if len(options) > 2:
        value = str(wanted.folder or "")
        found.insert(
            0, {"label": _("Folder"), "name": "folder", "value": value, "options": options}
        )
    return found
