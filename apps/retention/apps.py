from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "apps.retention"
    label = "retention"

    def ready(self) -> None:
        from . import wording  # noqa: F401
        from .kept import Kept, register

        # what is kept below this layer; the others say it themselves
        register(
            Kept(
                table="events_event",
                title=_("What people did"),
                about=_("The history of everything, and the audit."),
                months=settings.HISTORY_MONTHS_KEPT or None,
            )
        )
