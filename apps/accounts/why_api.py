"""What the API's calls `…/why` answer."""

from pydantic import BaseModel, Field

from apps.lib.http import Moment


class LinkOut(BaseModel):
    title: str
    url: str = Field(description="its page; empty if it has none")


class ActOut(BaseModel):
    """What would help: an address of a page, not of this API."""

    label: str
    url: str
    method: str = Field(description="GET: a page where it is done; POST: done at once")
    fields: dict[str, str] = Field(description="what the POST takes")
    allowed: bool = Field(description="whether whoever asks may do it")
    who: str = Field(description="who may, in words; empty: everybody who sees it")


class BlockerOut(BaseModel):
    """One thing in the way."""

    code: str = Field(description="for programs: no_bot, queue_paused, limit, …; see docs/why.md")
    sentence: str
    next: str = Field(description="what happens then")
    at: Moment | None = Field(description="when, null if nobody knows")
    is_usual: bool = Field(description="the ordinary course of things: nobody need do anything")
    about: list[LinkOut]
    act: ActOut | None


class WhyOut(BaseModel):
    """Why something waits, as of now; computed anew with each call."""

    is_waiting: bool = Field(description="false: it runs or is over")
    blockers: list[BlockerOut]
    waits_for: list[LinkOut]
    eta: Moment | None = Field(description="about when it begins, null if nobody knows")
