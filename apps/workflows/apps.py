from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "apps.workflows"
    label = "workflows"

    def ready(self) -> None:
        """Name instances wherever queues, the inbox and the log say whose work something is."""
        from apps.bots.whereabouts import register as register_whereabouts
        from apps.queues.owners import link_owners_by

        from .linking import links_of_instances
        from .whereabouts import steps_of

        link_owners_by(links_of_instances)
        register_whereabouts(steps_of)
