from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AiConfig(AppConfig):
    name = "apps.ai"
    label = "ai"

    def ready(self) -> None:
        # tools of agents, as automations are found in `automations`
        autodiscover_modules("agent_tools")
