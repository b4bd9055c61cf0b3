from django.apps import AppConfig


class LandscapeConfig(AppConfig):
    name = "apps.landscape"
    label = "landscape"
