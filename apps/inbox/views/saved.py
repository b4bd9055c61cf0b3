"""Views of the inbox that a person named."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.inbox.listing import TaskFilter
from apps.inbox.models import SavedView

MAX_VIEWS = 50


@require_POST
def view_save(request: PersonRequest) -> HttpResponse:
    """Keep the filters under a name; the same name again replaces what it stood for."""
    name = request.POST.get("name", "").replace("\x00", "").strip()[:60]
    asked = request.POST.get("query", "").removeprefix("?")
    query = TaskFilter.parse(asked, folder=request.folder.pk).but().query()
    mine = SavedView.objects.filter(user=request.user, folder=request.folder)
    if not name:
        messages.error(request, _("Give the view a name first."))
    elif mine.exclude(name=name).count() >= MAX_VIEWS:
        messages.error(request, _("You have %(n)d views; forget one first.") % {"n": MAX_VIEWS})
    else:
        mine.update_or_create(
            name=name, user=request.user, folder=request.folder, defaults={"query": query}
        )
        messages.success(request, _("“%(name)s” is one of your views now.") % {"name": name})
    return _back(query)


@require_POST
def view_delete(request: PersonRequest, pk: int) -> HttpResponse:
    SavedView.objects.filter(user=request.user, pk=pk).delete()
    return _back("")


def _back(query: str) -> HttpResponse:
    address = reverse("inbox:inbox")
    return redirect(f"{address}?{query}" if query else address)
