"""All parts of a pack are of one moment, whatever is committed while it is made."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from apps.bots.models import LogLine
from apps.events.models import Event
from tests.evidence.packs import pack_of, read
from tests.search.made import item_called

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_committed_meanwhile_is_in_no_part_of_it(folder, admin):
    item = item_called("INV-1", folder)
    said: list[None] = []

    def say() -> None:
        try:
            LogLine.objects.create(folder_id=folder.pk, item_id=item.pk, message="Too late")
        finally:
            connection.close()

    def meanwhile(execute: Any, sql: str, *more: Any) -> Any:
        if not said and "queues_attempt" in sql:
            with ThreadPoolExecutor(1) as pool:
                said.append(pool.submit(say).result(timeout=60))
        return execute(sql, *more)

    with connection.execute_wrapper(meanwhile):
        pack = pack_of(admin, folder, "INV-1")

    assert (said, LogLine.objects.count()) == ([None], 1)
    assert read(pack, "attempts.json")["log"] == []
    assert Event.objects.filter(kind="audit.evidence_made").count() == 1
