"""Links with which one person decides one task, once, without signing in.

Only a digest of the secret is kept. Whoever opens the link sees the task and is asked; nothing is
decided by looking, so programs that read mail ahead decide nothing. Rights are asked again when it
is used.
"""

import secrets
from hashlib import sha256

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action, can
from apps.inbox.candidates import people_offered, why_not
from apps.inbox.models import DecisionLink, UserTask
from apps.lib.clock import seconds_from_now
from apps.lib.errors import DomainError, NotAllowedError
from apps.notices.lifecycle import notify

from .answers import Answer
from .deciding import decide

LINK_SECONDS = 7 * 24 * 3600
MAX_PEOPLE = 100
SECRET_BYTES = 32


class LinkGoneError(DomainError):
    """The link was used, has run out, or never was one; nobody hears which."""

    status = 410
    code = "link_gone"
    title = "This link can't be used"


def make_link(task: UserTask, user: User) -> str:
    """Return the path of a new link for `user`; it holds for seven days, until it is used."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    DecisionLink.objects.create(
        task=task,
        user=user,
        digest=digest_of(token),
        expires_at=seconds_from_now(LINK_SECONDS),
    )
    return reverse("inbox:link", args=[token])


@transaction.atomic
def send_links(task: UserTask) -> int:
    """Send a link to everybody who is asked by name (at most MAX_PEOPLE); return to how many."""
    people = people_offered(task)
    if task.assignee_id is not None:
        people = people.filter(pk=task.assignee_id)
    asked = list(people[:MAX_PEOPLE])
    for person in asked:
        notify(
            [person.pk],
            "approval_link",
            title=_("Please decide: %(task)s") % {"task": task.title},
            body=task.reason,
            url=make_link(task, person),
            folder_id=task.folder_id,
            subject=("task", task.pk),
            key=f"link:{task.pk}",
        )
    return len(asked)


def link_of(token: str) -> DecisionLink:
    """Return the usable link with this secret. Raises LinkGoneError.

    Also for people who are not in the folder any more: they are shown nothing of the task.
    """
    alive = DecisionLink.objects.filter(used_at=None, expires_at__gt=Now(), user__is_active=True)
    related = alive.select_related("task__folder", "task__queue", "task__item", "user")
    found: DecisionLink | None = related.filter(digest=digest_of(token)).first()
    if found is None or not can(found.user, Action.VIEW, found.task.folder_id):
        raise LinkGoneError(
            _("It was used before, or has run out. Sign in to find the task in your inbox.")
        )
    return found


def why_link_cannot(link: DecisionLink) -> str:
    """Return why its person may not decide the task now, as a sentence; "" when they may."""
    return why_not(link.task, link.user)


@transaction.atomic
def decide_by_link(token: str, answer: Answer) -> UserTask:
    """Decide with a link, at once; it is used up by that, and only by that.

    Raises LinkGoneError, NotAllowedError when its person may not decide it any more, and what
    `decide` raises.
    """
    link = link_of(token)
    still_new = DecisionLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=Now())
    if not still_new.update(used_at=Now()):
        raise LinkGoneError(_("It has just been used. Sign in to find the task in your inbox."))
    problem = why_link_cannot(link)
    if problem:
        raise NotAllowedError(problem)
    return decide(link.task, answer, by=link.user.actor)


def digest_of(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
