"""What happened (for people), what must still be told (for subscribers), and who is alive."""

from django.db import models
from django.db.models.functions import Now

from apps.lib.partitions import NextValue


class Event(models.Model):
    """Something a person, a bot or the control room did: history and audit in one row.

    Partitioned by month of `occurred_at`; written in the transaction of the change itself and
    never changed afterwards. `folder_id` is a plain number, since folders live in a layer above.
    """

    pk = models.CompositePrimaryKey("id", "occurred_at")
    id = models.BigIntegerField(db_default=NextValue(sequence="events_event_id_seq"))
    occurred_at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=60)
    folder_id = models.BigIntegerField(null=True)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=10)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            # the history of one thing
            models.Index(
                name="event_subject", fields=["subject_type", "subject_id", "occurred_at"]
            ),
            # what happened lately in a folder
            models.Index(name="event_folder", fields=["folder_id", "occurred_at"]),
            # what somebody did, and where something was done
            models.Index(name="event_actor", fields=["folder_id", "actor_name", "occurred_at"]),
            models.Index(name="event_kind", fields=["folder_id", "kind", "occurred_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type}:{self.subject_id}"


class Cause(models.Model):
    """In the course of what something was made, where no row of its own app says so.

    Such as the item that a bot was at when it added another one: see causes.py.
    """

    pk = models.CompositePrimaryKey("subject_type", "subject_id")
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    cause_type = models.CharField(max_length=20)
    cause_id = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # what came of one thing
            models.Index(name="cause_of", fields=["cause_type", "cause_id", "subject_id"])
        ]

    def __str__(self) -> str:
        return f"{self.subject_type}:{self.subject_id} by {self.cause_type}:{self.cause_id}"


class Outbox(models.Model):
    """News that subscribers have not had yet; deleted once delivered.

    Delivered by flag and SKIP LOCKED, never by "id > last seen": ids are not in commit order.
    """

    kind = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name_plural = "outbox"
        indexes = [models.Index(name="outbox_next", fields=["next_try_at", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Heartbeat(models.Model):
    """When a process of the control room (scheduler, worker…) last said that it is well."""

    name = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField(db_default=Now())
    details = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
