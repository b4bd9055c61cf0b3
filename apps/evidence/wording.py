"""How the events of evidence packs read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word(
    "audit.evidence_made",
    _("%(actor)s made an evidence pack about “%(reference)s”: %(reason)s"),
)
