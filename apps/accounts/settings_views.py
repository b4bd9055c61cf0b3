"""The front page of the settings: what can be set up here, for those who may."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.lib.errors import NotAllowedError

from .http import PersonRequest
from .permissions import Action, can


@dataclass(frozen=True)
class Place:
    route: str
    action: Action
    icon: str
    title: str | Promise
    text: str | Promise

    @property
    def url(self) -> str:
        """The address; empty while no app answers there."""
        try:
            return reverse(self.route)
        except NoReverseMatch:
            return ""


PLACES = (
    Place(
        "queue_settings:list",
        Action.DESIGN,
        "stack-2",
        _("Queues"),
        _("What the data must look like, retries, deadlines, who decides."),
    ),
    Place(
        "gate_settings:list",
        Action.DESIGN,
        "sparkles",
        _("AI gates"),
        _("How sure AI must be of what it reads, and when a person looks."),
    ),
    Place(
        "bot_settings:list",
        Action.DESIGN,
        "robot",
        _("Bots, pools and automations"),
        _("Which bots there are, who shares work, and how long what they run may take."),
    ),
    Place(
        "limit_settings:list",
        Action.DESIGN,
        "lock",
        _("Limits"),
        _("How much may be at work at the same time, and how often something may start."),
    ),
    Place(
        "limit_settings:freezes",
        Action.DESIGN,
        "calendar",
        _("Freezes"),
        _("Times in which nothing new starts, once or again and again."),
    ),
    Place(
        "asset_settings:list",
        Action.DESIGN,
        "lock",
        _("Assets and credentials"),
        _("Values and secrets that bots ask for, and who was given them."),
    ),
    Place(
        "notice_settings:list",
        Action.ADMINISTER,
        "bell",
        _("Notices"),
        _("Chats and other services that are told of what concerns the folder."),
    ),
    Place(
        "ai:endpoint_list",
        Action.DESIGN,
        "sparkles",
        _("AI"),
        _("Models and what may stop them, prompts, and agents with their tools and limits."),
    ),
    Place(
        "settings:people",
        Action.ADMINISTER,
        "users",
        _("People"),
        _("Who may sign in, and what they may do."),
    ),
    Place(
        "settings:teams",
        Action.ADMINISTER,
        "users",
        _("Teams"),
        _("Who shares work, and who hears of what is left lying."),
    ),
    Place(
        "calendar_settings:list",
        Action.DESIGN,
        "clock",
        _("Calendars"),
        _("When people work: hours, holidays, days of our own."),
    ),
    Place(
        "handling_settings:list",
        Action.DESIGN,
        "inbox",
        _("Handling of tasks"),
        _("Who gets which tasks, when they are due, what happens if nobody comes."),
    ),
    Place(
        "wall_settings:list",
        Action.ADMINISTER,
        "device-desktop",
        _("Walls"),
        _("Large screens that show how things stand, without anybody signing in."),
    ),
    Place(
        "settings:sign_in",
        Action.ADMINISTER,
        "shield-check",
        _("Sign-in"),
        _("Services that people sign in with, and who has to have a second factor."),
    ),
    Place(
        "webhook_settings:list",
        Action.ADMINISTER,
        "link",
        _("Webhooks"),
        _("Other systems that are told what happens here, by signed calls."),
    ),
    Place(
        "retention_settings:overview",
        Action.ADMINISTER,
        "stack-2",
        _("Retention"),
        _("How long history stays, and the archives of old months."),
    ),
    Place(
        "settings:tokens",
        Action.ADMINISTER,
        "key",
        _("API tokens"),
        _("With which programs sign in."),
    ),
)


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    folder_id = request.folder.pk
    reads_all = can(request.user, Action.AUDIT, folder_id)
    allowed = [each for each in PLACES if reads_all or can(request.user, each.action, folder_id)]
    if not allowed:
        raise NotAllowedError(
            gettext("Only designers and admins change settings, and auditors read them.")
        )
    places = [place for place in allowed if place.url]
    return render(request, "settings/index.html", {"places": places})
