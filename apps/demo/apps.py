from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "apps.demo"
    label = "demo"

    def ready(self) -> None:
        """Offer what the demo adds to the pages of others."""
        from . import offers

        offers.register()
