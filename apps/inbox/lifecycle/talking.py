"""What people say beside a task, and who is told of it."""

import re
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action, can
from apps.inbox.models import Comment, UserTask
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError, TooLargeError
from apps.lib.json import Json, JsonObject
from apps.notices.lifecycle import notify

from .recording import record_event

MAX_COMMENT = 10_000
MAX_MENTIONS = 50
MAX_TOLD = 500
# user names may hold @ . + - _ themselves; an address within a text is no mention
MENTION = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")


@transaction.atomic
def add_comment(task: UserTask, text: str, *, by: Actor) -> Comment:
    """Keep a comment beside the task; closed tasks may be commented, too.

    People named with @ and their user name are told, if they can see the folder; so are the
    assignee and those who commented before.
    """
    check_comment(text)
    said = text.strip()
    if not said:
        message = _("Write something first.")
        raise InvalidError(message, fields=[FieldProblem("text", message)])
    assert by.user_id is not None
    mentioned = [user.pk for user in people_mentioned(task, said)]
    comment = Comment.objects.create(
        task_id=task.pk,
        author_id=by.user_id,
        author_name=by.name[:150],
        text=said,
        mentions=mentioned,
    )
    data: JsonObject = {"comment": comment.pk, "mentions": list[Json](mentioned)}
    record_event("user_task.commented", task, by, data)
    _tell(task, comment, by)
    return comment


def people_mentioned(task: UserTask, text: str) -> list[User]:
    """Return whom a text names with @, as far as they can see the task."""
    names = dict.fromkeys(_names_in(text))
    found = User.objects.filter(username__in=list(names)[: 2 * MAX_MENTIONS], is_active=True)
    return [user for user in found if can(user, Action.VIEW, task.folder_id)][:MAX_MENTIONS]


def check_comment(text: str) -> None:
    """Raise TooLargeError or InvalidError for a comment that can't be kept."""
    if len(text) > MAX_COMMENT:
        raise TooLargeError(
            _("A comment may have up to %(n)d characters; this has %(has)d.")
            % {"n": MAX_COMMENT, "has": len(text)}
        )
    if "\x00" in text:
        message = _("This holds characters that can't be stored.")
        raise InvalidError(message, fields=[FieldProblem("comment", message)])


def _names_in(text: str) -> Iterator[str]:
    for name in MENTION.findall(text):
        yield name
        # "ask @ada." ends a sentence
        yield name.rstrip(".@+-")


def _tell(task: UserTask, comment: Comment, by: Actor) -> None:
    said = {"name": by.name, "task": task.title}
    earlier = task.comments.exclude(pk=comment.pk).values_list("author_id", flat=True)
    concerned = {*earlier[:MAX_TOLD], *([task.assignee_id] if task.assignee_id else [])}
    told: tuple[tuple[str, Iterable[int], str], ...] = (
        ("task_mentioned", comment.mentions, _("%(name)s mentions you: %(task)s")),
        (
            "task_commented",
            concerned - set(comment.mentions),
            _("%(name)s commented: %(task)s"),
        ),
    )
    for kind, people, title in told:
        notify(
            people,
            kind,
            title=title % said,
            body=comment.text,
            url=f"/inbox/{task.pk}/",
            folder_id=task.folder_id,
            subject=("task", task.pk),
            key=f"comment:{comment.pk}",
            by=by,
        )
