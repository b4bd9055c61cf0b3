"""Items that come in as a file: the file as it was read, and its rows until they are old."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.permissions import FolderQuerySet
from apps.operations.models import Operation

from .queues import WorkQueue


class UploadQuerySet(FolderQuerySet):
    folder_path = "queue__folder_id"


class Upload(models.Model):
    """A file of items for one queue. Only `exchange.lifecycle` writes it."""

    class Status(models.TextChoices):
        READING = "reading", _("Being read")  # at once, or by a worker
        READY = "ready", _("To be confirmed")  # a person looks at the preview
        REFUSED = "refused", _("Can't be used")  # final: `problem` says why
        CONFIRMED = "confirmed", _("Confirmed")  # final: the operation says what became of the rows
        DISCARDED = "discarded", _("Discarded")  # final: nobody wanted it, nothing was added

    class Mode(models.TextChoices):
        """What becomes of the good rows when some are faulty."""

        GOOD = "good", _("Add the good rows, leave out the faulty ones")
        ALL = "all", _("All or nothing")

    queue = models.ForeignKey(WorkQueue, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # "" once its rows are dropped
    file = models.FileField(upload_to="uploads/%Y/%m/%d", max_length=300, blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    # who may see what the file says of persons
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=150)
    status = models.CharField(max_length=10, choices=Status, default=Status.READING)
    # how it is to be read, see exchange.settings.Settings
    settings = models.JSONField(default=dict)
    # what was found in it, see exchange.settings.Found
    found = models.JSONField(default=dict)
    # the target of each column, null: left out; null as a whole: by the names of the columns
    mapping = models.JSONField(null=True)
    n_rows = models.PositiveIntegerField(default=0)
    n_updates = models.PositiveIntegerField(default=0)
    n_known = models.PositiveIntegerField(default=0)
    n_faulty = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    # tries to read it; one that kills its reader is given up
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    operation = models.ForeignKey(Operation, models.SET_NULL, null=True, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the reader's next one
            models.Index(
                name="upload_to_read", fields=["id"], condition=models.Q(status="reading")
            ),
            # those whose file and rows are to be dropped
            models.Index(
                name="upload_with_file", fields=["asked_at"], condition=~models.Q(file="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="upload_ended_has_time",
                condition=models.Q(status__in=["reading", "ready"], ended_at__isnull=True)
                | models.Q(
                    status__in=["refused", "confirmed", "discarded"], ended_at__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="upload_counts_no_more_than_all",
                condition=models.Q(
                    n_rows__gte=models.F("n_updates") + models.F("n_known") + models.F("n_faulty")
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def n_good(self) -> int:
        return self.n_rows - self.n_faulty

    @property
    def n_new(self) -> int:
        return self.n_good - self.n_updates - self.n_known


class UploadRow(models.Model):
    """One row of a file as it was read; dropped some days after the upload."""

    class Verdict(models.TextChoices):
        """What the check found that the row comes to."""

        NEW = "new", _("New")
        UPDATE = "update", _("Changes an item")  # one that waits, by its reference
        KNOWN = "known", _("Known")  # the item is there already and stays as it is
        FAULTY = "faulty", _("Faulty")  # `problems` say why

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="rows", db_index=False)
    # as spreadsheets count: the header is among them
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    verdict = models.CharField(max_length=6, choices=Verdict)
    # a list of {column, message}; column null: the row as a whole
    problems = models.JSONField(null=True)
    # what it has become: written in the transaction that adds the item, and never again
    item_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="upload_row_once", fields=["upload", "number"])]
        indexes = [
            models.Index(
                name="upload_row_faulty",
                fields=["upload", "number"],
                condition=models.Q(problems__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}:{self.number}"
