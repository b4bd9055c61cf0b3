from typing import Final

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Trends are of a day, trials of rules look a fortnight back
MONTHS_OF_MINUTES: Final = 3


class FailuresConfig(AppConfig):
    name = "apps.failures"
    label = "failures"

    def ready(self) -> None:
        """Say what is a data problem wherever results are decided, and what may be retried."""
        from apps.queues.judging import judge_by
        from apps.queues.operation_targets import narrow_by
        from apps.retention.kept import Kept
        from apps.retention.kept import register as keep_months

        from .items import narrowing
        from .judging import data_problems

        judge_by(data_problems)
        narrow_by(narrowing())

        keep_months(
            Kept(
                table="failures_failure",
                title=_("Failures"),
                about=_("Which failure belongs to which group; the counts of groups stay."),
            )
        )
        keep_months(
            Kept(
                table="failures_minutefailures",
                title=_("Failures by the minute"),
                about=_("When failures of a group happened; counts by day stay."),
                months=MONTHS_OF_MINUTES,
            )
        )
