"""How the events of retention read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("retention.changed", _("%(actor)s changed how long “%(title)s” stay"))
word("retention.archived", _("“%(title)s” of %(month)s went to an archive: %(rows)s rows"))
word("retention.downloaded", _("%(actor)s downloaded the archive “%(title)s”"))
word("retention.dropped", _("“%(title)s” of %(month)s were dropped: %(rows)s rows"))
