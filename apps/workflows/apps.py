from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    name = "apps.workflows"
    label = "workflows"

    def ready(self) -> None:
        """Name instances wherever queues, the inbox and the log say whose work something is."""
        from apps.bots.whereabouts import register as register_whereabouts
        from apps.queues.owners import link_owners_by
        from apps.retention.kept import Kept
        from apps.retention.kept import register as keep_months

        from .linking import links_of_instances
        from .whereabouts import steps_of

        link_owners_by(links_of_instances)
        register_whereabouts(steps_of)

        keep_months(
            Kept(
                table="workflows_stepinstance",
                title=_("Steps"),
                about=_("The steps that instances of workflows went through."),
            )
        )
