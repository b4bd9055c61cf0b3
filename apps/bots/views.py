"""The pages of bots: the fleet, and one bot."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require

from .lifecycle import set_standing
from .models import Bot


@require_safe
def bot_list(request: PersonRequest) -> HttpResponse:
    context = {
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
    return redirect("bots:bot_detail", pk=pk)
