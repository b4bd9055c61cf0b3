"""Calendars: the hours and days on which people work."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn


class Calendar(models.Model):
    """Working hours of a week in one time zone, public holidays, and days of one's own."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="calendars")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # {"mon": [["09:00", "17:00"]], …}: what is left out is free, "24:00" is midnight
    week = models.JSONField(_("working hours"), default=dict)
    # public holidays, as the library `holidays` knows them: "DE", "BY"; "" for none
    country = models.CharField(_("country"), max_length=10, blank=True)
    subdivision = models.CharField(_("state or province"), max_length=10, blank=True)
    # days of one's own: {"2026-12-24": []} is closed, {"2026-12-19": [["09:00", "12:00"]]} is open
    days = models.JSONField(_("days of our own"), default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="calendar_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title
