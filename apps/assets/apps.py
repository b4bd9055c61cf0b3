from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class AssetsConfig(AppConfig):
    name = "apps.assets"
    label = "assets"

    def ready(self) -> None:
        from apps.bots.kept import register_reader
        from apps.retention.kept import Kept
        from apps.retention.kept import register as keep_months

        from .handing_out import read_for_run

        register_reader(read_for_run)

        keep_months(
            Kept(
                table="assets_assetuse",
                title=_("Uses of secrets"),
                about=_("Who was given which secret, and when."),
                months=settings.HISTORY_MONTHS_KEPT or None,
            )
        )
