"""Instances walk through their workflows: bots, people, gateways, scopes."""

import pytest

from apps.queues.models import WorkQueue
from apps.workflows.models import StepInstance, WorkflowInstance
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    assert_consistent,
    deliver,
    deployed,
    reloaded,
    stands_at,
    started,
    visited,
    work,
)
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


def test_a_step_is_an_item_in_its_queue_and_its_result_goes_on():
    folder = make_folder()
    model = process("invoice").start().service("extract").service("post").end()
    instance = started(deployed(model, folder), number=7)

    assert stands_at(instance) == ["extract"]
    assert_consistent()
    seen = []
    work(folder, "extract", lambda payload: seen.append(payload) or {"total": 12.5})

    assert seen == [{"number": 7}]
    assert stands_at(instance) == ["post"]
    work(folder, "post", lambda payload: seen.append(payload))

    assert seen[1] == {"number": 7, "total": 12.5}
    assert reloaded(instance).status == "completed"
    assert instance.result == {"number": 7, "total": 12.5}
    assert visited(instance) == ["start", "extract", "post", "end"]
    delta = StepInstance.objects.get(instance_id=instance.pk, node="extract").delta
    assert delta == {"total": 12.5}
    assert_consistent()
