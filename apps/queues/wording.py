"""Events of queues and items as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("work_item.held", _("%(actor)s put it on hold"))
word("work_item.resumed", _("%(actor)s took it off hold"))
word("work_item.edited", _("%(actor)s changed it"))
word("work_item.retried", _("%(actor)s sent it back to the bots"))
word("work_item.skipped", _("%(actor)s left it out"))
word("work_item.cancelled", _("%(actor)s cancelled it"))
word("work_item.rejected", _("%(actor)s rejected it"))
word("work_item.accepted", _("%(actor)s checked what AI read and let it go on"))
word("work_item.answered", _("%(actor)s answered the question of the automation"))
word("work_item.completed_by_hand", _("%(actor)s did it by hand: %(reference)s"))
word("work_item.recalled", _("%(actor)s took the decision back: it waits for a person again"))
word("work_item.reopened", _("%(actor)s reopened it"))
word("work_item.effect_settled", _("%(actor)s said what became of “%(key)s”"))
word("work_item.revealed", _("%(actor)s looked at personal data"))
word("work_item.file_added", _("%(actor)s attached %(name)s"))
word("work_item.expired", _("It expired before it was worked on"))
word("work_queue.created", _("%(actor)s made the queue"))
word("work_queue.changed", _("%(actor)s changed the queue's settings"))
word("queue.paused", _("%(actor)s paused the queue: %(reason)s"))
word("queue.resumed", _("%(actor)s resumed the queue"))
word("gate.created", _("%(actor)s made the gate %(gate)s"))
word("gate.changed", _("%(actor)s changed the gate %(gate)s"))
word("queue.items_downloaded", _("%(actor)s downloaded items (%(format)s): %(about)s"))
word("queue.upload_confirmed", _("%(actor)s uploaded %(name)s: %(rows)s rows"))
word("queue.upload_discarded", _("%(actor)s discarded the upload %(name)s"))
