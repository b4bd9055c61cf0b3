"""The bell's panel, the page of all notices, and reading them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.folders import without_folder
from apps.accounts.http import PersonRequest
from apps.lib.numbers import whole_number

from .kinds import KINDS
from .lifecycle import mark_all_read, mark_read, mark_subject_read
from .listing import NoticeFilter
from .models import Notice
from .presenting import bell_rows, said, unread_count

# what a page may say that it shows
SUBJECTS = frozenset({"task", "instance", "item"})


@without_folder
@never_cache
@require_safe
def notice_list(request: PersonRequest) -> HttpResponse:
    wanted = NoticeFilter.parse(request.META.get("QUERY_STRING", ""), user=request.user.pk)
    context = {
        "wanted": wanted,
        "tabs": [
            _tab(_("New"), wanted, "unread", said(unread_count(request.user.pk))),
            _tab(_("All"), wanted, "all", ""),
        ],
        "kinds": [("", _("All kinds")), *((kind.key, kind.title) for kind in KINDS.values())],
    }
    return render(request, "notices/notices.html", context)


@without_folder
@never_cache
@require_safe
def panel(request: PersonRequest) -> HttpResponse:
    """What the bell shows when it is opened."""
    rows = bell_rows(request.user.pk)
    newest = max((row.notice.pk for row in rows if row.is_new), default=0)
    return render(request, "notices/notices.html#panel", {"rows": rows, "newest": newest})


@without_folder
@require_POST
def read(request: PersonRequest, pk: int) -> HttpResponse:
    mark_read([pk], user_id=request.user.pk)
    return _back(request)


@without_folder
@require_POST
def read_all(request: PersonRequest) -> HttpResponse:
    """All that the person has seen: what comes while they click stays new."""
    up_to = whole_number(request.POST.get("up_to", "")) or _newest_of(request.user.pk)
    n = mark_all_read(user_id=request.user.pk, up_to=up_to)
    text = ngettext("%(n)d notice is read now.", "%(n)d notices are read now.", n)
    messages.success(request, text % {"n": n})
    return _back(request)


@without_folder
@require_POST
def seen(request: PersonRequest) -> HttpResponse:
    """A page says what it shows: notices about that are no longer new."""
    about, _colon, pk = request.POST.get("subject", "").partition(":")
    if about in SUBJECTS and (number := whole_number(pk)):
        mark_subject_read((about, number), user_id=request.user.pk)
    return HttpResponse(status=204)


def _tab(label: str, wanted: NoticeFilter, tab: str, count: str) -> dict[str, object]:
    query = wanted.but(tab=tab).query()
    return {
        "label": label,
        "url": reverse("notices:list") + (f"?{query}" if query else ""),
        "current": wanted.tab == tab,
        "count": count,
    }


def _back(request: PersonRequest) -> HttpResponse:
    """Scripts need no page; a form goes back to the list, with its filters."""
    if request.htmx or request.headers.get("X-Quiet"):
        return HttpResponse(status=204)
    wanted = NoticeFilter.parse(request.POST.get("query", ""), user=request.user.pk)
    query = wanted.query()
    return redirect(reverse("notices:list") + (f"?{query}" if query else ""))


def _newest_of(user_id: int) -> int:
    newest = Notice.objects.filter(user=user_id).order_by("-id").values_list("pk", flat=True)
    return newest.first() or 0
