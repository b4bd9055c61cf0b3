"""What decisions teach: how sure AI may be, and rules that decide the same again."""

from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "apps.learning"
