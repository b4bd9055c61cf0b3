from django.apps import AppConfig


class FailuresConfig(AppConfig):
    name = "apps.failures"
    label = "failures"

    def ready(self) -> None:
        """Say what is a data problem wherever results are decided, and what may be retried."""
        from apps.queues.judging import judge_by
        from apps.queues.operation_targets import narrow_by

        from .items import narrowing
        from .judging import data_problems

        judge_by(data_problems)
        narrow_by(narrowing())
