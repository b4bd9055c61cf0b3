"""A model that is stopped: in which words it is refused, and who is told."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Membership
from apps.accounts.roles import GRANTS, Action
from apps.events.bus import publish
from apps.lib.actors import SYSTEM
from apps.notices.lifecycle import notify

from .exceptions import ModelStoppedError
from .figures import money
from .models import Budget, ModelEndpoint

KIND = "model_stopped"


def by_person(endpoint: ModelEndpoint) -> ModelStoppedError | None:
    """Return the refusal of an endpoint that a person has stopped."""
    if endpoint.state != ModelEndpoint.State.STOPPED:
        return None
    text = _("%(who)s stopped the model “%(title)s”: %(why)s") % {
        "who": endpoint.stopped_by,
        "title": endpoint.title,
        "why": endpoint.stopped_because or "–",
    }
    return ModelStoppedError(text)


def by_budget(budget: Budget, because: str) -> ModelStoppedError:
    text = _("The model “%(title)s” is stopped: %(why)s")
    why = reason_in_words(because, budget)
    return ModelStoppedError(text % {"title": budget.endpoint.title, "why": why})


def reason_in_words(because: str, budget: Budget) -> str:
    """Return why a budget stopped the model, for people."""
    if because == "errors":
        return _("too many of its answers were errors.")
    if because == "slow":
        return _("it answers too slowly.")
    if because == "cost_day":
        return _("it has reached its cost for today, %(cost)s %(currency)s.") % {
            "cost": money(budget.cost_per_day or Decimal(0)),
            "currency": budget.endpoint.currency,
        }
    if because == "cost_month":
        return _("it has reached its cost for this month, %(cost)s %(currency)s.") % {
            "cost": money(budget.cost_per_month or Decimal(0)),
            "currency": budget.endpoint.currency,
        }
    return _("one call tries whether it works again.")


def tell_stopped(budget: Budget) -> None:
    """Write it into the history and tell those who look after the folder's work."""
    endpoint = budget.endpoint
    why = reason_in_words(budget.because, budget)
    event = publish(
        "model_endpoint.stopped_by_budget",
        subject=("model_endpoint", endpoint.pk),
        folder_id=endpoint.folder_id,
        by=SYSTEM,
        data={"because": budget.because, "use": budget.use, "why": why},
        topics=["ai"],
    )
    notify(
        keepers(endpoint.folder_id),
        KIND,
        title=_("The model “%s” is stopped") % endpoint.title,
        body=_("%s Until it works again, people do what it did.") % (why[:1].upper() + why[1:]),
        url=reverse("ai:endpoint_detail", args=[endpoint.pk]),
        folder_id=endpoint.folder_id,
        subject=("model_endpoint", endpoint.pk),
        key=f"model_stopped:{event.pk}",
    )


def tell_back(budget: Budget) -> None:
    publish(
        "model_endpoint.back",
        subject=("model_endpoint", budget.endpoint_id),
        folder_id=budget.endpoint.folder_id,
        by=SYSTEM,
        data={"use": budget.use},
        topics=["ai"],
    )


def keepers(folder_id: int) -> list[int]:
    """Return who runs or designs the work of the folder."""
    roles = [role for role, granted in GRANTS.items() if granted & {Action.OPERATE, Action.DESIGN}]
    found = Membership.objects.filter(folder_id=folder_id, role__in=roles, user__is_active=True)
    return list(found.values_list("user_id", flat=True))
