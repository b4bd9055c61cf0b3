"""Events of what was learnt as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("rule_proposal.found", _("%(cases)s cases speak for a rule"))
word("rule_proposal.dismissed", _("%(actor)s dismissed it: %(reason)s"))
word("rule.accepted", _("%(actor)s accepted it: it decides from version %(version)s on"))
word("rule.paused", _("%(actor)s paused it: %(reason)s"))
word("rule.resumed", _("%(actor)s let it decide again"))
word("rule.retired", _("%(actor)s retired it"))
