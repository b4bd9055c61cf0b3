"""The page of the log, and the log as a file."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action
from apps.bots.models import Bot
from apps.lib.errors import FieldProblem, InvalidError
from apps.queues.models import WorkQueue

from .asking import LABELS, LEVELS, LogFilter
from .exporting import ENDINGS, FORMS, TYPES, log_file
from .pages import Place, page_of, problem_of
from .scopes import scope_of

MAX_CHOICES = 200
MAX_SHOWN = 200
AS_TYPED = "%Y-%m-%dT%H:%M:%S"


@require_safe
def log_page(request: PersonRequest) -> HttpResponse:
    """Lines of all folders that the person may look into; `part=lines`: those alone."""
    said = {name: str(value) for name, value in request.GET.items()}
    folders = request.rights.folder_ids(Action.VIEW)
    status = 200
    try:
        wanted = LogFilter.parse(said)
        context: dict[str, Any] = {
            "page": page_of(wanted, Place.parse(said, wanted, folders), folders)
        }
    except InvalidError as error:
        wanted, status = LogFilter(), 422
        context = problem_of(error)
    if said.get("part") == "lines":
        return render(request, "log/_lines.html", context, status=status)
    full = {**context, **_filters(said, wanted, folders)}
    return render(request, "log/page.html", full, status=status)


@require_safe
def log_download(request: PersonRequest) -> FileResponse:
    """All that the filter finds, as a file. Raises InvalidError for a filter that is none."""
    said = {name: str(value) for name, value in request.GET.items()}
    form = said.get("format", "text")
    if form not in FORMS:
        message = _("must be one of: %(known)s") % {"known": ", ".join(FORMS)}
        raise InvalidError(f"format: {message}.", fields=[FieldProblem("format", message)])
    wanted = LogFilter.parse(said)
    scope = scope_of(wanted, request.rights.folder_ids(Action.VIEW))
    return FileResponse(
        log_file(scope, wanted, form),
        as_attachment=True,
        filename=f"log.{ENDINGS[form]}",
        content_type=TYPES[form],
    )


# what the bar shows, and what lies below it
IN_BAR = ("q", "level", "queue", "bot")
FURTHER = ("run", "item", "attempt", "instance", "request", "since", "until")


def _filters(said: dict[str, str], wanted: LogFilter, folders: frozenset[int]) -> dict[str, Any]:
    query = wanted.query()
    base = reverse("log:page")
    times = {"since": wanted.since, "until": wanted.until}
    raw = {name: said.get(name, "")[:MAX_SHOWN] for name in (*IN_BAR, *FURTHER)}
    # as fields for times take it
    typed = raw | {name: _typed(at) for name, at in times.items() if at}
    return {
        "wanted": wanted,
        "query": query,
        "typed": typed,
        "choices": [_levels(wanted), _queues(wanted, folders), _bots(wanted, folders)],
        "fields": [_field(name, typed[name]) for name in FURTHER],
        "kept": {name: raw[name] for name in FURTHER if raw[name]},
        "kept_more": {name: raw[name] for name in IN_BAR if raw[name]},
        "base_url": base,
        "clear_url": base if any(typed.values()) else "",
        "end_url": f"{base}?{query}" if query else base,
        "downloads": [
            (_("As text"), _download_url(query, "text")),
            (_("As NDJSON"), _download_url(query, "ndjson")),
        ],
        "has_more_filters": any(typed[name] for name in FURTHER),
    }


def _field(name: str, value: str) -> dict[str, Any]:
    is_time = name in ("since", "until")
    return {"name": name, "label": LABELS[name], "value": value,
            "type": "datetime-local" if is_time else ""}  # fmt: skip


def _typed(at: Any) -> str:
    return timezone.localtime(at).strftime(AS_TYPED)


def _download_url(query: str, form: str) -> str:
    return f"{reverse('log:download')}?{query}{'&' if query else ''}format={form}"


def _levels(wanted: LogFilter) -> dict[str, Any]:
    words = {
        "info": _("Info and worse"),
        "warning": _("Warnings and errors"),
        "error": _("Errors"),
    }
    options = [("", _("All")), *((level, words[level]) for level in LEVELS if level in words)]
    return {"name": "level", "label": _("Level"), "value": wanted.level, "options": options}


def _queues(wanted: LogFilter, folders: frozenset[int]) -> dict[str, Any]:
    rows = WorkQueue.objects.filter(folder_id__in=folders).order_by("title")
    found = [(str(pk), title) for pk, title in rows.values_list("pk", "title")[:MAX_CHOICES]]
    return _choice("queue", _("Queue"), wanted.queue, found)


def _bots(wanted: LogFilter, folders: frozenset[int]) -> dict[str, Any]:
    rows = Bot.objects.filter(folder_id__in=folders).order_by("name")
    found = [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MAX_CHOICES]]
    return _choice("bot", _("Bot"), wanted.bot, found)


def _choice(name: str, label: str, value: str, found: list[tuple[str, str]]) -> dict[str, Any]:
    """What the address asks for stays chosen, even if it is not among those on offer."""
    further = [(value, value)] if value and value not in dict(found) else []
    options = [("", _("All")), *further, *found]
    return {"name": name, "label": label, "value": value, "options": options}
