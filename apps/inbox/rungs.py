"""What a ladder may say, checked before it is kept; and rules in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.errors import FieldProblem
from apps.lib.json import JsonObject

from .decisions import OFFERED
from .handling import Rung, rungs_of
from .ladder import words_of_rung
from .models import HandlingRule, UserTask

MAX_RUNGS = 20
MAX_SHARE = 100.0
MAX_SECONDS = 2_147_483_647
DOES = ("remind", "reassign", "manager", "decide")
# what these offer is said by who asks, not by their kind
OF_THEIR_OWN = frozenset({"form", "question", "approval"})


def ladder_problems(ladder: Sequence[Any], *, kind: str, teams: set[str]) -> list[FieldProblem]:
    """Return what is wrong with a ladder; `teams` are the keys of the folder's teams."""
    if len(ladder) > MAX_RUNGS:
        return [FieldProblem("ladder", _("has more than %(n)d rungs") % {"n": MAX_RUNGS})]
    found = []
    for n, rung in enumerate(ladder):
        problem = _problem_of(rung, kind, teams) if isinstance(rung, Mapping) else _("is none")
        if problem:
            found.append(FieldProblem(f"ladder.{n}", problem))
    return found


def _problem_of(rung: Mapping[str, Any], kind: str, teams: set[str]) -> str:
    do = rung.get("do")
    if do not in DOES:
        return _("must do one of: %(known)s") % {"known": ", ".join(DOES)}
    return _time_problem(rung) or _words_problem(rung, str(do), kind, teams)


def _time_problem(rung: Mapping[str, Any]) -> str:
    share, seconds = rung.get("at_share"), rung.get("after_seconds")
    if (share is None) == (seconds is None):
        return _("needs either a share of the time or seconds")
    if share is not None and not 0 < share <= MAX_SHARE:
        return _("must have a share that is more than 0")
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        return _("must have seconds that are more than 0")
    return ""


def _words_problem(rung: Mapping[str, Any], do: str, kind: str, teams: set[str]) -> str:
    team, decision = rung.get("team") or "", rung.get("decision") or ""
    if team and do != "reassign":
        return _("names a team, which only handing on does")
    if team and team not in teams:
        return _("names the team “%(team)s”, which is not here") % {"team": team[:60]}
    if decision and do != "decide":
        return _("names a decision, which only deciding does")
    return _decision_problem(decision, kind) if do == "decide" else ""


def _decision_problem(decision: str, kind: str) -> str:
    if not decision:
        return _("needs a decision to take")
    offered = OFFERED.get(kind, ())
    if kind in OF_THEIR_OWN or not offered or decision in {each.key for each in offered}:
        return ""
    known = ", ".join(each.key for each in offered)
    return _("takes a decision that such tasks don't offer; they offer: %(known)s") % {
        "known": known
    }


def plain_rung(rung: Mapping[str, Any]) -> JsonObject:
    """Return a rung as rules keep it."""
    return {
        "do": rung["do"],
        "at_share": rung.get("at_share"),
        "after_seconds": rung.get("after_seconds"),
        "team": rung.get("team") or "",
        "decision": rung.get("decision") or "",
    }


def matches_in_words(rule: HandlingRule) -> str:
    """Return which tasks the rule is for."""
    said = [
        str(UserTask.Kind(rule.kind).label) if rule.kind in UserTask.Kind.values else "",
        _("of the queue “%(queue)s”") % {"queue": rule.queue.title} if rule.queue else "",
        _("of the workflow “%(key)s”") % {"key": rule.workflow} if rule.workflow else "",
        _("at the step “%(id)s”") % {"id": rule.step} if rule.step else "",
        _("with the code “%(code)s”") % {"code": rule.code} if rule.code else "",
    ]
    return " ".join(each for each in said if each) or _("every task")


def due_in_words(rule: HandlingRule) -> str:
    if rule.due_seconds is None:
        return _("when its item or its step is due")
    amount = span_in_words(rule.due_seconds)
    if rule.calendar is None:
        return amount
    return _("%(span)s by the calendar “%(calendar)s”") % {
        "span": amount,
        "calendar": rule.calendar.title,
    }


def rungs_in_words(ladder: Sequence[Any]) -> list[str]:
    """Return each rung as “at 50 % of the time: remind whoever has it”."""
    return [
        _("%(when)s: %(what)s") % {"when": _when(rung), "what": words_of_rung(rung)}
        for rung in rungs_of(ladder)
    ]


def span_in_words(seconds: int) -> str:
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    minutes = seconds // 60
    if seconds % 60 == 0:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


def _when(rung: Rung) -> str:
    if rung.at_share is not None:
        return _("at %(n)s %% of the time") % {"n": f"{rung.at_share * 100:g}"}
    return _("after %(span)s") % {"span": span_in_words(rung.after_seconds or 0)}
