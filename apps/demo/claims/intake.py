"""Claims come in: each e-mail starts an instance of the drawn workflow."""

from random import SystemRandom

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Folder
from apps.demo.drawn import CLAIMS
from apps.demo.intake import items_of
from apps.lib.actors import SYSTEM, Actor
from apps.queues.files import attach
from apps.workflows.lifecycle import start_instance
from apps.workflows.models import Workflow, WorkflowInstance

from .automations import MAIL
from .making import MadeClaim, make_claim

PDF = "application/pdf"


def take_in_claim(folder: Folder, made: MadeClaim, *, by: Actor = SYSTEM) -> WorkflowInstance:
    """Start an instance for a claim; the e-mail and its form go to the bot that reads them."""
    workflow = Workflow.objects.get(folder=folder, key=CLAIMS)
    with transaction.atomic():
        instance = start_instance(
            workflow, {"number": made.number}, by=by, business_key=made.number
        )
        for item in items_of(instance):
            form = ContentFile(made.form, name=f"{made.number}.pdf")
            attach(item, form, by=by, content_type=PDF)
            mail = ContentFile(made.mail, name=f"{made.number}.eml")
            attach(item, mail, by=by, content_type=MAIL)
    return instance


def make_one_claim(*, kind: str = "", is_unclear: bool | None = None) -> MadeClaim:
    """Make a claim with a number not seen before."""
    seed = SystemRandom().randrange(10**6)
    return make_claim(seed=seed, today=timezone.localdate(), kind=kind, is_unclear=is_unclear)
