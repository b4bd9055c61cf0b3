"""The tables that say where an item stands; see the package's docstring."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Place(models.Model):
    """What every place row carries from place to place. Abstract."""

    queue_id = models.BigIntegerField()
    attempt = models.PositiveIntegerField(default=1)  # number of the next (or running) try
    tries = models.PositiveSmallIntegerField(default=0)  # failed tries that count for max_attempts
    losses = models.PositiveSmallIntegerField(default=0)  # times it was lost while leased alone
    # was lost, so it is leased with nothing beside it; on a lease: nothing was leased beside it
    alone = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Ready(Place):
    """May be leased now, in the order of its primary key (see lifecycle: rank)."""

    pk = models.CompositePrimaryKey("queue_id", "rank_at", "item_id")
    rank_at = models.DateTimeField()
    item_id = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="ready_item_once", fields=["item_id"])]
        indexes = [
            # the sweep that ends what nobody worked in time
            models.Index(
                name="ready_expires",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} ready"


class Scheduled(Place):
    """Becomes ready at `available_at`."""

    class Why(models.TextChoices):
        DEFERRED = "deferred"
        RETRY = "retry"

    item_id = models.BigIntegerField(primary_key=True)
    available_at = models.DateTimeField()
    why = models.CharField(max_length=10, choices=Why)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="scheduled_available", fields=["available_at"]),
            models.Index(name="scheduled_queue", fields=["queue_id", "available_at"]),
            models.Index(
                name="scheduled_expires",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} scheduled"


class Lease(Place):
    """Being worked on until `expires_at` by whoever holds `token`."""

    item_id = models.BigIntegerField(primary_key=True)
    token = models.UUIDField()
    bot = models.CharField(max_length=150)
    run_id = models.BigIntegerField(null=True)
    leased_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    progress = models.JSONField(null=True)

    class Meta:
        # max_in_progress counts by queue, the reaper asks each queue for what has run out
        indexes = [models.Index(name="lease_queue_expires", fields=["queue_id", "expires_at"])]

    def __str__(self) -> str:
        return f"#{self.item_id} leased by {self.bot}"


class Parked(Place):
    """Waits for a person: to decide, or to take it off hold."""

    class Status(models.TextChoices):
        NEEDS_DECISION = "needs_decision"
        ON_HOLD = "on_hold"

    class Cause(models.TextChoices):
        BUSINESS_EXCEPTION = "business_exception", _("Data problem")
        EXHAUSTED = "exhausted", _("System problem, all tries used")
        LOST = "lost", _("Bot stopped answering, again and again")
        EFFECT_UNKNOWN = "effect_unknown", _("Nobody knows whether it happened")
        RULE = "rule", _("An error rule asks a person")
        HELD = "held", _("Held by a person")
        LOW_CONFIDENCE = "low_confidence", _("AI was not sure enough")
        ASKED = "asked", _("The automation asks a person")

    item_id = models.BigIntegerField(primary_key=True)
    status = models.CharField(max_length=15, choices=Status)
    cause = models.CharField(max_length=20, choices=Cause)
    message = models.TextField(blank=True)
    code = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=150, blank=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="parked_queue", fields=["queue_id", "status", "since"]),
            models.Index(
                name="parked_expires",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.status}"


class Ended(Place):
    """Done with, unless a person reopens it."""

    class Status(models.TextChoices):
        SUCCESSFUL = "successful"
        FAILED = "failed"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    item_id = models.BigIntegerField(primary_key=True)
    status = models.CharField(max_length=10, choices=Status)
    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            # "what failed lately", the list people open most; successes are found by item
            models.Index(
                name="ended_not_successful",
                fields=["queue_id", "-at"],
                condition=~models.Q(status="successful"),
            ),
            # the lists of one of these states, newest item first: few among millions
            models.Index(
                name="ended_of_status",
                fields=["queue_id", "status", "-item_id"],
                condition=~models.Q(status="successful"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.status}"
