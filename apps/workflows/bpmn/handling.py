"""How a user task is handed out, and what happens as time goes by: rpa:handling.

    <rpa:handling team="finance" assignment="round_robin" votes="2" likeStep="enter"
                  notLikeSteps="enter, check" dueSeconds="28800" calendar="office"
                  atRiskShare="0.75" mayBulk="false">
      <rpa:rung do="remind" atShare="0.5" />
      <rpa:rung do="reassign" atShare="1" team="leads" />
      <rpa:rung do="manager" atShare="1.5" />
      <rpa:rung do="decide" atShare="2" decision="reject" />
    </rpa:handling>

Teams and calendars are those of the folder where it runs: who is missing there is shown with the
task, and locks nobody out.
"""

from collections.abc import Sequence
from typing import Any, Final

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _

from . import names, values
from .model import Model
from .parts import Part

ASSIGNMENTS: Final = ("pool", "round_robin", "least_loaded")
RUNGS: Final = ("remind", "reassign", "manager", "decide")
BOOLEANS: Final = ("true", "false")
MAX_VOTES: Final = 50
MAX_SHARE: Final = 100.0
MAX_SECONDS: Final = 999_999_999
MAX_RUNGS: Final = 20
COMPLETE: Final = "complete"


def read_handling(part: Part, model: Model, decisions: Sequence[JsonObject]) -> JsonObject:
    """Return what the diagram says about handing out this user task; {} for nothing."""
    said = part.extension("rpa:handling")
    if said is None:
        return {}
    what = _("How “%(name)s” is handed out") % {"name": part.label}
    found: dict[str, Any] = {
        "team": said.get("team").strip() or None,
        "assignment": values.one_of(said, "assignment", ASSIGNMENTS, what),
        "votes": values.whole(said, "votes", what, least=1, most=MAX_VOTES),
        "like_step": _step(said, said.get("likeStep").strip(), part, model),
        "not_like_steps": _steps(said, part, model),
        "due_seconds": values.whole(said, "dueSeconds", what, least=1, most=MAX_SECONDS),
        "calendar": said.get("calendar").strip() or None,
        "at_risk_share": values.decimal(said, "atRiskShare", what, least=0.01, most=1.0),
        "may_bulk": _boolean(said, "mayBulk", what),
        "ladder": _ladder(said, part, decisions),
    }
    _warn_of_votes(said, found, part)
    return {name: value for name, value in found.items() if value is not None}


def _steps(said: Part, part: Part, model: Model) -> list[str] | None:
    listed = [each.strip() for each in said.get("notLikeSteps").split(",") if each.strip()]
    found = [_step(said, each, part, model) for each in listed]
    return [each for each in found if each] or None


def _step(said: Part, id: str, part: Part, model: Model) -> str | None:
    """Return the id of another user task of this file."""
    if not id:
        return None
    other = model.element(id)
    if other is None or names.split(other.tag)[1] != "userTask":
        said.error(
            _("“%(name)s” names “%(id)s”, which is no user task here.")
            % {"name": part.label, "id": id[:80]},
            _("Write the id of a user task of this diagram."),
        )
        return None
    if id == part.own_id:
        said.error(
            _("“%(name)s” names itself as an earlier step.") % {"name": part.label},
            _("Write the id of a user task that comes before it."),
        )
        return None
    return id


def _boolean(said: Part, attribute: str, what: str) -> bool | None:
    text = values.one_of(said, attribute, BOOLEANS, what)
    return None if text is None else text == "true"


def _ladder(said: Part, part: Part, decisions: Sequence[JsonObject]) -> list[JsonObject] | None:
    rungs = list(said.children("rpa:rung"))
    if len(rungs) > MAX_RUNGS:
        said.error(
            _("“%(name)s” has more than %(n)d rungs.") % {"name": part.label, "n": MAX_RUNGS},
            _("Leave some out."),
        )
    read = [_rung(each, part, decisions) for each in rungs[:MAX_RUNGS]]
    return [each for each in read if each is not None] or None


def _rung(rung: Part, part: Part, decisions: Sequence[JsonObject]) -> JsonObject | None:
    what = _("A rung of “%(name)s”") % {"name": part.label}
    do = values.one_of(rung, "do", RUNGS, what)
    if do is None:
        if not rung.get("do"):
            words = {"what": what, "allowed": ", ".join(RUNGS)}
            rung.error(_("%(what)s says not what to do.") % words,
                _("Set “do” to one of: %(allowed)s.") % words)  # fmt: skip
        return None
    share = values.decimal(rung, "atShare", what, least=0.01, most=MAX_SHARE)
    seconds = values.whole(rung, "afterSeconds", what, least=1)
    if bool(rung.get("atShare")) == bool(rung.get("afterSeconds")):
        rung.error(
            _("%(what)s needs a time, and one only.") % {"what": what},
            _("Set either atShare (of the time until it is due) or afterSeconds."),
        )
    _check_words(rung, do, what, decisions)
    return {
        "do": do,
        "at_share": share,
        "after_seconds": seconds,
        "team": rung.get("team").strip(),
        "decision": rung.get("decision").strip(),
    }


def _check_words(rung: Part, do: str, what: str, decisions: Sequence[JsonObject]) -> None:
    decision = rung.get("decision").strip()
    known = [str(each["key"]) for each in decisions] or [COMPLETE]
    words = {"what": what, "do": do, "decision": decision[:60], "known": ", ".join(known)}
    if do == "decide" and decision not in known:
        rung.error(
            _("%(what)s takes the decision “%(decision)s”, which the task does not offer.") % words,
            _("It offers: %(known)s.") % words,
        )
    if decision and do != "decide":
        rung.error(_("%(what)s does “%(do)s” and names a decision.") % words,
            _("Remove the decision, or set do to decide."))  # fmt: skip
    if rung.get("team").strip() and do != "reassign":
        rung.error(_("%(what)s does “%(do)s” and names a team.") % words,
            _("Remove the team, or set do to reassign."))  # fmt: skip


def _warn_of_votes(said: Part, found: dict[str, Any], part: Part) -> None:
    """Several must agree: nobody gets it alone."""
    if (found["votes"] or 1) > 1 and found["assignment"] in ("round_robin", "least_loaded"):
        said.warn(
            _("“%(name)s” needs several people, so it is not handed to one of them.")
            % {"name": part.label},
            _("Leave out the assignment."),
        )
