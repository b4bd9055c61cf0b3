"""The Try it page, the one-click sign-in, the upload, and the ERP's ledger."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.entry.letting_in import let_in
from apps.accounts.http import PersonRequest
from apps.accounts.models import User
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import NotAllowedError, NotFoundError

from . import steps
from .intake import take_in_files
from .models import DemoSetting, LedgerEntry, TryItStep
from .set_up import PEOPLE
from .switching import switch_trickle

MAX_LEDGER_ROWS = 200
MAX_FILES = 20
# what a proxy adds: then the caller is not who the connection says
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


@require_safe
def try_it(request: PersonRequest) -> HttpResponse:
    switch = DemoSetting.objects.filter(folder=request.folder).first()
    if switch is None:
        return render(request, "demo/not_loaded.html")
    shown = [
        {
            "key": step.key,
            "button": step.button,
            "arg": f"user={request.user.pk}&folder={request.folder.pk}&step={step.key}",
        }
        for step in steps.STEPS
    ]
    context = {
        "switch": switch,
        "steps": shown,
        "folder": request.folder,
        "may_try": can(request.user, Action.DECIDE, request.folder.pk),
    }
    return render(request, "demo/try_it.html", context)


@require_POST
def start_step(request: PersonRequest, key: str) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    _may_try(request)
    if key not in steps.BY_KEY:
        raise NotFoundError(_("There is no such step."))
    step = steps.BY_KEY[key]
    steps.begin(step, request.folder, request.user)
    messages.success(request, step.watch)
    return redirect("demo:try_it")


@require_POST
def kill_bot(request: PersonRequest) -> HttpResponse:
    _may_try(request)
    progress = get_object_or_404(
        TryItStep, folder=request.folder, user=request.user, step="kill-a-bot"
    )
    name = steps.kill_bot_of(progress)
    messages.success(request, _("Killed a process of %(bot)s.") % {"bot": name})
    return redirect("demo:try_it")


@require_POST
def upload(request: PersonRequest) -> HttpResponse:
    """Take UBL files, each taken or refused by itself; if none was taken, that is an error."""
    _may_try(request)
    files = request.FILES.getlist("file")[:MAX_FILES]
    if not files:
        messages.error(request, _("Choose a UBL file first."))
        return redirect("demo:try_it")
    taken, refusals = take_in_files(request.folder, files, by=request.user.actor)
    if not taken:
        raise refusals[0]
    for instance in taken:
        messages.success(request, _("%(invoice)s is on its way.") % {"invoice": instance})
    for refusal in refusals:
        messages.error(request, refusal.message)
    return redirect("instances:instance_detail", pk=taken[-1].pk)


@require_POST
def trickle(request: PersonRequest) -> HttpResponse:
    _may_try(request)
    get_object_or_404(DemoSetting, folder=request.folder)
    is_on = request.POST.get("on") == "1"
    switch_trickle(request.folder, is_on=is_on, by=request.user.actor)
    return redirect("demo:try_it")


@require_safe
def ledger(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.VIEW, request.folder.pk)
    entries = LedgerEntry.objects.filter(folder=request.folder).select_related("vendor")
    return render(
        request, "demo/ledger.html", {"entries": entries.order_by("-pk")[:MAX_LEDGER_ROWS]}
    )


@login_not_required
@require_POST
def quick_login(request: HttpRequest) -> HttpResponse:
    """Sign one of the demo's people in without a password; from this machine only."""
    if not may_quick_login(request):
        raise NotAllowedError(_("One-click sign-in works on the control room's own machine only."))
    known = {username for username, _name, _role in PEOPLE}
    username = request.POST.get("username", "")
    if username not in known:
        raise NotFoundError(_("The demo has no such person."))
    person = get_object_or_404(User, username=username, is_active=True)
    if person.has_usable_password():
        raise NotAllowedError(_("This person has a password. Sign in with it."))
    return let_in(request, person, way="demo")


def may_quick_login(request: HttpRequest) -> bool:
    """Only when the server listens on loopback, the demo is on, and the caller is local, too."""
    if not (settings.LOOPBACK_ONLY and settings.DEMO_ENABLED):
        return False
    if any(request.headers.get(name) for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _may_try(request: PersonRequest) -> None:
    """Auditors look, they don't set things off."""
    require(request.user, Action.DECIDE, request.folder.pk)
