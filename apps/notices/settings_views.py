"""What reaches a person, and what the addresses of a folder are told."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.folders import without_folder
from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, may_change, require
from apps.lib.errors import DomainError, NotFoundError

from . import lifecycle
from .channels import is_set_up
from .channels.push import public_key
from .forms import ChatForm, FolderChatForm, RhythmForm
from .kinds import AT_ONCE, CHANNELS, CHOSEN, HOWS, KINDS, NEVER, PAGE
from .models import Address, Rhythm
from .preferring import listeners


@without_folder
@never_cache
@require_http_methods(["GET", "POST"])
def own_settings(request: PersonRequest) -> HttpResponse:
    """The table of kinds and channels, the rhythm, and the addresses of this person."""
    if request.method == "POST":
        wanted = {
            (kind.key, channel): request.POST[f"{kind.key}.{channel}"]
            for kind in CHOSEN
            for channel in CHANNELS
            if f"{kind.key}.{channel}" in request.POST
        }
        lifecycle.choose(request.user, wanted)
        messages.success(request, _("Saved."))
        return redirect("notices:settings")
    return _draw(request)


@without_folder
@require_POST
def own_rhythm(request: PersonRequest) -> HttpResponse:
    form = _rhythm_form(request, request.POST)
    if form.is_valid():
        lifecycle.set_rhythm(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("notices:settings")
    return _draw(request, rhythm_form=form, status=422)


@without_folder
@sensitive_post_parameters("url")
@require_POST
def own_chat_add(request: PersonRequest) -> HttpResponse:
    form = ChatForm(request.POST)
    if form.is_valid() and _added(request, form, request.user):
        return redirect(reverse("notices:settings") + "#addresses")
    return _draw(request, chat_form=form, status=422)


@without_folder
@require_POST
def own_push_add(request: PersonRequest) -> HttpResponse:
    """Called by a script, once the browser has agreed."""
    lifecycle.add_browser(
        request.user,
        endpoint=request.POST.get("endpoint", ""),
        p256dh=request.POST.get("p256dh", ""),
        auth=request.POST.get("auth", ""),
        title=request.POST.get("title", "") or _("A browser"),
    )
    messages.success(request, _("This browser takes messages now."))
    return HttpResponse(status=204)


@without_folder
@require_POST
def own_mail_test(request: PersonRequest) -> HttpResponse:
    return _try(request, lifecycle.own_mailbox(request.user))


@without_folder
@require_POST
def address_test(request: PersonRequest, pk: int) -> HttpResponse:
    return _try(request, _address(request, pk))


@without_folder
@require_POST
def address_remove(request: PersonRequest, pk: int) -> HttpResponse:
    found = _address(request, pk)
    lifecycle.remove_address(found, by=request.user.actor)
    messages.success(request, _("“%(name)s” is removed.") % {"name": found})
    return _back(found)


@without_folder
@require_POST
def address_on(request: PersonRequest, pk: int) -> HttpResponse:
    found = _address(request, pk)
    lifecycle.switch_on(found, by=request.user.actor)
    messages.success(request, _("“%(name)s” is switched on.") % {"name": found})
    return _back(found)


@never_cache
@sensitive_post_parameters("url")
@require_http_methods(["GET", "POST"])
def folder_settings(request: PersonRequest) -> HttpResponse:
    """The chats of a folder: what concerns more than one person."""
    may = may_change(request.user, Action.ADMINISTER, request.folder.pk, method=str(request.method))
    form = FolderChatForm(request.POST or None, initial={"kinds": ["incident", "task_escalated"]})
    if request.method == "POST" and form.is_valid() and _added(request, form, request.folder):
        return redirect("notice_settings:list")
    rows = Address.objects.filter(folder=request.folder)
    context = {
        "rows": [(row, [KINDS[kind].title for kind in row.kinds if kind in KINDS]) for row in rows],
        "form": form,
        "may_change": may,
        "schemes": sorted(settings.NOTICE_SCHEMES),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "notices/folder.html", context, status=status)


@require_safe
def push_key(request: PersonRequest) -> HttpResponse:
    """What a browser subscribes with."""
    return HttpResponse(public_key(), content_type="text/plain")


def _draw(
    request: PersonRequest,
    *,
    chat_form: ChatForm | None = None,
    rhythm_form: RhythmForm | None = None,
    status: int = 200,
) -> HttpResponse:
    addresses = list(Address.objects.filter(user=request.user))
    mailbox = next((each for each in addresses if each.channel == Address.Channel.EMAIL), None)
    context = {
        "channels": CHANNELS.items(),
        "rows": _table(request),
        "rhythm_form": rhythm_form or _rhythm_form(request, None),
        "chat_form": chat_form or ChatForm(),
        "chats": [each for each in addresses if each.channel == Address.Channel.CHAT],
        "browsers": [each for each in addresses if each.channel == Address.Channel.PUSH],
        "mailbox": mailbox,
        "is_mail_set_up": is_set_up("email"),
        "schemes": sorted(settings.NOTICE_SCHEMES),
    }
    return render(request, "notices/settings.html", context, status=status)


def _table(request: PersonRequest) -> list[dict[str, Any]]:
    """Return a row for each kind, with what is chosen and what is usual in each channel."""
    me = listeners([request.user.pk])[request.user.pk]
    return [
        {
            "kind": kind,
            "cells": [
                {
                    "name": f"{kind.key}.{channel}",
                    "label": f"{kind.title}: {title}",
                    "channel": title,
                    "chosen": me.chosen.get((kind.key, channel), ""),
                    "choices": _choices(kind.usual(channel, me.roles_in(None)), channel),
                }
                for channel, title in CHANNELS.items()
            ],
        }
        for kind in CHOSEN
    ]


def _choices(usual: str, channel: str) -> list[tuple[str, Any]]:
    in_page: list[tuple[str, Any]] = [(AT_ONCE, _("Yes")), (NEVER, _("Not counted"))]
    hows = in_page if channel == PAGE else [(how, title) for how, title in HOWS.items()]
    as_usual = _("As usual: %(how)s") % {"how": str(dict(hows)[usual])}
    return [("", as_usual), *hows]


def _rhythm_form(request: PersonRequest, data: Any) -> RhythmForm:
    own_zone = request.user.time_zone or settings.ORGANISATION_TIME_ZONE
    found = Rhythm.objects.filter(pk=request.user.pk).first() or Rhythm(user=request.user)
    initial = {name: getattr(found, name) for name in RhythmForm.base_fields}
    return RhythmForm(data, initial=initial, own_zone=own_zone)


def _added(request: PersonRequest, form: ChatForm, owner: Any) -> bool:
    """Add what the form says; or put on it why that can't be."""
    said = form.cleaned_data
    try:
        found = lifecycle.add_chat(
            owner,
            said["url"],
            title=said["title"],
            by=request.user.actor,
            kinds=said.get("kinds", ()),
        )
    except DomainError as error:
        form.add_error("url", error.message)
        return False
    text = _("“%(name)s” is added. Send a test message to see whether it arrives.")
    messages.success(request, text % {"name": found})
    return True


def _address(request: PersonRequest, pk: int) -> Address:
    """Return one's own, or one of a folder that one may administer; else NotFoundError."""
    found = Address.objects.select_related("user", "folder").filter(pk=pk).first()
    if found is None or (found.user_id and found.user_id != request.user.pk):
        raise NotFoundError(_("There is no such address, or not for you."))
    if found.folder_id:
        if not can(request.user, Action.VIEW, found.folder_id):
            raise NotFoundError(_("There is no such address, or not for you."))
        require(request.user, Action.ADMINISTER, found.folder_id)
    return found


def _try(request: PersonRequest, address: Address) -> HttpResponse:
    if problem := lifecycle.try_address(address):
        messages.error(request, _("The test message did not go out: %(why)s") % {"why": problem})
    else:
        messages.success(request, _("The test message was taken. Look whether it arrived."))
    return _back(address)


def _back(address: Address) -> HttpResponse:
    if address.folder_id:
        return redirect("notice_settings:list")
    return redirect(reverse("notices:settings") + "#addresses")
