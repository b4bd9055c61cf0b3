"""What there is to try with claims, and with what AI reads."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, User
from apps.demo.intake import take_in_made
from apps.demo.making import Fault
from apps.demo.models import TryItStep
from apps.demo.trickle import make_one
from apps.demo.trying import Made, Step, all_are_over, instance_link, instances_of, one
from apps.demo.unclear import make_unclear
from apps.inbox.models import UserTask

from .intake import make_one_claim, take_in_claim
from .making import MadeClaim

N_ALIKE = 8
SMALL = 500  # up to this much is paid without asking


def _send_unclear_claim(folder: Folder, user: User) -> Made:
    return one(take_in_claim(folder, _hard_to_read(), by=user.actor))


def _hard_to_read() -> MadeClaim:
    """A claim of which a person must check what it is about, and the order's number."""
    while True:
        made = make_one_claim(is_unclear=True)
        if made.is_scribbled and made.amount <= SMALL:
            return made


def _send_unclear_invoice(folder: Folder, user: User) -> Made:
    return one(take_in_made(folder, make_unclear(folder), by=user.actor))


def _was_checked(progress: TryItStep) -> bool:
    return _completed(progress, UserTask.Kind.VALIDATION) and all_are_over(progress)


def _send_new_account(folder: Folder, user: User) -> Made:
    return one(take_in_claim(folder, _legible("bank"), by=user.actor))


def _legible(kind: str) -> MadeClaim:
    while True:
        made = make_one_claim(kind=kind)
        if not made.is_scribbled:
            return made


def _two_agreed(progress: TryItStep) -> bool:
    return _completed(progress, UserTask.Kind.FORM) and all_are_over(progress)


def _send_alike(folder: Folder, user: User) -> Made:
    fault = Fault.MISSING_ORDER_REFERENCE
    made = [
        take_in_made(folder, make_one(folder, fault=fault), by=user.actor) for _n in range(N_ALIKE)
    ]
    return made[0].pk, made[-1].pk


def _completed(progress: TryItStep, kind: str) -> bool:
    tasks = UserTask.objects.filter(
        instance_id__in=instances_of(progress).values("pk"),
        kind=kind,
        status=UserTask.Status.COMPLETED,
    )
    return tasks.exists()


def _inbox_link(folder: Folder, progress: TryItStep | None) -> str:
    """Look for the number of what was sent: the task may not be there yet."""
    inbox = reverse("inbox:inbox")
    sent = instances_of(progress).first() if progress else None
    return f"{inbox}?{urlencode({'q': sent.business_key})}" if sent else inbox


def _inbox_link_to_all(folder: Folder, progress: TryItStep | None) -> str:
    return reverse("inbox:inbox")


STEPS = [
    Step(
        "unclear-claim",
        _("Send a claim that is hard to read"),
        _(
            "A customer complains by e-mail, with a form as PDF. A classifier reads both, and says "
            "how sure it is: here it doubts what the claim is about, and a digit is smudged."
        ),
        _(
            "Only the two doubtful fields are framed, beside the PDF. Say of each that it is right "
            "(or type what is), and decide. By keys that is Enter, Enter, Enter, a."
        ),
        _("Send it"), _send_unclear_claim, _was_checked, _inbox_link, _("Watch the inbox"),
    ),
    Step(
        "new-account",
        _("Change a customer's bank account"),
        _("New bank details are how money is stolen. So two people must agree, not one twice."),
        _(
            "Business users may only look: the task is for Treasury. Approve it as Sam, and it "
            "says “1 of 2 agreed”; sign out, approve it as Tom, and eight seconds later the "
            "account changes."
        ),
        _("Send it"), _send_new_account, _two_agreed, instance_link, _("Watch it on the diagram"),
    ),
    Step(
        "unclear-lines",
        _("Send an invoice that leaves doubt"),
        _(
            "Two lines say little, such as “Service fee” or “Material”: which cost centre is that? "
            "A classifier trained on this machine gives its best guess and an honest confidence."
        ),
        _(
            "Only the lines that it doubts are opened and framed; the rest stays as it read it. "
            "What you say is kept beside what it said: Learning shows supervisors how far it can "
            "be trusted."
        ),
        _("Send it"), _send_unclear_invoice, _was_checked, _inbox_link, _("Watch the inbox"),
    ),
    Step(
        "alike",
        _("The same problem, eight times"),
        _("A vendor forgot the order number on eight invoices. Nobody wants to decide that twice."),
        _(
            "Once all are in the inbox, open one and choose “Decide for all”, beside “7 more like "
            "this”: one decision, with a look at what it will change. Undo takes all of them back."
        ),
        _("Send eight"), _send_alike, all_are_over, _inbox_link_to_all, _("Watch the inbox"),
    ),
]  # fmt: skip
