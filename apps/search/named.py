"""What people set up, by its title or key: queues, workflows, bots, triggers, people, pages.

There are thousands of these at most, not millions: those of the folders that may be looked into
are read one by one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, F, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.lifecycle import people_of
from apps.accounts.models import Folder, User
from apps.accounts.permissions import Action, Rights
from apps.accounts.settings_views import PLACES
from apps.bots.models import Automation, Bot, BotPool
from apps.limits.models import Application
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger
from apps.workflows.models import Decision, Workflow

from .asking import Asked
from .hits import Hit

BEGINS, HAS = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`actions`: one of these rights shows it, and leads to its page."""

    kind: str
    model: Any
    route: str
    title: str = "title"
    key: str = "key"
    actions: tuple[Action, ...] = (Action.VIEW,)
    arguments: tuple[str, ...] = ()


SOURCES: Final = (
    Source(kind="queue", model=WorkQueue, route="queues:queue_detail"),
    Source(kind="workflow", model=Workflow, route="workflows:workflow_detail"),
    Source(kind="decision", model=Decision, route="decisions:decision_detail"),
    Source(kind="trigger", model=Trigger, route="triggers:trigger_detail"),
    Source(kind="bot", model=Bot, route="bots:bot_detail", title="name", key="host"),
    Source(kind="pool", model=BotPool, route="bots:pool_detail"),
    Source(
        kind="automation",
        model=Automation,
        route="bot_settings:edit",
        actions=(Action.DESIGN, Action.AUDIT),
        arguments=("automation",),
    ),
    Source(kind="application", model=Application, route="applications:detail"),
)
BY_KIND: Final = {source.kind: source for source in SOURCES}


def find_named(
    sources: Iterable[Source], asked: Asked, rights: Rights, folders: frozenset[int], n: int
) -> list[Hit]:
    """Return up to `n` of each kind whose title or key has all the words, the best first.

    One query for all kinds: each is short, and the way to the database is what takes its time.
    """
    parts = [_named(source, asked, rights, folders, n) for source in sources]
    if not parts or not asked.words:
        return []
    first, *others = parts
    return [_hit(*row) for row in first.union(*others, all=True)]


def _named(
    source: Source, asked: Asked, rights: Rights, folders: frozenset[int], n: int
) -> QuerySet[Any, Any]:
    seen = frozenset[int]().union(*(rights.folder_ids(each) for each in source.actions))
    rows = source.model.objects.filter(folder_id__in=folders & seen)
    shown: list[Any] = [
        _text(Value(source.kind)),
        F("pk"),
        _text(F(source.title)),
        _text(F(source.key)),
    ]
    found = ranked(rows, asked, source.title, source.key)[:n]
    named: QuerySet[Any, Any] = found.values_list(*shown, _text(F("folder__title")))
    return named


def _text(expression: Any) -> Cast:
    """Columns of one union must be of one type and one collation."""
    return Cast(expression, TextField())


def ranked(rows: QuerySet[Any], asked: Asked, *names: str) -> QuerySet[Any]:
    """Keep what has each word in one of the columns `names`; what begins with the text is first."""
    for word in asked.words:
        rows = rows.filter(
            Q(*(Q(**{f"{name}__icontains": word}) for name in names), _connector="OR")
        )
    begins = Q(*(Q(**{f"{name}__istartswith": asked.text}) for name in names), _connector="OR")
    rank = Case(When(begins, then=Value(BEGINS)), default=Value(HAS), output_field=IntegerField())
    return rows.order_by(rank, names[0], "pk")


def _hit(kind: str, pk: int, title: str, key: str, folder: str) -> Hit:
    source = BY_KIND[kind]
    return Hit(
        kind=kind,
        pk=pk,
        title=title,
        url=reverse(source.route, args=[*source.arguments, pk]),
        note=key,
        folder=folder,
    )


# --- people


def find_people(asked: Asked, rights: Rights, folder: Folder, n: int) -> list[Hit]:
    """Return people of the folder that is worked in, to who looks after people there.

    Admins come to what they may do, supervisors to when they are away.
    """
    if rights.can(Action.ADMINISTER, folder.pk):
        route = "settings:person"
    elif rights.can(Action.OPERATE, folder.pk):
        route = "accounts:absences"
    else:
        return []
    names = ("username", "display_name", "first_name", "last_name", "email")
    people = User.objects.filter(pk__in=people_of(folder).order_by().values("pk"), is_active=True)
    found = ranked(people, asked, *names)[:n] if asked.words else []
    return [
        Hit(
            kind="person",
            pk=person.pk,
            title=person.name,
            url=reverse(route, args=[person.pk]),
            note=person.username,
            folder=folder.title,
        )
        for person in found
    ]


# --- pages


@dataclass(frozen=True, slots=True)
class Page:
    title: str | Promise
    route: str
    action: Action


@dataclass(frozen=True, slots=True)
class HelpPage:
    """`part_of`: the page that it is a section of, if it is one."""

    title: str
    url: str
    part_of: str


_help_pages: list[Callable[[], Iterable[HelpPage]]] = []


def register_help(pages: Callable[[], Iterable[HelpPage]]) -> None:
    """Have pages found that help; whoever is signed in may read them."""
    _help_pages.append(pages)


# beside those of the rail, which every page has anyway
PAGES: Final = (
    Page(_("Runs"), "runs:run_list", Action.VIEW),
    Page(_("Instances"), "instances:instance_list", Action.VIEW),
    Page(_("Decision tables"), "decisions:decision_list", Action.VIEW),
    Page(_("Pools"), "bots:pool_list", Action.VIEW),
    Page(_("Week of triggers"), "triggers:week", Action.VIEW),
    Page(_("Inbox of the team"), "inbox:team", Action.VIEW),
    Page(_("Notices"), "notices:list", Action.VIEW),
    Page(_("Profile"), "accounts:profile", Action.VIEW),
    Page(_("New trigger"), "triggers:trigger_create", Action.DESIGN),
    Page(_("New queue"), "queue_settings:create", Action.DESIGN),
    Page(_("New application"), "applications:create", Action.DESIGN),
    Page(_("Upload a workflow"), "workflows:workflow_upload", Action.DESIGN),
    Page(_("Emergency stop"), "applications:stop", Action.OPERATE),
)


def find_pages(asked: Asked, rights: Rights, folder: Folder, n: int) -> list[Hit]:
    """Return pages whose name has all the words, for who may open them."""
    words = [word.casefold() for word in asked.words]
    found = [hit for hit in _pages(rights, folder) if all(w in hit.title.casefold() for w in words)]
    return found[:n] if words else []


def _pages(rights: Rights, folder: Folder) -> Iterator[Hit]:
    settings = (Page(each.title, each.route, each.action) for each in PLACES)
    for page in (*PAGES, *settings):
        may = rights.can(page.action, folder.pk) or rights.can(Action.AUDIT, folder.pk)
        if may and (url := _url(page.route)):
            note = str(_("Settings")) if url.startswith("/settings/") else ""
            yield Hit(kind="page", pk=0, title=str(page.title), url=url, note=note)
    for help_page in (each for pages in _help_pages for each in pages()):
        note = " · ".join(filter(None, [str(_("Help")), help_page.part_of]))
        yield Hit(kind="page", pk=0, title=help_page.title, url=help_page.url, note=note)


def _url(route: str) -> str:
    """Return the address; "" while no app answers there."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
