"""People, the folders that everything lives in, and who may do what where."""

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Role
from apps.lib.actors import Actor
from apps.lib.keys import KeyColumn

if TYPE_CHECKING:
    from apps.accounts.permissions import Rights

SESSION_SALT = "apps.accounts.session"


class Folder(models.Model):
    """The container that rights, bots, queues and workflows live in."""

    key = KeyColumn(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class User(AbstractUser):
    """A person (or a program's account) who signs in."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    display_name = models.CharField(_("name"), max_length=150, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    # part of what sessions are checked against: counting up signs this person out everywhere
    session_epoch = models.PositiveIntegerField(default=0, db_default=0)

    # found by `rights_of` once per instance
    cached_rights: "Rights | None" = None

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.display_name or self.get_full_name() or self.username

    @property
    def actor(self) -> Actor:
        return Actor(self.pk, self.name, "person")

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        held = f"{self.password}{self.session_epoch}"
        return salted_hmac(SESSION_SALT, held, secret=secret, algorithm="sha256").hexdigest()


class Membership(models.Model):
    """A person's role in a folder."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="membership_one_role_per_folder", fields=["user", "folder"]
            ),
            models.CheckConstraint(
                name="membership_role_is_known", condition=models.Q(role__in=Role.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} in {self.folder}"


class Team(models.Model):
    """People of a folder who share work."""

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="teams")
    key = KeyColumn(_("key"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    # who hears of what the team leaves lying
    manager = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="managed_teams"
    )
    members = models.ManyToManyField(User, through="TeamMember", related_name="teams")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(name="team_key_once_per_folder", fields=["folder", "key"])
        ]

    def __str__(self) -> str:
        return self.title


class TeamMember(models.Model):
    """A person's place in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="places")
    user = models.ForeignKey(User, models.CASCADE, related_name="team_places")

    class Meta:
        constraints = [models.UniqueConstraint(name="team_member_once", fields=["team", "user"])]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def now(self) -> Self:
        """Those that hold now, on the database's clock."""
        return self.filter(starts_at__lte=Now(), ends_at__gt=Now())


class Absence(models.Model):
    """When somebody is away, and who decides in their place."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    deputy = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="deputised_absences"
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    added_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(name="absence_time", fields=["ends_at", "starts_at"])]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
            ),
            models.CheckConstraint(
                name="absence_deputy_is_somebody_else",
                condition=~models.Q(deputy=models.F("user")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_at} – {self.ends_at}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> Self:
        """Neither revoked nor past its end."""
        alive = models.Q(expires_at=None) | models.Q(expires_at__gt=Now())
        return self.filter(alive, revoked_at=None, user__is_active=True)

    def with_state(self) -> Self:
        """Annotate `state` (usable, expired or revoked), on the database's clock."""
        state = models.Case(
            models.When(revoked_at__isnull=False, then=models.Value("revoked")),
            models.When(expires_at__lte=Now(), then=models.Value("expired")),
            default=models.Value("usable"),
        )
        return self.annotate(state=state)


class ApiToken(models.Model):
    """A secret with which a program acts as a user in one folder; only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentCall(models.Model):
    """The answer to a call that carried an Idempotency-Key, kept for seven days."""

    user = models.ForeignKey(User, models.CASCADE)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="idempotent_call_once", fields=["user", "key"]),
        ]

    def __str__(self) -> str:
        return self.key
