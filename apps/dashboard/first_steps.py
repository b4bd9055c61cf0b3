"""What makes a folder work, step by step, until all of it is there; read from what there is."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, Membership, User
from apps.accounts.permissions import Action
from apps.bots.models import Bot
from apps.calendars.models import Calendar
from apps.dashboard.models import HiddenSteps
from apps.events.fragments import Rights
from apps.notices.channels.mail import is_set_up as can_mail
from apps.notices.models import Address
from apps.queues.models import WorkItem, WorkQueue
from apps.triggers.models import Trigger


@dataclass(frozen=True, kw_only=True)
class Step:
    """`url`: the form that does it; "" for who may not, and before its turn has come.
    `is_needed`: no work is done without it."""

    key: str
    title: str
    text: str
    url: str
    is_done: bool
    is_needed: bool = True


@dataclass(frozen=True)
class FirstSteps:
    steps: list[Step]

    @property
    def n_done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def is_over(self) -> bool:
        return self.n_done == len(self.steps)

    @property
    def works(self) -> bool:
        return all(step.is_done for step in self.steps if step.is_needed)


def may_set_up(rights: Rights, folder_id: int | None) -> bool:
    return rights.can(Action.DESIGN, folder_id) or rights.can(Action.ADMINISTER, folder_id)


def are_hidden_for(person: User) -> bool:
    return HiddenSteps.objects.filter(user=person).exists()


def hide_for(person: User) -> None:
    HiddenSteps.objects.get_or_create(user=person)


def first_steps(folder_id: int, rights: Rights) -> FirstSteps | None:
    """Return the steps of a folder, with links to what these rights allow; one query.

    None: there is no such folder.
    """
    facts = _facts(folder_id)
    if facts is None:
        return None
    links = _links(folder_id, facts["queue"], rights)
    return FirstSteps([*_needed(facts, links), *_advised(facts, links)])


def _needed(facts: dict[str, Any], links: dict[str, str]) -> list[Step]:
    said = {
        "queue": (
            _("Make a queue"),
            _("It holds work of one kind, and says what the data must look like."),
        ),
        "bot": (
            _("Connect a bot"),
            _("It works the items. Start one where your automations are."),
        ),
        "item": (
            _("Add a first item"),
            _("By hand, as a table, or by API: then watch what the bot does with it."),
        ),
        "trigger": (
            _("Let it start by itself"),
            _("A trigger starts work at times, or on files, mails and calls."),
        ),
        "people": (
            _("Invite the people who decide"),
            _("What a bot can't do alone goes to their inbox."),
        ),
    }
    return _steps(said, facts, links, is_needed=True)


def _advised(facts: dict[str, Any], links: dict[str, str]) -> list[Step]:
    said = {
        "calendar": (
            _("Say when people work"),
            _("A calendar with its time zone: deadlines and triggers know free days by it."),
        ),
        "notices": (
            _("Give messages a way out"),
            _("By mail, chat or push: nobody watches this page at night."),
        ),
        "heartbeat": (
            _("Have somebody else notice when all of this is down"),
            _("HEARTBEAT_URL is called while all is well; who is called misses it."),
        ),
    }
    return _steps(said, facts, links, is_needed=False)


def _steps(
    said: dict[str, tuple[str, str]],
    facts: dict[str, Any],
    links: dict[str, str],
    *,
    is_needed: bool,
) -> list[Step]:
    return [
        Step(
            key=key,
            title=title,
            text=text,
            url=links[key],
            is_done=bool(facts[key]),
            is_needed=is_needed,
        )
        for key, (title, text) in said.items()
    ]


def _facts(folder_id: int) -> dict[str, Any] | None:
    """Return what there is (of `queue` the first one), in one row; each stops at its first find."""
    here = OuterRef("pk")
    queues = WorkQueue.objects.filter(folder=here).order_by("pk").values("pk")
    members = Membership.objects.filter(folder=here)
    first_member = Membership.objects.filter(folder=folder_id).order_by("pk").values("pk")[:1]
    found: Any = Folder.objects.filter(pk=folder_id).values(
        queue=Subquery(queues[:1]),
        bot=Exists(Bot.objects.filter(folder=here)),
        item=Exists(WorkItem.objects.filter(queue__folder=here)),
        trigger=Exists(Trigger.objects.filter(folder=here)),
        people=Exists(members.exclude(pk__in=first_member)),
        calendar=Exists(Calendar.objects.filter(folder=here)),
        address=Exists(Address.objects.filter(Q(folder=here) | Q(user__memberships__folder=here))),
    )
    row: dict[str, Any] | None = found.first()
    if row is None:
        return None
    has_way_out = row["address"] or can_mail()
    return row | {"notices": has_way_out, "heartbeat": bool(settings.HEARTBEAT_URL)}


def _links(folder_id: int, queue: int | None, rights: Rights) -> dict[str, str]:
    designs = rights.can(Action.DESIGN, folder_id)
    administers = rights.can(Action.ADMINISTER, folder_id)
    adds = queue is not None and rights.can(Action.OPERATE, folder_id)
    return {
        "queue": reverse("queue_settings:create") if designs else "",
        "bot": _help("bots"),
        "item": reverse("queues:item_add", args=[queue]) if adds else "",
        "trigger": reverse("triggers:trigger_create") if designs else "",
        "people": reverse("settings:person_invite") if administers else "",
        "calendar": reverse("calendar_settings:create") if designs else "",
        "notices": reverse("notice_settings:list") if administers else reverse("notices:settings"),
        "heartbeat": f"{_help('alerts')}#when-the-control-room-itself-is-down",
    }


def _help(topic: str) -> str:
    return reverse("help:topic", args=[topic])
