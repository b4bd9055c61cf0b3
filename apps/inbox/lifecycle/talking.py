"""What people say beside a task."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.inbox.models import Comment, UserTask
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError, TooLargeError

from .recording import record_event

MAX_COMMENT = 10_000


@transaction.atomic
def add_comment(task: UserTask, text: str, *, by: Actor) -> Comment:
    """Keep a comment beside the task; closed tasks may be commented, too."""
    check_comment(text)
    said = text.strip()
    if not said:
        message = _("Write something first.")
        raise InvalidError(message, fields=[FieldProblem("text", message)])
    assert by.user_id is not None
    comment = Comment.objects.create(
        task_id=task.pk, author_id=by.user_id, author_name=by.name[:150], text=said
    )
    record_event("user_task.commented", task, by, {"comment": comment.pk})
    return comment


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
