"""People hold an application back for a while: its work waits, no try is lost."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.limits.models import Application
from apps.limits.standing import is_held

from .judging import lock
from .recording import record

NOT_HELD = {"held_at": None, "held_until": None, "held_reason": "", "held_by": ""}


@transaction.atomic
def hold_application(
    application: Application, *, until: datetime | None, reason: str, by: Actor
) -> Application:
    """Start nothing new in it until then; without `until`, until a person releases it.

    What is at work goes on. Called again it sets a new end. Raises InvalidError for a time that
    is over.
    """
    if until is not None and until <= database_now():
        problem = FieldProblem("until", _("must be a time that will come"))
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
    found = lock(application.pk)
    reason = reason.replace("\x00", "").strip()[:300]
    Application.objects.filter(pk=found.pk).update(
        held_at=Now(), held_until=until, held_reason=reason, held_by=by.name[:150]
    )
    said = {"reason": reason, "until": until.isoformat() if until else ""}
    record("held", found, by, {name: text for name, text in said.items() if text})
    return lock(found.pk)


@transaction.atomic
def release_application(application: Application, *, by: Actor) -> Application:
    """Let its work start again from now on; raises ConflictError if nobody holds it."""
    found = lock(application.pk)
    if not is_held(found, database_now()):
        raise ConflictError(_("Nobody holds “%s” back.") % found.title)
    Application.objects.filter(pk=found.pk).update(**NOT_HELD)
    record("released", found, by)
    return lock(found.pk)


def release_over() -> int:
    """Write down that holds are over whose time has come; return how many."""
    over = Application.objects.filter(held_until__lte=Now())
    n = 0
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            found = over.select_for_update(skip_locked=True).filter(pk=pk).first()
            if found is not None:
                Application.objects.filter(pk=pk).update(**NOT_HELD)
                record("hold_over", found, SYSTEM)
                n += 1
    return n
