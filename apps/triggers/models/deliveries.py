"""What came in for event triggers, and the secrets that calls are signed with."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .firings import Firing
from .triggers import Trigger


class Delivery(models.Model):
    """Something that came in for an event trigger: a call, a mail, a file; what became of it."""

    class Source(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        INTERNAL = "internal", _("Event here")
        FILE = "file", _("File")
        MAIL = "mail", _("Mail")

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")  # `firing` says what became of it
        REFUSED = "refused", _("Refused")  # `reason` and `message` say why; nothing was started
        DUPLICATE = "duplicate", _("Came before")  # nothing was started again

    # None: it came to an address that no trigger has
    trigger = models.ForeignKey(Trigger, models.CASCADE, null=True, related_name="deliveries")
    received_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=10, choices=Source)
    occasion = models.CharField(max_length=200, blank=True, default="")
    outcome = models.CharField(max_length=10, choices=Outcome)
    # a word for programs
    reason = models.CharField(max_length=30, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    # without what is secret
    headers = models.JSONField(default=dict)
    # the beginning of it; `size` and `sha256` are those of the whole
    body = models.BinaryField(default=bytes)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    firing = models.ForeignKey(Firing, models.SET_NULL, null=True, related_name="deliveries")
    # one that a person delivered again, and who it was
    again_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="again")
    attempt = models.PositiveSmallIntegerField(default=1)
    by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            # the newest of a trigger, and how many came lately
            models.Index(name="delivery_of_trigger", fields=["trigger", "-received_at", "-id"]),
            # the oldest, which are dropped
            models.Index(name="delivery_oldest", fields=["received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} {self.source} {self.received_at}: {self.outcome}"


class WebhookSecret(models.Model):
    """What the calls of a webhook are signed with, sealed. Several hold while one is replaced."""

    trigger = models.ForeignKey(Trigger, models.CASCADE, related_name="webhook_secrets")
    # opens in this row only
    sealed = models.BinaryField(null=True)
    # name of the vault key that it is sealed under; rotation looks for other ones
    key_name = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    # from when on it does not hold any more; None: until it is replaced
    expires_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # the change of the vault key
            models.Index(
                name="webhook_secret_key_name",
                fields=["key_name", "id"],
                condition=models.Q(sealed__isnull=False),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="webhook_secret_names_its_key",
                condition=models.Q(sealed__isnull=True) | ~models.Q(key_name=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} from {self.created_at}"
