"""How the events of calendars read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("calendar.created", _("%(actor)s made the calendar “%(title)s”"))
word("calendar.changed", _("%(actor)s changed the calendar “%(title)s”"))
word("calendar.removed", _("%(actor)s removed the calendar “%(title)s”"))
