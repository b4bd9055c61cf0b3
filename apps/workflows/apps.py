from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "apps.workflows"
    label = "workflows"

    def ready(self) -> None:
        """Name instances wherever queues and the inbox say whose work something is."""
        from apps.queues.owners import link_owners_by

        from .linking import links_of_instances

        link_owners_by(links_of_instances)
