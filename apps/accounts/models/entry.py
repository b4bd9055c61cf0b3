"""How people sign in: other services that vouch for them, what is asked of whom, wrong codes."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.lib.keys import KeyColumn


class SignInProvider(models.Model):
    """A service of the organisation that says who somebody is (OpenID Connect).

    Its issuer never changes: identities are kept as (provider, subject), so another issuer under
    the same key could sign in as everybody.
    """

    key = KeyColumn(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=40)
    issuer = models.CharField(_("issuer"), max_length=300)
    client_id = models.CharField(_("client id"), max_length=191)
    sealed_secret = models.TextField(blank=True, default="")
    is_active = models.BooleanField(_("in use"), default=True)
    # people whom nobody here knows get an account at their first sign-in
    makes_people = models.BooleanField(default=False)
    # an address that the service has verified may stand for the account that has it
    links_by_email = models.BooleanField(default=False)
    # the service has asked for a second factor itself: ours is not asked for
    brings_second_factor = models.BooleanField(default=False)
    # the claim that names a person's groups
    groups_claim = models.CharField(max_length=60, blank=True, default="groups")
    # [{"group", "folder", "role", "team"}]: what members of a group may do where; keys, not ids
    group_rules = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class SignInPolicy(models.Model):
    """What the organisation asks of people who sign in; one row."""

    class SecondFactor(models.TextChoices):
        """Who can't come in without one."""

        NOBODY = "nobody", _("Nobody has to; everybody may")  # the default
        ADMINS = "admins", _("Admins have to")  # whoever is an admin of a folder
        EVERYBODY = "everybody", _("Everybody has to")  # people; programs have tokens

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    second_factor = models.CharField(
        _("second factor"), max_length=10, choices=SecondFactor, default=SecondFactor.NOBODY
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="sign_in_policy_is_one", condition=models.Q(id=1)),
            models.CheckConstraint(
                name="sign_in_policy_factor_is_known",
                condition=models.Q(second_factor__in=["nobody", "admins", "everybody"]),
            ),
        ]

    def __str__(self) -> str:
        return f"second factor: {self.second_factor}"


class CodeTries(models.Model):
    """How many wrong codes somebody gave since the last right one, and until when they rest.

    By person, wherever the tries come from: six digits must not be guessed by many machines.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="code_tries"
    )
    n_wrong = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.n_wrong}"


class EntryCount(models.Model):
    """How often one address asked to come in during one minute. Kept here and not in a cache:
    it must hold for all web processes together, and outlive a restart."""

    bucket = models.CharField(max_length=120, primary_key=True)
    n = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="entry_count_end", fields=["ends_at"])]

    def __str__(self) -> str:
        return f"{self.bucket}: {self.n}"
