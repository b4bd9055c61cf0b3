"""Bodies and answers of the calls about failures."""

from pydantic import BaseModel, Field

from apps.lib.http import Moment, StrictModel


class AssignIn(StrictModel):
    owner: str | None = Field(max_length=150, description="null: nobody in particular")


class MuteIn(StrictModel):
    until: Moment
    note: str = Field(default="", max_length=300)


class ResolveIn(StrictModel):
    note: str = Field(default="", max_length=300, description="what mended it")


class RunbookIn(StrictModel):
    url: str = Field(max_length=500, description='"": there is none')


class RetryOut(BaseModel):
    """A retry of all that a group holds: one first, the rest when that went well."""

    status: str = Field(description="trying, rest, cleared, left, stopped or cancelled")
    item: int = Field(description="the one that is tried first")
    operation: int | None = Field(description="that retries the rest")
    message: str
    asked_at: Moment
    asked_by: str
    ended_at: Moment | None


class BotOut(BaseModel):
    bot: str
    count: int


class ListedOut(BaseModel):
    """Failures with the same fingerprint."""

    id: int
    status: str = Field(description="new, assigned, muted, resolved or back")
    kind: str = Field(
        description="business_exception, application_exception, lost, run_faulted, run_lost or"
        " incident"
    )
    title: str = Field(description="the newest message")
    pattern: str = Field(description="what the messages have in common")
    code: str
    error_class: str
    version: str = Field(description="of the automation or the workflow, if that is known")
    queue: str | None
    automation: str | None
    workflow: str | None
    step: str
    count: int
    first_at: Moment
    last_at: Moment
    owner: str | None
    muted_until: Moment | None
    resolved_at: Moment | None
    note: str
    runbook_url: str


class GroupOut(ListedOut):
    """The same, with what takes a closer look."""

    open_items: int | None = Field(
        description="items that still stand failed, or wait for a person; 1 001: more than 1 000;"
        " null: it is not about items"
    )
    bots: list[BotOut] = Field(description="most failures first, 50 at most")
    is_data_problem: bool = Field(description="whether it counts as a data problem by a rule")
    retry: RetryOut | None = Field(description="the latest")


class GroupPage(BaseModel):
    items: list[ListedOut]
    next_cursor: str | None


class HappenedOut(BaseModel):
    source: str = Field(description="try, run or incident")
    id: int = Field(description="of the item, the run or the incident")
    number: int | None = Field(alias="try", description="which try at the item")
    at: Moment
    bot: str


class HappenedPage(BaseModel):
    items: list[HappenedOut]
    next_cursor: str | None
