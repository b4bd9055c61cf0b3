"""What people may be told of, and how they hear of it unless they choose otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Role

Channel = Literal["page", "email", "chat", "push"]
How = Literal["at_once", "digest", "never"]

PAGE: Channel = "page"
CHANNELS: dict[str, str | Promise] = {
    "page": _("In the page"),
    "email": _("E-mail"),
    "chat": _("Chat and more"),
    "push": _("Push"),
}
# those that leave the page: each delivery is a row
OUTSIDE: tuple[Channel, ...] = ("email", "chat", "push")
HOWS: dict[str, str | Promise] = {
    "at_once": _("At once"),
    "digest": _("In the digest"),
    "never": _("Never"),
}
AT_ONCE: How = "at_once"
DIGEST: How = "digest"
NEVER: How = "never"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of news. `email`, `chat` and `push` are what holds for people who chose nothing;
    `by_role` says it for a role where that differs."""

    key: str
    title: str | Promise
    # the name of an icon
    icon: str = "bell"
    email: How = DIGEST
    chat: How = AT_ONCE
    push: How = AT_ONCE
    by_role: Mapping[str, Mapping[str, How]] = field(default_factory=dict)
    # whether it may be ticked for the addresses of a folder: it concerns more than one person
    is_for_folders: bool = False
    # whether its link is a secret: only messages carry it
    has_secret_link: bool = False
    # not for people to choose: it tells of the notices themselves
    is_internal: bool = False

    def usual(self, channel: str, roles: Iterable[str] = ()) -> How:
        """Return how people with `roles` hear of it: the most prompt of what these say."""
        if channel == PAGE:
            return AT_ONCE
        own = self.email if channel == "email" else self.chat if channel == "chat" else self.push
        said = [self.by_role.get(role, {}).get(channel, own) for role in roles] or [own]
        return min(said, key=list(HOWS).index)


_WATCHERS: Mapping[str, Mapping[str, How]] = {
    Role.SUPERVISOR: {"email": AT_ONCE},
    Role.ADMIN: {"email": AT_ONCE},
}
_NOT_FOR_BUSINESS: Mapping[str, Mapping[str, How]] = {
    Role.BUSINESS_USER: {"email": NEVER, "chat": NEVER, "push": NEVER},
    Role.AUDITOR: {"email": NEVER, "chat": NEVER, "push": NEVER},
}

KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(key="task_assigned", title=_("A task is yours now"), icon="inbox", email=AT_ONCE),
        Kind(
            key="task_offered",
            title=_("A task is offered to you or your team"),
            icon="inbox",
            email=DIGEST,
            chat=NEVER,
            push=NEVER,
        ),
        Kind(
            key="task_mentioned",
            title=_("Somebody mentions you"),
            icon="message-circle",
            email=AT_ONCE,
        ),
        Kind(
            key="task_commented",
            title=_("Somebody comments on your task"),
            icon="message-circle",
            chat=DIGEST,
            push=NEVER,
        ),
        Kind(
            key="task_taken_over",
            title=_("Somebody takes over what you were working on"),
            icon="user-check",
        ),
        Kind(key="task_reminder", title=_("A task waits for you"), icon="clock", email=AT_ONCE),
        Kind(
            key="task_overdue",
            title=_("A task is overdue"),
            icon="clock",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="task_escalated",
            title=_("A task has been escalated"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="task_decided_for_you",
            title=_("A task of yours has been decided"),
            icon="check",
            chat=DIGEST,
            push=NEVER,
        ),
        Kind(
            key="decision_failed",
            title=_("A decision of yours could not take effect"),
            icon="alert-triangle",
            email=AT_ONCE,
        ),
        Kind(
            key="approval_link",
            title=_("Somebody asks for your approval"),
            icon="check",
            email=AT_ONCE,
            has_secret_link=True,
        ),
        Kind(
            key="incident",
            title=_("A step needs repair"),
            icon="alert-triangle",
            email=DIGEST,
            by_role={**_WATCHERS, **_NOT_FOR_BUSINESS},
            is_for_folders=True,
        ),
        Kind(
            key="proposal",
            title=_("A rule or a threshold is proposed"),
            icon="info-circle",
            chat=NEVER,
            push=NEVER,
            is_for_folders=True,
        ),
        Kind(
            key="model_stopped",
            title=_("A model is stopped: people take over"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="trigger_disabled",
            title=_("A trigger was switched off after failures"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="canary",
            title=_("A new version was rolled back, or took over"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="application",
            title=_("An application fails, or works again"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="emergency_stop",
            title=_("All work is stopped, or goes on"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="alert",
            title=_("An alert fires"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="sign_in_locked",
            title=_("Somebody is locked out after wrong tries"),
            icon="lock",
            email=AT_ONCE,
        ),
        Kind(
            key="account_guards",
            title=_("What guards your account has changed"),
            icon="key",
            email=AT_ONCE,
        ),
        Kind(
            key="operation",
            title=_("A bulk action of yours has ended"),
            icon="checklist",
            email=NEVER,
            push=NEVER,
        ),
        Kind(
            key="report",
            title=_("A report that you ordered"),
            icon="table",
            email=AT_ONCE,
            chat=NEVER,
            push=NEVER,
        ),
        Kind(key="failures", title=_("A failure is yours to see to"), icon="alert-triangle"),
        Kind(
            key="trigger_alert",
            title=_("A trigger raises an alert"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="trigger_deaf",
            title=_("A trigger can't listen, or listens again"),
            icon="alert-triangle",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="webhook_resting",
            title=_("A webhook is put to rest: nothing gets through"),
            icon="link",
            email=AT_ONCE,
            is_for_folders=True,
        ),
        Kind(
            key="channel_off",
            title=_("A channel was switched off"),
            icon="alert-triangle",
            email=NEVER,
            chat=NEVER,
            push=NEVER,
            is_internal=True,
        ),
        Kind(key="digest", title=_("The digest"), is_internal=True),
    )
}
# what people choose about
CHOSEN: tuple[Kind, ...] = tuple(kind for kind in KINDS.values() if not kind.is_internal)
FOR_FOLDERS: tuple[Kind, ...] = tuple(kind for kind in KINDS.values() if kind.is_for_folders)
