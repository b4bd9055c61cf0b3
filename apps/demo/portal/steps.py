"""What there is to try with applications that fail, and with work that no bot can do."""

from typing import Final

from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, User
from apps.bots.models import Run
from apps.demo.bounds import PORTAL
from apps.demo.models import TryItStep
from apps.demo.starts import ROUND
from apps.demo.trying import Made, Step
from apps.events.models import Event
from apps.lib.errors import NotFoundError
from apps.limits.models import Application
from apps.triggers.lifecycle import fire_now
from apps.triggers.models import Firing, Trigger

from .service import take_down

DOWN_SECONDS: Final = 25
PRINTED: Final = "printed-statements"
NOTHING_OF_ITS_OWN: Final[Made] = (None, None)


def _take_portal_down(folder: Folder, user: User) -> Made:
    take_down(folder.pk, seconds=DOWN_SECONDS)
    _start(folder, ROUND, user)
    return NOTHING_OF_ITS_OWN


def _rested_and_works(progress: TryItStep) -> bool:
    """Since the step began the application was left alone, and then answered again."""
    found = Application.objects.filter(folder=progress.folder, key=PORTAL)
    happened = Event.objects.filter(
        subject_type="application",
        subject_id__in=found.values("pk"),
        occurred_at__range=(progress.started_at, Now()),
    )
    kinds = set(happened.values_list("kind", flat=True))
    return {"application.opened", "application.closed"} <= kinds


def _portal_link(folder: Folder, progress: TryItStep | None) -> str:
    found = Application.objects.filter(folder=folder, key=PORTAL).first()
    if found is None:
        return reverse("applications:list")
    return reverse("applications:detail", args=[found.pk])


def _print(folder: Folder, user: User) -> Made:
    _start(folder, PRINTED, user)
    return NOTHING_OF_ITS_OWN


def _start(folder: Folder, key: str, user: User) -> None:
    """Start what the trigger starts; people may have removed it."""
    trigger = Trigger.objects.filter(folder=folder, key=key).first()
    if trigger is None:
        raise NotFoundError(_("The trigger “%(key)s” of the demo is gone.") % {"key": key})
    fire_now(trigger, by=user.actor)


def _run_of(progress: TryItStep | None) -> Run | None:
    if progress is None:
        return None
    started = Firing.objects.filter(
        trigger__folder=progress.folder,
        trigger__key=PRINTED,
        by=progress.user.actor.name[:150],
        outcome=Firing.Outcome.FIRED,
    )
    firing = started.order_by("-pk").first()
    return Run.objects.filter(pk__in=firing.subject_ids).first() if firing else None


def _is_printed(progress: TryItStep) -> bool:
    run = _run_of(progress)
    return run is not None and run.status == Run.Status.SUCCESSFUL


def _run_link(folder: Folder, progress: TryItStep | None) -> str:
    run = _run_of(progress)
    return reverse("runs:run_detail", args=[run.pk]) if run else reverse("runs:run_list")


STEPS: Final = [
    Step(
        "portal-down",
        _("Let the suppliers' portal fail"),
        _("It does not answer for half a minute, while a bot asks it about eight vendors."),
        _(
            "After three failures its work rests, and the other vendors wait without losing a "
            "try. Then it is tried with one at a time, rests longer as it fails once more, "
            "answers, and all goes on: within two minutes, by itself."
        ),
        _("Let it fail"), _take_portal_down, _rested_and_works, _portal_link,
        _("Watch the application"),
    ),
    Step(
        "no-printer",
        _("Ask why something does not run"),
        _("Statements are printed by a bot that has a printer, and there is none yet."),
        _(
            "The run waits, and its page says what for. In a second terminal, start what it asks "
            "for: “.venv/bin/python manage.py bot --pool office --name press-1 --capability "
            "printer”. The run begins. Without one, stop the run on its page."
        ),
        _("Print them"), _print, _is_printed, _run_link, _("Ask its page"),
    ),
]  # fmt: skip
