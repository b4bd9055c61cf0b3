"""Who is told what happens here, what was told, and what became of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn

# what secrets are sealed for
SECRET = "webhooks.secret"  # noqa: S105 - the name of a purpose
MAX_AT_ONCE = 16


class Endpoint(models.Model):
    """Where another system listens, and to what. Only `lifecycle` writes where it stands."""

    class Status(models.TextChoices):
        ON = "on", _("On")  # is told; a person pauses it, failures put it to rest
        PAUSED = "paused", _("Paused")  # a person holds it back; events gather, a person resumes
        RESTING = "resting", _("At rest")  # it failed too long; events gather, a person resumes

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="webhook_endpoints")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    url = models.CharField(_("address"), max_length=1000)
    # names of webhooks.kinds
    kinds = ArrayField(models.CharField(max_length=60), default=list)
    # the key of the one queue, workflow, automation, … that is meant; "": all of the folder
    of = models.CharField(_("of"), max_length=150, blank=True, default="")
    max_at_once = models.PositiveSmallIntegerField(
        _("at once"), default=2, validators=[MinValueValidator(1), MaxValueValidator(MAX_AT_ONCE)]
    )
    # who made it, and is told when it rests, beside those who watch over the folder
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ON)
    # failures since the last success, of whatever event
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="", db_default="")
    # it is left alone until then: it fails, or asked for it
    not_before = models.DateTimeField(null=True)
    # when its turn was last; those that waited longest come first
    turn_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(name="endpoint_key_once_in_folder", fields=["folder", "key"]),
            models.CheckConstraint(
                name="endpoint_some_at_once", condition=models.Q(max_at_once__gte=1)
            ),
            models.CheckConstraint(
                name="endpoint_failing_since_first_failure",
                condition=models.Q(failures=0, failing_since__isnull=True)
                | models.Q(failures__gt=0, failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EndpointSecret(models.Model):
    """What calls to an endpoint are signed with, sealed; while one is replaced both sign."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    # from when on it signs no more; None: until it is replaced
    expires_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.endpoint_id} from {self.created_at}"


class Message(models.Model):
    """One thing that happened, as it is told: the same bytes to every endpoint, each time."""

    # as receivers know it; the same however often it is sent
    uid = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=60)
    folder = models.ForeignKey(Folder, models.PROTECT, related_name="+")
    # the same happening has the same one, however often we hear of it
    occasion = models.CharField(max_length=200)
    body = models.TextField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # old ones are dropped
            models.Index(name="message_age", fields=["made_at"])
        ]
        constraints = [
            models.UniqueConstraint(name="message_once", fields=["folder", "kind", "occasion"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class Delivery(models.Model):
    """One message for one endpoint, and what became of it. Only `lifecycle` writes it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # for its turn, or its next try
        DELIVERED = "delivered", _("Delivered")  # final until replayed: it was taken
        FAILED = "failed", _("Given up")  # final until replayed: nobody took it for three days

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(Message, models.PROTECT, related_name="deliveries")
    # of its message, for filters
    kind = models.CharField(max_length=60)
    # asked for by a person who wants to see whether it arrives: tried once, whatever the rest
    is_test = models.BooleanField(default=False, db_default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    replays = models.PositiveSmallIntegerField(default=0, db_default=0)
    made_at = models.DateTimeField(db_default=Now())
    # three days from then it is given up; later than made_at once it is replayed
    since = models.DateTimeField(db_default=Now())
    next_try_at = models.DateTimeField(db_default=Now())
    # a worker is sending it; past this moment that worker is taken for dead
    held_until = models.DateTimeField(null=True)
    held_by = models.UUIDField(null=True)
    # of the last try: what was answered (0: nothing), or what went wrong
    answer = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.CharField(max_length=300, blank=True, default="", db_default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            # the next one of an endpoint
            models.Index(
                name="webhook_delivery_due",
                fields=["endpoint", "next_try_at", "id"],
                condition=models.Q(status="waiting"),
            ),
            # tests of endpoints that are paused
            models.Index(
                name="webhook_delivery_test",
                fields=["endpoint"],
                condition=models.Q(status="waiting", is_test=True),
            ),
            # what is being sent now: seats of an endpoint, and those whose worker died
            models.Index(
                name="webhook_delivery_held",
                fields=["endpoint"],
                condition=models.Q(held_by__isnull=False),
            ),
            # given up in time
            models.Index(
                name="webhook_delivery_late",
                fields=["since"],
                condition=models.Q(status="waiting"),
            ),
            # the list of an endpoint, newest first; by what became of it; by what it is
            models.Index(name="webhook_delivery_list", fields=["endpoint", "-id"]),
            models.Index(name="webhook_delivery_status", fields=["endpoint", "status", "-id"]),
            models.Index(name="webhook_delivery_kind", fields=["endpoint", "kind", "-id"]),
            # the squares
            models.Index(
                name="webhook_delivery_ended",
                fields=["endpoint", "-ended_at"],
                condition=models.Q(ended_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="webhook_delivery_once", fields=["endpoint", "message"]),
            models.CheckConstraint(
                name="webhook_delivery_ended_has_time",
                condition=models.Q(status="waiting", ended_at__isnull=True)
                | models.Q(
                    status__in=["delivered", "failed"],
                    ended_at__isnull=False,
                    held_by__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="webhook_delivery_held_is_whole",
                condition=models.Q(held_by__isnull=True, held_until__isnull=True)
                | models.Q(held_by__isnull=False, held_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}: {self.status}"


class Try(models.Model):
    """One call, as it went out and as it was answered; the newest of a delivery are kept."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(db_default=Now())
    milliseconds = models.PositiveIntegerField(default=0)
    answer = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    # what was sent: headers, where to
    request_head = models.JSONField(default=dict)
    response_head = models.JSONField(default=dict)
    # its beginning
    response_body = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "tries"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.number} of {self.delivery_id}: {self.answer or self.error}"
