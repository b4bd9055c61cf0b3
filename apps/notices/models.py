"""What people are told, by which ways, and what became of each message."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder

# what secrets are sealed for: of addresses, and links that decide by themselves
ADDRESS = "notices.address"
LINK = "notices.link"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """One thing that one person was told; without a person: what a folder's addresses are told."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notices"
    )
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="notices")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    # a link that decides by itself, sealed: messages carry it, the page leads to `url`
    sealed_url = models.TextField(blank=True, default="", db_default="")
    subject_type = models.CharField(max_length=40, blank=True, default="")
    subject_id = models.BigIntegerField(null=True)
    # said again with the same key, it is the same notice
    key = models.CharField(max_length=200, blank=True, default="")
    # what happens often is gathered: until it is sent, more of the same only count up
    gather = models.CharField(max_length=200, blank=True, default="")
    count = models.PositiveIntegerField(default=1, db_default=1)
    made_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    # when it may go out, and when its deliveries were made; null: not yet
    ready_at = models.DateTimeField(db_default=Now())
    planned_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the page of a person, newest first
            models.Index(name="notice_of_person", fields=["user", "-id"]),
            # the bell
            models.Index(
                name="notice_unread", fields=["user", "-id"], condition=models.Q(read_at=None)
            ),
            # the planner
            models.Index(
                name="notice_to_plan", fields=["ready_at"], condition=models.Q(planned_at=None)
            ),
            # read once its task is opened
            models.Index(
                name="notice_subject",
                fields=["user", "subject_type", "subject_id"],
                condition=models.Q(read_at=None, subject_id__isnull=False),
            ),
            # old ones are dropped
            models.Index(name="notice_age", fields=["made_at"]),
            # when the last of what is gathered went out
            models.Index(
                name="notice_gathered_last",
                fields=["gather", "-planned_at"],
                condition=~models.Q(gather=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="notice_key_once_per_person",
                fields=["user", "key"],
                condition=~models.Q(key="") & models.Q(user__isnull=False),
            ),
            models.UniqueConstraint(
                name="notice_key_once_per_folder",
                fields=["folder", "key"],
                condition=~models.Q(key="") & models.Q(user__isnull=True),
            ),
            models.UniqueConstraint(
                name="notice_gathers_once_per_person",
                fields=["user", "gather"],
                condition=~models.Q(gather="")
                & models.Q(user__isnull=False, planned_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="notice_gathers_once_per_folder",
                fields=["folder", "gather"],
                condition=~models.Q(gather="")
                & models.Q(user__isnull=True, planned_at__isnull=True),
            ),
            models.CheckConstraint(
                name="notice_is_to_somebody",
                condition=models.Q(user__isnull=False) | models.Q(folder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Address(models.Model):
    """Where messages go: a person's mailbox, a chat or other service of a person or a folder,
    a browser that takes push messages."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        CHAT = "chat", _("Chat and more")
        PUSH = "push", _("Push")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notice_addresses"
    )
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="notice_addresses")
    channel = models.CharField(max_length=10, choices=Channel)
    title = models.CharField(_("name"), max_length=120, blank=True)
    # what leads there, encrypted: whoever knows it can write there. E-mail: "", see the person
    secret = models.TextField(blank=True, default="")
    # the same one is not added twice
    digest = models.CharField(max_length=64, blank=True, default="")
    # all that is ever shown of it
    masked = models.CharField(max_length=200, blank=True, default="")
    # what a folder's address is told of; a person chooses in the preferences
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # failures since the last success; after some of them it is switched off
    failures = models.PositiveIntegerField(default=0, db_default=0)
    off_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True, default="", db_default="")
    last_sent_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["channel", "id"]
        constraints = [
            models.CheckConstraint(
                name="address_of_person_or_folder",
                condition=models.Q(user__isnull=False, folder__isnull=True)
                | models.Q(user__isnull=True, folder__isnull=False),
            ),
            models.UniqueConstraint(
                name="address_once_per_person",
                fields=["user", "channel", "digest"],
                condition=models.Q(user__isnull=False),
            ),
            models.UniqueConstraint(
                name="address_once_per_folder",
                fields=["folder", "channel", "digest"],
                condition=models.Q(folder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.masked


class Delivery(models.Model):
    """One message to one address, and what became of it. Only lifecycle and sending write it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # for its time, or its next try
        SENT = "sent", _("Sent")  # final: the other side took it
        FAILED = "failed", _("Failed")  # final: given up; `error` says why
        DROPPED = "dropped", _("Not needed")  # final: read before it went out, or nowhere to go

    class Wait(models.TextChoices):
        NONE = "", _("At once")
        DIGEST = "digest", _("Digest")  # gathers until the time of the digest
        QUIET = "quiet", _("Quiet hours")  # gathers until the quiet hours end

    address = models.ForeignKey(Address, models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    wait = models.CharField(max_length=10, choices=Wait, default=Wait.NONE, blank=True)
    # what it tells of, in the order it came
    notices = ArrayField(models.BigIntegerField(), default=list)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    # a worker is sending it; past this moment that worker is taken for dead
    held_until = models.DateTimeField(null=True)
    held_by = models.UUIDField(null=True)
    error = models.CharField(max_length=500, blank=True, default="", db_default="")
    made_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        indexes = [
            models.Index(
                name="delivery_due",
                fields=["next_try_at"],
                condition=models.Q(status="waiting"),
            ),
            models.Index(name="delivery_of_address", fields=["address", "-id"]),
            models.Index(name="delivery_ended", fields=["ended_at"]),
        ]
        constraints = [
            # one digest gathers for each address, and one heap for the end of the quiet hours;
            # once a worker holds it, what comes later goes into the next
            models.UniqueConstraint(
                name="delivery_gathers_once",
                fields=["address", "wait"],
                condition=~models.Q(wait="")
                & models.Q(status="waiting", tries=0, held_by__isnull=True),
            ),
            models.CheckConstraint(
                name="delivery_ended_has_time",
                condition=models.Q(status="waiting") | models.Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.status}"


class Preference(models.Model):
    """How a person wants to hear of one kind by one channel; no row: as usual for their role."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences"
    )
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10)
    how = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="preference_once", fields=["user", "kind", "channel"]),
            models.CheckConstraint(
                name="preference_how_is_known",
                condition=models.Q(how__in=["at_once", "digest", "never"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind} by {self.channel} {self.how}"


class Rhythm(models.Model):
    """When a person wants to be left alone, and when their digest comes, in a zone of their own."""

    class Every(models.TextChoices):
        DAY = "day", _("Once a day")
        HOUR = "hour", _("Once an hour")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="notice_rhythm",
    )
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    # Saturday and Sunday are quiet all day long
    are_weekends_quiet = models.BooleanField(_("weekends are quiet"), default=False)
    # kinds that are worth waking up for
    let_through = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    digest_every = models.CharField(_("digest"), max_length=10, choices=Every, default=Every.DAY)
    digest_at = models.TimeField(_("digest at"), default="08:00")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rhythm_quiet_has_two_ends",
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Rhythm of {self.user}"


class PushKeys(models.Model):
    """The keys with which this control room proves itself to push services: made once."""

    is_only = models.BooleanField(primary_key=True, default=True)
    public = models.CharField(max_length=200)
    # encrypted
    private = models.TextField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "push keys"
        constraints = [
            models.CheckConstraint(name="push_keys_only_one", condition=models.Q(is_only=True))
        ]

    def __str__(self) -> str:
        return self.public[:12]
