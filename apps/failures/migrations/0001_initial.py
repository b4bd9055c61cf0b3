import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from apps.lib.partitions import CreatePartitionedModel, ensure_month_partitions


def make_months(apps, schema_editor):
    ensure_month_partitions("failures_failure")
    ensure_month_partitions("failures_minutefailures")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("bots", "0001_initial"),
        ("operations", "0001_initial"),
        ("queues", "0001_initial"),
        ("workflows", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Ungrouped",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source",
                        "source_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("try", "Try at an item"),
                            ("run", "Run"),
                            ("incident", "Step of a workflow"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "ungrouped",
            },
        ),
        migrations.CreateModel(
            name="FailureGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("business_exception", "Data problem"),
                            ("application_exception", "System problem"),
                            ("lost", "Bot stopped answering"),
                            ("run_faulted", "Run failed"),
                            ("run_lost", "Run lost with its bot"),
                            ("incident", "Step needs repair"),
                        ],
                        max_length=25,
                    ),
                ),
                ("fingerprint", models.CharField(max_length=32)),
                ("cause", models.CharField(max_length=32)),
                ("step", models.CharField(blank=True, max_length=200)),
                ("error_class", models.CharField(blank=True, max_length=200)),
                ("code", models.CharField(blank=True, max_length=200)),
                ("pattern", models.CharField(blank=True, max_length=200)),
                ("version", models.CharField(blank=True, max_length=20)),
                ("message", models.TextField(blank=True)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("count", models.PositiveBigIntegerField(db_default=0, default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("assigned", "Assigned"),
                            ("muted", "Muted"),
                            ("resolved", "Resolved"),
                            ("back", "Back again"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("muted_until", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "runbook_url",
                    models.URLField(blank=True, max_length=500, verbose_name="runbook"),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "automation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failure_groups",
                        to="bots.automation",
                    ),
                ),
                (
                    "folder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="failure_groups",
                        to="accounts.folder",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="failure_groups",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failure_groups",
                        to="queues.workqueue",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failure_groups",
                        to="workflows.workflow",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at", "-id"],
            },
        ),
        CreatePartitionedModel.by(
            "at",
            name="Failure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source",
                        "source_id",
                        "number",
                        "at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("try", "Try at an item"),
                            ("run", "Run"),
                            ("incident", "Step of a workflow"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("bot", models.CharField(blank=True, max_length=150)),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failures",
                        to="failures.failuregroup",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BotFailures",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group",
                        "bot",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("bot", models.CharField(max_length=150)),
                ("n", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bots",
                        to="failures.failuregroup",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "bot failures",
            },
        ),
        migrations.CreateModel(
            name="GroupRetry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("item_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=150)),
                ("actor_kind", models.CharField(default="person", max_length=10)),
                (
                    "asked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("trying", "One is tried"),
                            ("rest", "The rest is retried"),
                            ("cleared", "All went well"),
                            ("left", "Some failed again"),
                            ("stopped", "The one failed again"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="trying",
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("message", models.TextField(blank=True)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retries",
                        to="failures.failuregroup",
                    ),
                ),
                (
                    "operation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="operations.operation",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        CreatePartitionedModel.by(
            "minute",
            name="MinuteFailures",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group",
                        "minute",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("minute", models.DateTimeField()),
                ("n", models.PositiveIntegerField(default=0)),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="minutes",
                        to="failures.failuregroup",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "minute failures",
            },
        ),
        migrations.CreateModel(
            name="BusinessRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cause", models.CharField(max_length=32)),
                ("pattern", models.CharField(blank=True, max_length=200)),
                ("made_by", models.CharField(max_length=150)),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="business_rules",
                        to="queues.workqueue",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("queue", "cause"), name="business_rule_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="failuregroup",
            index=models.Index(fields=["folder", "-last_at", "-id"], name="failure_group_list"),
        ),
        migrations.AddIndex(
            model_name="failuregroup",
            index=models.Index(fields=["folder", "cause"], name="failure_group_cause"),
        ),
        migrations.AddIndex(
            model_name="failuregroup",
            index=models.Index(
                condition=models.Q(("status", "muted")),
                fields=["muted_until"],
                name="failure_group_muted",
            ),
        ),
        migrations.AddConstraint(
            model_name="failuregroup",
            constraint=models.UniqueConstraint(
                fields=("folder", "fingerprint"), name="failure_group_once_per_folder"
            ),
        ),
        migrations.AddConstraint(
            model_name="failuregroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("automation", None), ("queue__isnull", False), ("workflow", None)),
                    models.Q(("automation__isnull", False), ("queue", None), ("workflow", None)),
                    models.Q(("automation", None), ("queue", None), ("workflow__isnull", False)),
                    _connector="OR",
                ),
                name="failure_group_has_one_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="failuregroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("muted_until__isnull", False), ("status", "muted")),
                    models.Q(models.Q(("status", "muted"), _negated=True), ("muted_until", None)),
                    _connector="OR",
                ),
                name="failure_group_muted_until_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="failuregroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "resolved"), _negated=True),
                    ("resolved_at__isnull", False),
                    _connector="OR",
                ),
                name="failure_group_resolved_when",
            ),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["group", "-at"], name="failure_of_group"),
        ),
        migrations.AddConstraint(
            model_name="groupretry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["trying", "rest"])),
                fields=("group",),
                name="group_retry_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupretry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("status__in", ["trying", "rest"])),
                    models.Q(
                        models.Q(("status__in", ["trying", "rest"]), _negated=True),
                        ("ended_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="group_retry_ended_has_time",
            ),
        ),
        # filled and emptied all the time, and small
        migrations.RunSQL(
            "alter table failures_ungrouped set (autovacuum_vacuum_scale_factor = 0.02,"
            " autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0)",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(make_months, migrations.RunPython.noop, elidable=False),
    ]
