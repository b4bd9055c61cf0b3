"""The suppliers' portal: it stands for a website of others, and is away now and then."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.demo.models import DemoSetting, PurchaseOrder, Vendor
from apps.lib.clock import database_now
from apps.lib.json import JsonObject

# While the demo lives by itself, it is away for the first minute of these hours. A round of
# questions begins then, so that a day has three failures to look at, and six notices.
AWAY_AT: Final = (10, 14, 18)


class PortalUnavailableError(Exception):
    """The portal does not answer; asking again later may help."""


class UnknownVendorError(Exception):
    """Nobody of that name is in the portal."""


def ask_about(folder_id: int, name: str) -> JsonObject:
    """Return what the vendor `name` says about itself.

    Raises PortalUnavailableError, UnknownVendorError.
    """
    switch = DemoSetting.objects.filter(folder_id=folder_id).first()
    if switch is not None and is_portal_down(switch):
        raise PortalUnavailableError(_("The portal does not answer."))
    vendor = Vendor.objects.filter(folder_id=folder_id, name__iexact=name).first()
    if vendor is None:
        raise UnknownVendorError(_("The portal knows no vendor “%(name)s”.") % {"name": name})
    orders = PurchaseOrder.objects.filter(vendor=vendor, is_open=True)
    return {
        "vendor": vendor.name,
        "vat_id": vendor.vat_id,
        "iban": vendor.iban,
        "city": vendor.city,
        "open_orders": orders.count(),
    }


def take_down(folder_id: int, *, seconds: int) -> None:
    """Let the portal not answer for `seconds` from now, on the database's clock."""
    until = Now() + timedelta(seconds=seconds)
    DemoSetting.objects.filter(folder_id=folder_id).update(portal_down_until=until)


def is_portal_down(switch: DemoSetting) -> bool:
    """Whether the portal of a folder does not answer now: let fail, or away by itself."""
    now = database_now()
    if switch.portal_down_until is not None and switch.portal_down_until > now:
        return True
    return switch.trickle_on and is_away_at(now)


def is_away_at(moment: datetime) -> bool:
    """Whether it is a time at which the portal is away by itself."""
    local = moment.astimezone(ZoneInfo(settings.ORGANISATION_TIME_ZONE))
    return local.hour in AWAY_AT and local.minute == 0
