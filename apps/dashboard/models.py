"""What the pages over everything keep: kept and missed deadlines, hand-overs, walls."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn

MAX_NOTE = 8_000
MIN_ROTATE_SECONDS, MAX_ROTATE_SECONDS = 15, 120


class DueCount(models.Model):
    """How many items of a queue were due in a quarter of an hour, and how many were not in time;
    how many were done in it about which a person had decided.

    Written by `deadlines.record_deadlines` alone, once the quarter has passed, and again for a
    while. No zone's midnight falls within a quarter, so that a day is a sum of these.
    """

    pk = models.CompositePrimaryKey("queue_id", "at")
    queue_id = models.BigIntegerField()
    at = models.DateTimeField()
    n_due = models.BigIntegerField()
    n_missed = models.BigIntegerField()
    n_helped = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.queue_id} {self.at:%m-%d %H:%M}: {self.n_missed} of {self.n_due}"


class MissedDeadline(models.Model):
    """An item that was not done when it was due; stays, even when it is done later."""

    pk = models.CompositePrimaryKey("item_id", "due_at")
    item_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    queue_id = models.BigIntegerField()

    class Meta:
        indexes = [
            # the list of today's, latest first; and the oldest, which are dropped
            models.Index(name="missed_of_queue", fields=["queue_id", "-due_at", "-item_id"]),
            models.Index(name="missed_due", fields=["due_at"]),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} was due {self.due_at:%m-%d %H:%M}"


class DeadlineMark(models.Model):
    """Up to when deadlines have been looked at; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    upto = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="deadline_mark_is_one_row", condition=models.Q(id=1))
        ]

    def __str__(self) -> str:
        return f"{self.upto:%Y-%m-%d %H:%M}"


class HandOver(models.Model):
    """A note from one shift to the next. What it says is in its newest version."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="hand_overs")
    text = models.TextField(_("note"), max_length=MAX_NOTE)
    # whom it is for, in their own words: “night shift”, “Ada”
    audience = models.CharField(_("for"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="hand_overs"
    )
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())
    # how things stood when it was written: {"backlog": 12, "people": 3, …}
    figures = models.JSONField(default=dict)
    # counts people's edits; what a page showed must still hold when it is sent back
    version = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField(null=True)
    # who said that they have read it and go on from there
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    taken_by_name = models.CharField(max_length=150, blank=True)
    taken_at = models.DateTimeField(null=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(name="hand_over_of_folder", fields=["folder", "-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.by_name}, {self.at:%Y-%m-%d %H:%M}"


class HandOverVersion(models.Model):
    """What a note said at one time; never changed."""

    hand_over = models.ForeignKey(HandOver, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    audience = models.CharField(max_length=120, blank=True)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="hand_over_version_once", fields=["hand_over", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.hand_over_id} v{self.number}"


class Wall(models.Model):
    """What a screen on a wall shows of one folder, for people who only look up."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="walls")
    # in its address, so once in the whole room
    key = KeyColumn(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    # [{"title": "…", "tiles": ["backlog", …], "shows_chart": true}], shown one after the other
    pages = models.JSONField(default=list)
    rotate_seconds = models.PositiveSmallIntegerField(
        _("seconds a page"),
        default=30,
        validators=[
            MinValueValidator(MIN_ROTATE_SECONDS),
            MaxValueValidator(MAX_ROTATE_SECONDS),
        ],
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # dimmed between these, on the wall's own clock; null: never
    dim_from = models.TimeField(_("dim from"), null=True, blank=True)
    dim_until = models.TimeField(_("dim until"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                name="wall_dims_from_and_until",
                condition=models.Q(dim_from__isnull=True, dim_until__isnull=True)
                | models.Q(dim_from__isnull=False, dim_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DisplayToken(models.Model):
    """A secret with which one screen shows one wall and nothing else; only its digest is kept."""

    wall = models.ForeignKey(Wall, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    # where the screen stands: "10.1.0.0/16 192.168.7.20"; "" for anywhere
    networks = models.CharField(_("only from"), max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)
    last_used_at = models.DateTimeField(null=True)
    last_address = models.CharField(max_length=45, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class HiddenSteps(models.Model):
    """Somebody who wants to see the first steps no more, in whatever folder."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="hidden_steps"
    )
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.user}"
