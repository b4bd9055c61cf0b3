"""What is done to addresses, as sentences: that there is one, never where it leads."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("notice_address.added", _("%(actor)s added the address “%(title)s” for notices"))
word("notice_address.removed", _("%(actor)s removed the address “%(title)s” for notices"))
word(
    "notice_address.switched_on",
    _("%(actor)s switched the address “%(title)s” for notices on again"),
)
