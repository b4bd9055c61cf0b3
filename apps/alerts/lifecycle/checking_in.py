"""Programs elsewhere say that they are well."""

from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.alerts.models import CheckIn
from apps.lib.actors import Actor


def check_in(folder: Folder, key: str, *, by: Actor) -> CheckIn:
    """Note that `key` is well now; its first call begins the watch. One statement."""
    CheckIn.objects.bulk_create(
        [CheckIn(folder=folder, key=key, at=Now(), by=by.name[:150])],
        update_conflicts=True,
        unique_fields=["folder", "key"],
        update_fields=["at", "by"],
    )
    return CheckIn.objects.get(folder=folder, key=key)
