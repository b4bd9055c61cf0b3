"""What can go wrong with queues and items, told to people."""

from django.utils.translation import gettext as _

from apps.lib.errors import ConflictError, NotFoundError


class DuplicateReferenceError(ConflictError):
    """The queue has had an item with this reference already."""

    code = "duplicate_reference"
    title = "This reference is known"

    def __init__(self, reference: str, *, existing_id: int) -> None:
        self.reference, self.existing_id = reference, existing_id
        super().__init__(
            _("The reference “%(reference)s” belongs to item %(id)d already. Nothing was added.")
            % {"reference": reference, "id": existing_id}
        )


class ReferenceNotWaitingError(ConflictError):
    """The reference belongs to an item that does not wait any more, so it can't be updated."""

    code = "duplicate_reference"
    title = "This item is past its update"

    def __init__(self, reference: str, *, existing_id: int, why: str) -> None:
        self.reference, self.existing_id = reference, existing_id
        super().__init__(
            _("The reference “%(reference)s” %(why)s. Nothing was changed.")
            % {"reference": reference, "why": why}
        )


class LeaseLostError(ConflictError):
    """Whoever asks does not hold the item any more (or never did)."""

    code = "lease_lost"
    title = "The item is not yours any more"

    def __init__(self, item_id: int) -> None:
        self.item_id = item_id
        super().__init__(
            _(
                "Item %(id)d is not held with this lease. It ran out, or the item was finished or"
                " given to another bot. Stop working on it; what you send for it is not stored."
            )
            % {"id": item_id}
        )


class OwnedItemError(ConflictError):
    """The item is the work of an instance, which alone may have it worked again."""

    code = "belongs_to_instance"
    title = "The item belongs to an instance"

    def __init__(self, item_id: int, *, instance_id: int, title: str) -> None:
        self.details = {"item": item_id, "instance": instance_id}
        super().__init__(
            _(
                "Item %(id)d belongs to “%(instance)s” and has ended there. Open that instance to"
                " repair it or to go back to this step."
            )
            % {"id": item_id, "instance": title}
        )


class ItemNotFoundError(NotFoundError):
    """There is no such item."""

    def __init__(self, item_id: int) -> None:
        super().__init__(_("There is no item %(id)d.") % {"id": item_id})
