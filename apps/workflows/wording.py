"""Events of workflows, instances and decisions as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("workflow.deployed", _("%(actor)s deployed version %(version)s"))
word("workflow.start_refused", _("It could not start an instance: %(reason)s"))
word("decision.deployed", _("%(actor)s deployed version %(version)s"))
word("instance.started", _("%(actor)s started it"))
word("instance.completed", _("It ran to its end"))
word("instance.failed", _("It ended with an error: %(message)s"))
word("instance.cancelled", _("%(actor)s cancelled it"))
word("instance.paused", _("%(actor)s paused it"))
word("instance.resumed", _("%(actor)s let it go on"))
word("instance.variables_set", _("%(actor)s changed variables"))
word("incident.opened", _("A step needs repair"))
word("message.published", _("%(actor)s sent the message “%(name)s” with the key “%(key)s”"))
word("signal.broadcast", _("%(actor)s sent the signal “%(name)s”, heard by %(reached)s"))
word("incident.resolved", _("%(actor)s repaired a step"))
