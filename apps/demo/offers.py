"""What the demo adds to the pages of others: one-click sign-in, readable invoices."""

from typing import Any

from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.sign_in import QuickLogin, offer_quick_logins
from apps.queues.documents import register_viewer
from apps.queues.models import ItemFile

from .rendering import view_of
from .set_up import PEOPLE
from .ubl import read_invoice
from .views import may_quick_login

XML_TYPES = ("application/xml", "text/xml")


def register() -> None:
    offer_quick_logins(demo_people)
    register_viewer(show_invoice, content_types=XML_TYPES)


def demo_people(request: HttpRequest) -> list[QuickLogin]:
    """Return the people of the demo that exist, when this request may sign in as one."""
    if not may_quick_login(request):
        return []
    known = {username: (name, role) for username, name, role in PEOPLE}
    people = User.objects.filter(username__in=known, is_active=True).order_by("pk")
    # who has been given a password is nobody's to be by one click
    found = [person for person in people if not person.has_usable_password()]
    return [
        QuickLogin(
            username=person.username,
            label=known[person.username][0],
            role_label=str(known[person.username][1].label),
        )
        for person in found
    ]


def show_invoice(file: ItemFile) -> tuple[str, dict[str, Any]]:
    """Show a UBL document as people read it; other XML is refused, so the next viewer takes it."""
    with file.file.open("rb") as stored:
        invoice = read_invoice(stored.read())
    return "demo/invoice.html", {"document": view_of(invoice)}
