"""How the events of the audit read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("audit.exported", _("%(actor)s took %(n)s rows of the audit as a file"))
