"""How the events of operations read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("operation.started", _("%(actor)s started it"))
word("operation.cancelled", _("%(actor)s cancelled it after %(done)s were done"))
word("operation.ended", _("It ended: %(done)s done, %(skipped)s left out, %(failed)s failed"))
word("operation.failed", _("It could not go on after %(done)s were done"))
