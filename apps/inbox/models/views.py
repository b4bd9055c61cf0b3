"""What a person keeps about their inbox."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.accounts.models import Folder


class SavedView(models.Model):
    """A filter of the inbox that a person gave a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="inbox_views")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    # as it stands in the page's address, see listing.TaskFilter
    query = models.CharField(max_length=2000)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                name="saved_view_once_per_name", fields=["user", "folder", "name"]
            )
        ]

    def __str__(self) -> str:
        return self.name
