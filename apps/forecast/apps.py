"""When queues will be empty, what will be late, and how many bots it takes."""

from django.apps import AppConfig


class ForecastConfig(AppConfig):
    name = "apps.forecast"
    label = "forecast"

    def ready(self) -> None:
        from apps.queues.foretelling import register

        from .lines import lines_of

        register(lines_of)
