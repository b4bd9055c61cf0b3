"""Where models answer, what they may cost, and what stops them."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.keys import KeyColumn
from apps.lib.sealing import seal, unseal

KEY_PURPOSE = "model endpoint"
MAX_TIMEOUT_SECONDS = 600


class ModelEndpoint(models.Model):
    """A server that speaks the chat protocol of OpenAI, and the one model asked of it."""

    class State(models.TextChoices):
        ON = "on", _("In use")  # budgets may still stop it
        STOPPED = "stopped", _("Stopped")  # by a person, until a person lets it go on

    class Shape(models.TextChoices):
        """How an answer gets its form."""

        # the server is told the schema; falls back to words when it does not know how
        AUTO = "auto", _("As the server can")
        SCHEMA = "schema", _("The server holds to the schema")
        WORDS = "words", _("The model is told in words")

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="model_endpoints")
    key = KeyColumn(_("key"), max_length=100)
    title = models.CharField(_("title"), max_length=150)
    base_url = models.CharField(_("base address"), max_length=500)
    model = models.CharField(_("model"), max_length=200)
    # what people call this state of the model; stored with each value read
    version_label = models.CharField(_("version label"), max_length=100, blank=True)
    # sealed; never shown, never in a log, an event, an error or Redis
    sealed_api_key = models.TextField(blank=True, editable=False)
    timeout_seconds = models.PositiveIntegerField(
        _("longest answer (seconds)"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_TIMEOUT_SECONDS)],
    )
    max_answer_tokens = models.PositiveIntegerField(
        _("longest answer (tokens)"),
        default=2_000,
        validators=[MinValueValidator(1), MaxValueValidator(200_000)],
    )
    answer_shape = models.CharField(
        _("form of answers"), max_length=10, choices=Shape, default=Shape.AUTO
    )
    asks_logprobs = models.BooleanField(_("asks for probabilities of tokens"), default=False)
    price_in = models.DecimalField(
        _("price of 1 000 tokens in"),
        max_digits=12,
        decimal_places=6,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    price_out = models.DecimalField(
        _("price of 1 000 tokens out"),
        max_digits=12,
        decimal_places=6,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    # in the words of lifecycle.endpoints: `stop_endpoint`, `resume_endpoint`
    state = models.CharField(max_length=10, choices=State, default=State.ON, editable=False)
    stopped_because = models.CharField(max_length=300, blank=True, editable=False)
    stopped_by = models.CharField(max_length=150, blank=True, editable=False)
    # the server refused a schema: ask in words for a while (only with AUTO)
    words_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="model_endpoint_key_once", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def has_api_key(self) -> bool:
        return bool(self.sealed_api_key)

    def keep_api_key(self, secret: str) -> None:
        """Take the key into the row, sealed; does not save."""
        self.sealed_api_key = seal(secret, purpose=KEY_PURPOSE)

    def open_api_key(self) -> str:
        """Return the key, for a call. Raises SealBrokenError."""
        return unseal(self.sealed_api_key, purpose=KEY_PURPOSE)

    @property
    def version(self) -> str:
        """What is stored as the version of the model with each value."""
        return self.version_label or self.model


class Budget(models.Model):
    """What a model, or one use of it, may cost and how well it must work; else it is stopped."""

    class State(models.TextChoices):
        CLOSED = "closed", _("Lets calls through")
        OPEN = "open", _("Stopped")  # until `retry_at`, or for a cost until the day or month ends
        HALF_OPEN = "half_open", _("Trying again")  # one call is on its way to find out

    endpoint = models.ForeignKey(ModelEndpoint, models.CASCADE, related_name="budgets")
    # "": all calls; else those of one use: "prompt:invoice", "agent:clerk", "try"
    use = models.CharField(_("for"), max_length=120, blank=True)
    cost_per_day = models.DecimalField(
        _("cost a day"), max_digits=12, decimal_places=4, null=True, blank=True
    )
    cost_per_month = models.DecimalField(
        _("cost a month"), max_digits=12, decimal_places=4, null=True, blank=True
    )
    error_share = models.FloatField(_("share of errors"), null=True, blank=True)
    p95_seconds = models.FloatField(_("95 of 100 answer within (s)"), null=True, blank=True)
    window_seconds = models.PositiveIntegerField(_("looked at over (s)"), default=600)
    min_calls = models.PositiveIntegerField(_("at least so many calls"), default=5)
    pause_seconds = models.PositiveIntegerField(_("pause (s)"), default=60)

    # moved by lifecycle.calls alone, with the row locked; see breaker.py
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED, editable=False)
    because = models.CharField(max_length=300, blank=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    retry_at = models.DateTimeField(null=True, editable=False)
    probe_until = models.DateTimeField(null=True, editable=False)
    n_stops = models.PositiveIntegerField(default=0, editable=False)  # in a row
    # errors and times before this do not count
    counts_from = models.DateTimeField(null=True, editable=False)
    # a person let it go on: what was spent by then, that day and that month, does not count
    forgiven_at = models.DateTimeField(null=True, editable=False)
    forgiven_day = models.DecimalField(
        max_digits=14, decimal_places=6, default=Decimal(0), editable=False
    )
    forgiven_month = models.DecimalField(
        max_digits=14, decimal_places=6, default=Decimal(0), editable=False
    )

    class Meta:
        ordering = ["endpoint", "use"]
        constraints = [
            models.UniqueConstraint(name="budget_once_per_use", fields=["endpoint", "use"]),
            models.CheckConstraint(
                name="budget_share_is_one",
                condition=models.Q(error_share=None)
                | models.Q(error_share__gt=0, error_share__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.use or '*'}"
