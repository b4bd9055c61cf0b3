"""The first start on an empty database: a folder, an admin, the demo."""

import os
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, User
from apps.events.models import Heartbeat

ADMIN = "admin"
DEMO_PENDING = "setup:demo"


def create_admin() -> str | None:
    """Make the admin of an empty database; return the password to show once, if one was made up.

    That the demo is still to be loaded is written down in the same transaction, so that a start
    that is cut short goes on where it stopped.
    """
    if User.objects.exists():
        return None
    given = os.environ.get("CONTROLROOM_ADMIN_PASSWORD", "")
    password = given or secrets.token_urlsafe(12)
    with transaction.atomic():
        if not Folder.objects.exists():
            Folder.objects.create(key="main", title=_("Main"))
        User.objects.create_superuser(ADMIN, "", password)
        Heartbeat.objects.get_or_create(name=DEMO_PENDING)
    return None if given else password


def is_demo_pending() -> bool:
    return Heartbeat.objects.filter(name=DEMO_PENDING).exists()


def note_demo_done() -> None:
    Heartbeat.objects.filter(name=DEMO_PENDING).delete()
