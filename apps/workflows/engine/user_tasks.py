"""What a user task becomes: work for a person in the inbox."""

from datetime import datetime

from apps.lib.texts import gettext as _
from apps.workflows.graph import Given, Node, PersonWork

from . import expressions
from .changes import OpenTask
from .state import Token
from .step import Step
from .timing import moment
from .variables import visible


def task_for(step: Step, node: Node, work: PersonWork, token: Token) -> OpenTask:
    """Return the task for one visit of a step. Raises StepError."""
    return OpenTask(
        token=token.number,
        title=node.name or node.id,
        form=work.form,
        values=dict(token.local) if node.inputs else visible(step, token),
        decisions=list(work.decisions),
        assignee=expressions.optional_text(step, work.assignee, token),
        candidate_groups=expressions.texts(step, work.candidate_groups, token),
        candidate_users=expressions.texts(step, work.candidate_users, token),
        due_at=_moment(step, work.due, token, _("The due time")),
        follow_up_at=_moment(step, work.follow_up, token, _("The follow-up time")),
        priority=expressions.whole(step, work.priority, token, _("The priority")),
        instructions=expressions.optional_text(step, work.instructions, token),
        handling=work.handling,
    )


def _moment(step: Step, given: Given | None, token: Token, what: str) -> datetime | None:
    written = expressions.optional_text(step, given, token)
    return moment(step, written, what) if written else None
