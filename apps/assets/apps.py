from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "apps.assets"
    label = "assets"

    def ready(self) -> None:
        from apps.bots.kept import register_reader

        from .handing_out import read_for_run

        register_reader(read_for_run)
