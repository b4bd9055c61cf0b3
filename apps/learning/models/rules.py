"""Rules found in what people decide again and again."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.inbox.models import UserTask


class Proposal(models.Model):
    """A row of a decision table that what people decided speaks for."""

    class Status(models.TextChoices):
        OPEN = "open", _("Proposed")  # waits for a person
        ACCEPTED = "accepted", _("Accepted")  # final: it became a rule
        DISMISSED = "dismissed", _("Dismissed")  # final: not wanted, with a reason
        SUPERSEDED = "superseded", _("Superseded")  # final: a better one took its place

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="rule_proposals")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    # which tasks it is about, see inbox.alike, and what they are called
    alike = models.CharField(max_length=64)
    subject = models.CharField(max_length=300)
    # see patterns.Condition
    conditions = models.JSONField(default=list)
    decision = models.CharField(max_length=100)
    decision_title = models.CharField(max_length=200, blank=True)
    # {dotted path: the value that people always put there}
    corrections = models.JSONField(default=dict)
    # a digest of decision and corrections
    outcome = models.CharField(max_length=40)
    # the evidence: tasks that fit the conditions, and those of them that were decided otherwise
    cases = models.PositiveIntegerField()
    exceptions = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=1)
    task_ids = models.JSONField(default=list)
    exception_ids = models.JSONField(default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="proposal_one_open_per_outcome",
                fields=["folder", "alike", "outcome"],
                condition=models.Q(status="open"),
            ),
            models.CheckConstraint(
                name="proposal_settled_has_time",
                condition=models.Q(status="open") | models.Q(settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_title or self.decision}: {self.subject}"


class Rule(models.Model):
    """A row that decides tasks. All active ones of a sort of tasks are one decision table."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Decides")  # decides tasks
        PAUSED = "paused", _("Paused")  # decides nothing until a person resumes it
        RETIRED = "retired", _("Retired")  # final: decides no more

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="learnt_rules")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="rule")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    title = models.CharField(_("name"), max_length=150)
    alike = models.CharField(max_length=64)
    conditions = models.JSONField(default=list)
    decision = models.CharField(max_length=100)
    corrections = models.JSONField(default=dict)
    # of the tasks that it would decide, this share still goes to people, who are not told
    sample_share = models.FloatField(_("share that people still decide"), default=0.1)
    # when people agree with it less often than this, it pauses itself
    limit = models.FloatField(_("pauses when fewer than this share agree"), default=0.95)
    # the decision table that it is a row of, and the version that holds
    table_key = models.CharField(max_length=150)
    table_version = models.PositiveIntegerField(default=0)
    # looks before this do not count: it was resumed by somebody who knew of them
    measured_from = models.DateTimeField(db_default=Now())
    accepted_by = models.CharField(max_length=150)
    accepted_at = models.DateTimeField(db_default=Now())
    paused_reason = models.TextField(blank=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            # which rules there are for a task that was just opened
            models.Index(
                name="rule_active",
                fields=["folder", "alike"],
                condition=models.Q(status="active"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="rule_shares_are_one",
                condition=models.Q(
                    sample_share__gte=0, sample_share__lte=1, limit__gte=0, limit__lte=1
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def row_id(self) -> str:
        """Its id in the decision table."""
        return f"rule_{self.pk}"


class RuleCase(models.Model):
    """What one rule did, or would have done, with one task."""

    class Went(models.TextChoices):
        DECIDED = "decided", _("Decided by the rule")
        SAMPLED = "sampled", _("Left to people, to measure the rule")
        REFUSED = "refused", _("Could not be decided by the rule")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="cases")
    task = models.OneToOneField(UserTask, models.CASCADE, related_name="rule_case")
    table_version = models.PositiveIntegerField()
    went = models.CharField(max_length=10, choices=Went)
    # whether people agree; null: not known (yet)
    is_agreed = models.BooleanField(null=True)
    # what stood in the way, or what people decided instead
    note = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())
    measured_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                name="rule_case_measured",
                fields=["rule", "-measured_at"],
                condition=models.Q(measured_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.task}"
