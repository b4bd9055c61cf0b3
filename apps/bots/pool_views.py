"""The pages of pools: what each has, what waits in it, how many slots it wants."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can

from .forms import MaintenanceForm
from .models import BotPool
from .views import service


@require_safe
def pool_list(request: PersonRequest) -> HttpResponse:
    may_administer = can(request.user, Action.ADMINISTER, request.folder.pk)
    return render(request, "bots/pool_list.html", {"may_administer": may_administer})


@require_safe
def pool_detail(request: PersonRequest, pk: int) -> HttpResponse:
    pool = get_object_or_404(BotPool.objects.visible_to(request.user), pk=pk)
    context = {
        "pool": pool,
        "may_operate": can(request.user, Action.OPERATE, pool.folder_id),
        "may_administer": can(request.user, Action.ADMINISTER, pool.folder_id),
        "maintenance_form": MaintenanceForm(),
        "maintenance_url": reverse("bots:pool_maintenance", args=[pool.pk]),
        "runs_arg": f"pool={pool.pk}&limit=10",
    }
    return render(request, "bots/pool_detail.html", context)


@require_POST
def pool_maintenance(request: PersonRequest, pk: int) -> HttpResponse:
    pool = get_object_or_404(BotPool.objects.visible_to(request.user), pk=pk)
    return service(request, pool, reverse("bots:pool_detail", args=[pk]))
