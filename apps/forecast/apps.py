"""When queues will be empty, what will be late, and how many bots it takes."""

from django.apps import AppConfig


class ForecastConfig(AppConfig):
    name = "apps.forecast"
    label = "forecast"
