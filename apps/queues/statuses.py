"""The words for where items stand, as the tabs of a list have them."""

from django.utils.translation import gettext_lazy as _

from .models import Measure

# In the order of an item's life
PLACE_LABELS = {
    Measure.READY.value: _("Waiting"),
    Measure.SCHEDULED.value: _("Later"),
    Measure.IN_PROGRESS.value: _("Running"),
    Measure.NEEDS_DECISION.value: _("Needs a person"),
    Measure.ON_HOLD.value: _("Paused"),
    Measure.SUCCESSFUL.value: _("Done"),
    Measure.FAILED.value: _("Failed"),
    Measure.SKIPPED.value: _("Left out"),
    Measure.CANCELLED.value: _("Cancelled"),
    Measure.EXPIRED.value: _("Expired"),
}
