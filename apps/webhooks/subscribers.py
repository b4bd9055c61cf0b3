"""What endpoints may hear of from the layers beside and below, which don't know of webhooks."""

from django.utils.translation import gettext_lazy as _

from .kinds import register

register(
    {
        "operation.ended": _("A bulk action has ended"),
        "operation.failed": _("A bulk action could not go on"),
    }
)
