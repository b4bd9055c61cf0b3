"""What the API takes and gives of operations."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from apps.lib.http import AnyObject, StrictModel


class PreviewIn(StrictModel):
    kind: Annotated[str, Field(max_length=60, examples=["items.retry"])]
    filter: Annotated[AnyObject, Field(examples=[{"queue": "invoices", "status": "failed"}])]


class OperationIn(PreviewIn):
    arguments: AnyObject | None = None
    reason: Annotated[str, Field(max_length=300)] = ""
    typed_number: Annotated[int, Field(ge=0, le=2**31)] | None = None


class KindOut(BaseModel):
    key: str
    title: str
    subject: str
    needs_reason: bool
    confirm_above: int
    can_be_undone: bool


class KindsOut(BaseModel):
    items: list[KindOut]


class PreviewOut(BaseModel):
    total: int
    about: str
    by_status: dict[str, int]
    sample: list[int]
    needs_number: bool


class OperationOut(BaseModel):
    id: int
    kind: str
    about: str
    status: str
    filter: dict[str, Any]
    arguments: dict[str, Any]
    reason: str
    by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    # None until all targets are written down
    total: int | None
    done: int
    skipped: int
    failed: int
    left: int
    problem: str
    undo_of_id: int | None
    retry_of_id: int | None


class OperationPage(BaseModel):
    items: list[OperationOut]
    next_cursor: str | None


class EntryOut(BaseModel):
    id: int
    status: str
    reason: str
    at: datetime | None


class EntryPage(BaseModel):
    items: list[EntryOut]
    next_cursor: str | None
