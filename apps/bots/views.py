"""The pages of bots: the fleet, and one bot."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import DomainError, InvalidError

from .forms import MaintenanceForm
from .lifecycle import end_maintenance, plan_maintenance, set_standing
from .models import Bot, BotPool, Maintenance
from .shapes import shape_named, shape_tabs


@require_safe
def bot_list(request: PersonRequest) -> HttpResponse:
    shape = shape_named(request.GET.get("shape", ""))
    context = {
        "shape": shape,
        "tabs": shape_tabs(shape),
        "may_administer": can(request.user, Action.ADMINISTER, request.folder.pk),
        "runs_arg": "limit=10",
    }
    return render(request, "bots/bot_list.html", context)


@require_safe
def bot_detail(request: PersonRequest, pk: int) -> HttpResponse:
    bot = get_object_or_404(Bot.objects.visible_to(request.user), pk=pk)
    context = {
        "bot": bot,
        "may_operate": can(request.user, Action.OPERATE, bot.folder_id),
        "standings": Bot.Standing.choices,
        "runs_arg": f"bot={bot.pk}",
        "maintenance_form": MaintenanceForm(),
        "maintenance_url": reverse("bots:bot_maintenance", args=[bot.pk]),
    }
    return render(request, "bots/bot_detail.html", context)


@require_POST
def bot_standing(request: PersonRequest, pk: int) -> HttpResponse:
    bot = get_object_or_404(Bot.objects.visible_to(request.user), pk=pk)
    require(request.user, Action.OPERATE, bot.folder_id)
    wanted = request.POST.get("standing", "")
    if wanted in Bot.Standing.values:
        set_standing(bot, wanted, by=request.user.actor)
        messages.success(request, f"{bot}: {Bot.Standing(wanted).label}")
    else:
        messages.error(request, _("A bot is enabled, finishing, or disabled."))
    return _back(request, reverse("bots:bot_detail", args=[pk]))


@require_POST
def bot_maintenance(request: PersonRequest, pk: int) -> HttpResponse:
    bot = get_object_or_404(Bot.objects.visible_to(request.user), pk=pk)
    return service(request, bot, reverse("bots:bot_detail", args=[pk]))


@require_POST
def maintenance_end(request: PersonRequest, pk: int) -> HttpResponse:
    related = Maintenance.objects.select_related("bot", "pool")
    planned = get_object_or_404(related.visible_to(request.user), pk=pk)
    require(request.user, Action.OPERATE, planned.folder_id)
    try:
        end_maintenance(planned, by=request.user.actor)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The maintenance is over."))
    page = "bots:bot_detail" if planned.bot_id else "bots:pool_detail"
    return redirect(page, pk=planned.bot_id or planned.pool_id)


def service(request: PersonRequest, of: Bot | BotPool, page: str) -> HttpResponse:
    """Plan a maintenance as a form says; what is wrong with it is told on the page."""
    require(request.user, Action.OPERATE, of.folder_id)
    form = MaintenanceForm(request.POST)
    try:
        if not form.is_valid():
            field, problems = next(iter(form.errors.items()))
            label = form.fields[field].label if field in form.fields else ""
            raise InvalidError(f"{label}: {problems[0]}")
        plan_maintenance(of, by=request.user.actor, **form.cleaned_data)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(name)s: the maintenance is planned.") % {"name": of})
    return redirect(page)


def _back(request: PersonRequest, page: str) -> HttpResponse:
    """Return to the list if the button was pressed there, in the shape it had."""
    if request.POST.get("from") != "list":
        return redirect(page)
    shape = shape_named(request.POST.get("shape", ""))
    return redirect(next(str(tab["url"]) for tab in shape_tabs(shape) if tab["current"]))
