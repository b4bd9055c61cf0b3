"""Claims come in: each e-mail starts an instance of the drawn workflow."""

from random import SystemRandom

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Folder
from apps.demo.drawn import CLAIMS
from apps.lib.actors import SYSTEM, Actor
from apps.lib.json import JsonObject
from apps.queues.files import attach, clean_name
from apps.queues.models import Owned, WorkItem
from apps.workflows.lifecycle import start_instance
from apps.workflows.models import Workflow, WorkflowInstance

from .automations import MAIL
from .making import MadeClaim, make_claim
from .reading import form_of, number_of, opened, sender_of

PDF = "application/pdf"


def take_in_mail(folder: Folder, data: bytes, *, name: str, by: Actor = SYSTEM) -> WorkflowInstance:
    """Start an instance for an e-mail; it and its form go to the bot that reads them.

    Raises ClaimError with a sentence when it is no claim; nothing is stored then.
    """
    message = opened(data)
    form_name, form = form_of(message)
    number = number_of(message)
    workflow = Workflow.objects.get(folder=folder, key=CLAIMS)
    with transaction.atomic():
        told: JsonObject = {"number": number, "sender": sender_of(message)}
        instance = start_instance(workflow, told, by=by, business_key=number)
        owned = Owned.objects.filter(owner_id=instance.pk).values("item_id")
        for item in WorkItem.objects.filter(pk__in=owned).select_related("queue"):
            shown = ContentFile(form, name=clean_name(form_name))
            attach(item, shown, by=by, content_type=PDF)
            attach(item, ContentFile(data, name=clean_name(name)), by=by, content_type=MAIL)
    return instance


def take_in_claim(folder: Folder, made: MadeClaim, *, by: Actor = SYSTEM) -> WorkflowInstance:
    """Take in a claim that the demo made, by way of its e-mail, like any other."""
    return take_in_mail(folder, made.mail, name=f"{made.number}.eml", by=by)


def make_one_claim(*, kind: str = "", is_unclear: bool | None = None) -> MadeClaim:
    """Make a claim with a number not seen before."""
    seed = SystemRandom().randrange(10**6)
    return make_claim(seed=seed, today=timezone.localdate(), kind=kind, is_unclear=is_unclear)
