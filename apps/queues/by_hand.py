"""Items that a person adds or changes: the data as a form made from the schema, beside the rest."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from apps.lib.actors import Actor
from apps.lib.errors import DomainError
from apps.lib.numbers import VERSIONS, whole_number
from apps.lib.schema_forms import SchemaForm
from apps.lib.schema_forms.rows import asks_for_rows, with_rows_changed

from .files import attach
from .forms import FileForm, ItemForm
from .lifecycle import NewItem, add_item, edit_item
from .models import WorkItem, WorkQueue


class ItemEntry:
    """A new item as a person enters it. `is_valid()`, then `save()`.

    With `wants_rows` the form was sent only for another row: it is to be shown again.
    """

    def __init__(self, queue: WorkQueue, request: HttpRequest) -> None:
        data = with_rows_changed(request.POST) if request.method == "POST" else None
        files = request.FILES if request.method == "POST" else None
        self.wants_rows = asks_for_rows(request.POST)
        self.queue = queue
        self.about = ItemForm(data)
        self.data = SchemaForm(queue.payload_schema, {}, data=data)
        self.file = FileForm(data, files)

    @property
    def forms(self) -> list[Any]:
        return [self.about, self.file]

    def is_valid(self) -> bool:
        return all([self.about.is_valid(), self.data.is_valid(), self.file.is_valid()])

    def save(self, *, by: Actor) -> WorkItem | None:
        """Add the item; None, with the reason at the form, when the queue refuses it."""
        about = self.about.cleaned_data
        new = NewItem(
            payload=self.data.new_payload,
            reference=about["reference"],
            priority=about["priority"],
            due_at=about["due_at"],
            available_at=about["available_at"],
        )
        try:
            with transaction.atomic():
                item = add_item(self.queue, new, origin=WorkItem.Origin.PAGE, by=by)
                if self.file.cleaned_data["file"]:
                    attach(item, self.file.cleaned_data["file"], by=by)
        except DomainError as error:
            self.about.add_error(None, error.message)
            return None
        return item


class ItemEdit:
    """An item as a person changes it. What the page showed must still be so when it is sent."""

    def __init__(self, item: WorkItem, request: HttpRequest) -> None:
        data = with_rows_changed(request.POST) if request.method == "POST" else None
        self.wants_rows = asks_for_rows(request.POST)
        self.item = item
        self.version = item.version if data is None else _version(data)
        about = {"reference": item.reference, "priority": item.priority, "due_at": item.due_at}
        self.about = ItemForm(data, initial=about)
        del self.about.fields["reference"], self.about.fields["available_at"]
        self.data = SchemaForm(item.queue.payload_schema, item.payload, data=data)

    @property
    def forms(self) -> list[Any]:
        return [self.about]

    def is_valid(self) -> bool:
        return all([self.about.is_valid(), self.data.is_valid()])

    def save(self, *, by: Actor) -> bool:
        """Change the item; False, with the reason at the form, when it can't be changed now."""
        about = self.about.cleaned_data
        try:
            edit_item(
                self.item.pk,
                version=self.version,
                by=by,
                payload=self.data.new_payload,
                priority=about["priority"],
                due_at=about["due_at"],
            )
        except DomainError as error:
            text = _("%(message)s What you typed is still here.")
            self.about.add_error(None, text % {"message": error.message})
            return False
        return True


def _version(said: QueryDict) -> int:
    return whole_number(said.get("version", ""), below=VERSIONS) or 0
