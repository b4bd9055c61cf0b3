"""A stub model, an endpoint that points at it, and items in the hands of a session."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from apps.ai.models import Budget, ModelEndpoint
from tests.ai.stub_model import StubModel


@pytest.fixture
def stub_model() -> Iterator[StubModel]:
    stub = StubModel()
    stub.start()
    yield stub
    stub.stop()


@pytest.fixture
def endpoint(folder, stub_model) -> ModelEndpoint:
    """The stub as an endpoint: 1 EUR for 1 000 tokens in, 2 for out."""
    found = ModelEndpoint(
        folder=folder,
        key="reader",
        title="Reader",
        base_url=stub_model.url,
        model="stub-1",
        version_label="2026-03",
        timeout_seconds=20,
        max_answer_tokens=100,
        price_in=Decimal(1),
        price_out=Decimal(2),
    )
    found.keep_api_key("sk-very-secret")
    found.save()
    return found


@pytest.fixture
def budget(endpoint) -> Budget:
    return Budget.objects.create(endpoint=endpoint, error_share=0.5, min_calls=2, pause_seconds=60)
