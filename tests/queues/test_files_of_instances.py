"""What one step brought in, the others of its instance show, too."""

import pytest
from django.core.files.base import ContentFile

from apps.lib.actors import SYSTEM
from apps.queues.files import attach, files_about
from apps.queues.models import Owned, WorkItem
from tests.factories_queues import make_item, make_queue

pytestmark = pytest.mark.django_db


def with_file(item: WorkItem, name: str) -> WorkItem:
    attach(item, ContentFile(b"x", name=name), by=SYSTEM)
    return item


def names(*about) -> list[str]:
    return [file.name for file in files_about(*about)]


def test_files_are_shared_within_an_instance_and_with_nobody_else() -> None:
    queue = make_queue()
    first, second = with_file(make_item(queue), "a.xml"), make_item(queue)
    stranger, plain = with_file(make_item(queue), "b.xml"), with_file(make_item(queue), "c.xml")
    for item, owner in ((first, 7), (second, 7), (stranger, 8)):
        Owned.objects.create(item_id=item.pk, owner_id=owner, token=1)

    assert names(second.pk) == ["a.xml"]
    assert names(None, 7) == ["a.xml"]
    assert names(plain.pk) == ["c.xml"]
    assert names(None) == []
