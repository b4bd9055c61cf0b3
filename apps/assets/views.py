"""Settings: assets. Values are shown where they are plain; secrets are never sent out."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.shown_changes import keep_changes, take_changes
from apps.bots.models import Bot
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import InvalidError
from apps.lib.forms import disable_all
from apps.lib.keyring import VaultError

from . import presenting
from .forms import AssetForm, OverrideForm, ValueForm
from .lifecycle import assets_of, remove_asset, remove_override, save_asset, save_override
from .models import Asset, AssetOverride
from .rights import may_change_assets, require_change, require_look
from .values import KEEP

HISTORY_LENGTH = 20
USUAL_KIND = Asset.Kind.CREDENTIAL


@require_safe
def asset_list(request: PersonRequest) -> HttpResponse:
    require_look(request.user, request.folder.pk)
    rows = presenting.asset_rows(request.folder)
    context = {
        "rows": rows,
        "may_change": may_change_assets(request.user, request.folder.pk),
        "warnings": sorted({row.warning for row in rows if row.warning}),
        "n_due": sum(row.is_due for row in rows),
    }
    return render(request, "assets/list.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def asset_create(request: PersonRequest) -> HttpResponse:
    require_change(request.user, request.folder.pk)
    wanted = request.GET.get("kind", "")
    kind = wanted if wanted in Asset.Kind.values else USUAL_KIND
    asset = Asset(folder=request.folder, kind=kind)
    form = AssetForm(request.POST or None, asset=asset)
    if request.method == "POST" and form.is_valid() and _save(request, asset, form):
        messages.success(request, _("“%(title)s” is kept.") % {"title": asset.title})
        return redirect("asset_settings:edit", pk=asset.pk)
    tabs = [
        {"url": f"?kind={value}", "label": label, "current": value == kind}
        for value, label in Asset.Kind.choices
    ]
    context = {"form": form, "asset": asset, "tabs": tabs, "may_change": True}
    return render(request, "assets/form.html", context, status=_status(request))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def asset_edit(request: PersonRequest, pk: int) -> HttpResponse:
    asset = _find(request, pk)
    may = may_change_assets(request.user, request.folder.pk)
    form = AssetForm(request.POST or None, asset=asset)
    if not may:
        disable_all(form)
    if request.method == "POST":
        require_change(request.user, request.folder.pk)
        if form.is_valid() and _save(request, asset, form):
            return redirect("asset_settings:edit", pk=pk)
        asset.refresh_from_db()  # the page around the form tells what is kept
    context = {**_context(request, asset), "form": form, "may_change": may}
    return render(request, "assets/form.html", context, status=_status(request))


@require_POST
def asset_remove(request: PersonRequest, pk: int) -> HttpResponse:
    require_change(request.user, request.folder.pk)
    asset = _find(request, pk)
    remove_asset(asset, by=request.user.actor)
    messages.success(request, _("“%(title)s” is removed.") % {"title": asset.title})
    return redirect("asset_settings:list")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def override_create(request: PersonRequest, pk: int) -> HttpResponse:
    require_change(request.user, request.folder.pk)
    asset = _find(request, pk)
    bots = Bot.objects.filter(folder=request.folder).exclude(asset_overrides__asset=asset)
    form = OverrideForm(request.POST or None, asset=asset, held=None, bots=bots)
    is_right = request.method == "POST" and form.is_valid()
    if is_right and _save_override(request, asset, form, form.bot()):
        return redirect("asset_settings:edit", pk=pk)
    context = {"form": form, "asset": asset, "has_bots": bots.exists()}
    return render(request, "assets/override.html", context, status=_status(request))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def override_edit(request: PersonRequest, pk: int, bot_pk: int) -> HttpResponse:
    require_change(request.user, request.folder.pk)
    override = _find_override(request, pk, bot_pk)
    asset = override.asset
    form = OverrideForm(request.POST or None, asset=asset, held=override)
    is_right = request.method == "POST" and form.is_valid()
    if is_right and _save_override(request, asset, form, override.bot):
        return redirect("asset_settings:edit", pk=pk)
    context = {"form": form, "asset": asset, "override": override, "has_bots": True}
    return render(request, "assets/override.html", context, status=_status(request))


@require_POST
def override_remove(request: PersonRequest, pk: int, bot_pk: int) -> HttpResponse:
    require_change(request.user, request.folder.pk)
    override = _find_override(request, pk, bot_pk)
    remove_override(override, by=request.user.actor)
    words = {"bot": override.bot.name}
    messages.success(request, _("%(bot)s gets the same as all others now.") % words)
    return redirect("asset_settings:edit", pk=pk)


def _find(request: PersonRequest, pk: int) -> Asset:
    require_look(request.user, request.folder.pk)
    found: Asset = get_object_or_404(assets_of(request.folder), pk=pk)
    return found


def _find_override(request: PersonRequest, pk: int, bot_pk: int) -> AssetOverride:
    overrides = AssetOverride.objects.select_related("asset", "bot")
    asset = _find(request, pk)
    found: AssetOverride = get_object_or_404(overrides, asset=asset, bot_id=bot_pk)
    return found


def _save(request: PersonRequest, asset: Asset, form: AssetForm) -> bool:
    """Save; on a refusal say so at the fields and return False."""
    if asset.pk is None:
        asset.key = form.cleaned_data["key"]
    try:
        changes = save_asset(asset, form.facts(), value=form.given(), by=request.user.actor)
    except InvalidError as error:
        form.refused(error)
        return False
    except VaultError as error:
        form.add_error(None, error.message)
        return False
    keep_changes(request, ("asset", asset.pk), form, changes)
    if not changes:
        messages.success(request, _("Nothing was changed."))
    return True


def _save_override(request: PersonRequest, asset: Asset, form: ValueForm, bot: Bot) -> bool:
    given = form.given()
    if given is KEEP:
        messages.success(request, _("Nothing was changed."))
        return True
    try:
        save_override(asset, bot, given, by=request.user.actor)
    except InvalidError as error:
        form.refused(error)
        return False
    except VaultError as error:
        form.add_error(None, error.message)
        return False
    messages.success(request, _("%(bot)s gets a value of its own.") % {"bot": bot.name})
    return True


def _context(request: PersonRequest, asset: Asset) -> dict[str, Any]:
    events = history_of(("asset", asset.pk), limit=HISTORY_LENGTH).items
    return {
        "asset": asset,
        "warning": presenting.warning_of(asset),
        "is_due": presenting.is_due_now(asset),
        "overrides": presenting.override_rows(asset),
        "changes": take_changes(request, ("asset", asset.pk)),
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }


def _status(request: PersonRequest) -> int:
    return 422 if request.method == "POST" else 200
