"""How an agent's work ends: with a result, at a limit, or with a person in its place."""

from typing import NoReturn

from django.utils.translation import gettext as _

from apps.ai.answers import leaves
from apps.ai.extracting import source_in_words
from apps.ai.lifecycle.agents import OPEN, end_run, set_waiting
from apps.ai.models import AgentRun
from apps.bots.asking import MAX_FIELD, MAX_FIELDS
from apps.bots.exceptions import ApplicationException, BusinessException
from apps.lib.json import JsonObject

from .engine import Finish, GiveUp
from .job import Job

Status = AgentRun.Status
ENTER, AGAIN = "enter", "again"


def entered_by_person(job: Job) -> JsonObject | None:
    """Return the result that a person gave in the agent's place, if the last answer was that."""
    answers = [each for key, each in job.item.answers.items() if key.startswith(_stopped_key(job))]
    if not answers or answers[-1].decision != ENTER:
        return None
    values = dict(answers[-1].values)
    if job.run.status in OPEN:
        outcome = _("%s gave the result.") % answers[-1].by
        end_run(job.run, Status.FINISHED, attempt=job.item.attempt, outcome=outcome, output=values)
    return values


def person_takes_over(job: Job, why: str) -> NoReturn:
    """Ask a person for the result, or to let the agent try again."""
    n_asked = sum(key.startswith(_stopped_key(job)) for key in job.item.answers)
    set_waiting(job.run, waits=True)
    job.item.ask(
        f"{_stopped_key(job)}{n_asked + 1}",
        title=_("Do the work in the agent's place"),
        text=why,
        form=job.result_schema,
        decisions=[
            {"key": ENTER, "title": _("Use this result")},
            {"key": AGAIN, "title": _("Let the agent go on"), "takes_values": False},
        ],
    )
    raise ApplicationException(why)  # pragma: no cover - `ask` does not return for a new key


def _stopped_key(job: Job) -> str:
    return f"agent-{job.run.pk}-stopped-"


def finish(job: Job, action: Finish) -> JsonObject:
    if job.run.status in OPEN:
        end_run(job.run, Status.FINISHED, attempt=job.item.attempt, output=action.values)
    frame = job.run.frame
    for path, value in list(leaves(action.values))[:MAX_FIELDS]:
        if len(path) <= MAX_FIELD:
            sure = action.confidences[path]
            job.item.predict(
                path,
                value,
                confidence=sure.confidence,
                source=source_in_words(sure, {}),
                model=frame["model"],
                model_version=frame["model_version"],
                prompt=f"{job.prompt} v{frame['version']}",
            )
    return action.values


def give_up(job: Job, action: GiveUp) -> NoReturn:
    limits = job.frame.limits
    words = {
        "": _("The agent got nowhere: it only talks."),
        "steps": _("The agent is over its limit of %d steps.") % limits.max_steps,
        "seconds": _("The agent is over its limit of %d seconds at work.") % limits.max_seconds,
        "cost": _("The agent is over its limit of cost, %s.") % limits.max_cost,
        "tokens": _("The agent is over its limit of %d tokens.") % limits.max_tokens,
    }
    message = words[action.limit]
    status = Status.OVER_LIMIT if action.limit else Status.GAVE_UP
    if job.run.status in OPEN:
        end_run(job.run, status, attempt=job.item.attempt, outcome=message)
    raise BusinessException(message, code=f"agent_{action.limit or 'nowhere'}")
