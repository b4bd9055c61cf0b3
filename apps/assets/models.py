"""What is kept for bots: values, secrets, what single bots get instead, and who was given what."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.bots.models import Bot
from apps.lib.keys import KeyColumn
from apps.lib.partitions import NextValue

MAX_KEY = 100
MAX_ROTATION_DAYS = 3650
SEALED = ("secret", "credential")


class Held(models.Model):
    """A value, readable, or a secret, sealed; what is in `sealed` opens in this row only."""

    value = models.JSONField(_("value"), null=True)
    sealed = models.BinaryField(null=True)
    # name of the vault key that it is sealed under; rotation looks for other ones
    key_name = models.CharField(max_length=40, blank=True, default="")
    # when somebody last entered it; a change of the vault key is none
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class Asset(Held):
    """A value or a secret of a folder, by its key. Its kind stays as it was made."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        FLAG = "flag", _("Yes or no")
        JSON = "json", _("JSON")
        SECRET = "secret", _("Secret")
        CREDENTIAL = "credential", _("Credential")  # a user name and a password

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="assets")
    key = KeyColumn(_("key"), max_length=MAX_KEY)
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), max_length=1000, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    # after how many days a secret is to be replaced, as people see it; none: no reminder
    rotate_after_days = models.PositiveSmallIntegerField(
        _("replace after days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ROTATION_DAYS)],
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        indexes = [
            # the change of the vault key
            models.Index(
                name="asset_key_name",
                fields=["key_name", "id"],
                condition=models.Q(sealed__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(name="asset_key_once_per_folder", fields=["folder", "key"]),
            # no secret ever lies in a readable column
            models.CheckConstraint(
                name="asset_secrets_are_sealed",
                condition=models.Q(kind__in=SEALED, sealed__isnull=False, value__isnull=True)
                | (~models.Q(kind__in=SEALED) & models.Q(sealed__isnull=True, value__isnull=False)),
            ),
            models.CheckConstraint(
                name="asset_sealed_names_its_key",
                condition=models.Q(sealed__isnull=True) | ~models.Q(key_name=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_secret(self) -> bool:
        return self.kind in SEALED


class AssetOverride(Held):
    """What one bot gets in the place of an asset's own value."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="overrides")
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="asset_overrides")

    class Meta:
        ordering = ["bot__name", "id"]
        indexes = [
            models.Index(
                name="asset_override_key_name",
                fields=["key_name", "id"],
                condition=models.Q(sealed__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(name="asset_override_once_per_bot", fields=["asset", "bot"]),
            models.CheckConstraint(
                name="asset_override_is_one_of_both",
                condition=models.Q(sealed__isnull=False, value__isnull=True)
                | models.Q(sealed__isnull=True, value__isnull=False),
            ),
            models.CheckConstraint(
                name="asset_override_sealed_names_its_key",
                condition=models.Q(sealed__isnull=True) | ~models.Q(key_name=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} / {self.bot}"


class AssetUse(models.Model):
    """A secret was given to somebody. Partitioned by month of `at`; never changed.

    Plain numbers and names, so that it outlives what it tells of.
    """

    pk = models.CompositePrimaryKey("id", "at")
    id = models.BigIntegerField(db_default=NextValue(sequence="assets_assetuse_id_seq"))
    at = models.DateTimeField(db_default=Now())
    folder_id = models.BigIntegerField()
    asset_id = models.BigIntegerField()
    asset_key = models.CharField(max_length=MAX_KEY)
    # whether it was the one that is kept for that bot alone
    was_override = models.BooleanField(default=False)
    # to whom: a run of an automation here, or a program with a token
    run_id = models.BigIntegerField(null=True)
    item_id = models.BigIntegerField(null=True)
    bot_name = models.CharField(max_length=100, blank=True, default="")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True, default="")
    # what for: the automation, or what the program says
    purpose = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            # the page of an asset, newest first, and when it was last used
            models.Index(name="asset_use_of_asset", fields=["asset_id", "-at", "-id"])
        ]

    def __str__(self) -> str:
        return f"{self.asset_key} by {self.actor_name or self.run_id}"
