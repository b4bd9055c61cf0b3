"""Events of models, prompts and agents as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("model_endpoint.created", _("%(actor)s entered the model"))
word("model_endpoint.changed", _("%(actor)s changed the model's settings"))
word("model_endpoint.stopped", _("%(actor)s stopped the model: %(reason)s"))
word("model_endpoint.resumed", _("%(actor)s let the model go on: %(reason)s"))
word("model_endpoint.stopped_by_budget", _("A budget stopped the model: %(why)s"))
word("model_endpoint.back", _("A trial went well: the model goes on"))
word("model_endpoint.tried", _("%(actor)s tried the model"))
word("budget.created", _("%(actor)s set a budget for %(for)s"))
word("budget.changed", _("%(actor)s changed the budget for %(for)s"))
word("budget.removed", _("%(actor)s took away the budget for %(for)s"))
word("prompt.created", _("%(actor)s wrote the prompt"))
word("prompt.changed", _("%(actor)s wrote version %(version)s: %(note)s"))
word("agent_profile.created", _("%(actor)s set up the agent"))
word("agent_profile.changed", _("%(actor)s changed the agent, now version %(version)s"))
word("model_call.revealed", _("%(actor)s looked at texts with personal data"))
word("agent_run.revealed", _("%(actor)s looked at a transcript with personal data"))
