from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "apps.reports"
    label = "reports"

    def ready(self) -> None:
        """The mail of a report carries the report itself."""
        from apps.notices.enclosing import register

        from .mailing import enclosed

        register("report", enclosed)
