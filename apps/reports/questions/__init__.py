"""The reports there are: one for each question that people ask."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.reports.figures import Asked
from apps.reports.shapes import Report

from .ai import ai
from .bots import bots
from .causes import causes
from .items import straight_through
from .people import people
from .savings import savings
from .service import service

__all__ = ["QUESTIONS", "Question"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    key: str
    title: str | Promise
    asks: str | Promise
    answer: Callable[[Asked], Report]


QUESTIONS: Final[dict[str, Question]] = {
    each.key: each
    for each in (
        Question(
            key="straight-through",
            title=_("Straight-through"),
            asks=_("How much goes through without a person?"),
            answer=straight_through,
        ),
        Question(
            key="people",
            title=_("People's minutes"),
            asks=_("How much time do people spend on decisions?"),
            answer=people,
        ),
        Question(
            key="causes",
            title=_("Causes"),
            asks=_("What goes wrong, and how often?"),
            answer=causes,
        ),
        Question(
            key="service",
            title=_("Service levels"),
            asks=_("Is work done when it is due?"),
            answer=service,
        ),
        Question(
            key="bots",
            title=_("Use of bots"),
            asks=_("How busy are the bots, and with what?"),
            answer=bots,
        ),
        Question(
            key="savings",
            title=_("Savings"),
            asks=_("What does it save, in time and money?"),
            answer=savings,
        ),
        Question(
            key="ai",
            title=_("AI accuracy"),
            asks=_("How often is AI right, and what does it cost?"),
            answer=ai,
        ),
    )
}
