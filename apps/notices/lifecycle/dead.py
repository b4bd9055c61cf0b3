"""Addresses that nobody answers at: switched off after some failures, and people told so."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts.models import Membership
from apps.accounts.roles import Role
from apps.notices.channels.results import SendError
from apps.notices.models import Address

from .telling import notify

FAILURES_UNTIL_OFF = 10


def note_failure(address: Address, error: SendError, now: datetime) -> None:
    """Count it if it is the address's fault, and switch it off when it has failed too often."""
    if error.fault == "server":
        Address.objects.filter(pk=address.pk).update(last_error=error.reason)
        return
    with transaction.atomic():
        Address.objects.filter(pk=address.pk).update(
            failures=F("failures") + 1, last_error=error.reason
        )
        dead = Address.objects.filter(pk=address.pk, off_since=None)
        if error.fault != "gone":
            dead = dead.filter(failures__gte=FAILURES_UNTIL_OFF)
        if dead.update(off_since=now):
            _tell(address, error)


def _tell(address: Address, error: SendError) -> None:
    title = _("%(channel)s “%(name)s” is switched off") % {
        "channel": address.get_channel_display(),
        "name": str(address),
    }
    body = _("Messages did not get through: %(reason)s") % {"reason": error.reason}
    url = "/notices/settings/" if address.user_id else "/settings/notices/"
    notify(
        _owners(address),
        "channel_off",
        title=title,
        body=body,
        url=url,
        folder_id=address.folder_id,
    )


def _owners(address: Address) -> list[int]:
    if address.user_id is not None:
        return [address.user_id]
    admins = Membership.objects.filter(folder=address.folder_id, role=Role.ADMIN)
    return list(admins.values_list("user", flat=True))
