"""Canaries: a new version takes a share of the runs until it is known to be as good, or worse."""

import random
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.accounts.watchers import watchers_of
from apps.bots.comparing import MIN_TRIES, Tally, Verdict, compare
from apps.bots.exceptions import NoCanaryError
from apps.bots.models import Automation, AutomationVersion, Canary
from apps.bots.registry import Registered, registered_automations
from apps.events import bus
from apps.events.models import Event
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify

from .tallying import sum_up, tallies_of

Outcome = Canary.Outcome
MAX_SHARE: Final = 0.9
NOTICE: Final = "canary"


def draw_version(version: AutomationVersion) -> AutomationVersion:
    """Return the version that the next run takes: `version`, or its canary by its share."""
    canary = (
        Canary.objects.filter(automation=version.automation_id, outcome=Outcome.TRIED)
        .select_related("version__automation__pool")
        .first()
    )
    if canary is None or random.random() >= canary.share:  # noqa: S311 - no secret
        return version
    drawn: AutomationVersion = canary.version
    return drawn


def functions_to_try(automation: Automation) -> list[Registered]:
    """Return the functions on this machine that may be tried in place of the one that runs.

    Examples only in place of examples: nobody posts invoices with “Do nothing”.
    """
    version = automation.current_version
    runs = version.function if version else ""
    examples = {each.name for each in registered_automations() if each.is_example}
    return [
        each
        for each in registered_automations()
        if each.kind == automation.kind
        and each.name != runs
        and (not each.is_example or runs in examples)
    ]


@transaction.atomic
def begin_canary(
    automation: Automation,
    function: str,
    *,
    share: float,
    promote_after: int | None = None,
    by: Actor,
) -> Canary:
    """Let `function` take a share of the runs from now on.

    Raises InvalidError naming the field, ConflictError while another one is tried.
    """
    automation = _locked(automation)
    released = automation.current_version
    registered = _checked(automation, function, share, promote_after)
    if released is None:
        raise ConflictError(_("This automation has no version that could be compared with."))
    if _tried(automation) is not None:
        raise ConflictError(_("A new version is being tried already: stop that first."))
    last = automation.versions.aggregate(last=Max("number"))["last"] or 0
    version = AutomationVersion.objects.create(
        automation=automation,
        number=last + 1,
        function=registered.name,
        fingerprint=registered.fingerprint,
    )
    Automation.objects.filter(pk=automation.pk).update(released_version=released)
    canary = Canary.objects.create(
        automation=automation,
        version=version,
        released=released,
        share=share,
        promote_after=promote_after,
        by=by.name[:150],
    )
    canary.refresh_from_db()
    _record("canary_began", canary, by, {"share": round(100 * share)})
    return canary


def promote_canary(automation: Automation, *, by: Actor) -> Canary:
    """Let the version that is tried take over. Raises NoCanaryError."""
    return _end(automation, Outcome.PROMOTED, by=by)


def stop_canary(automation: Automation, *, by: Actor, reason: str = "") -> Canary:
    """End the trial; the version before goes on alone. Raises NoCanaryError."""
    return _end(automation, Outcome.STOPPED, by=by, reason=reason)


def judge_canaries() -> list[int]:
    """Roll back canaries that are worse, promote those that were asked to; return which ended."""
    ended = []
    for canary in Canary.objects.filter(outcome=Outcome.TRIED).select_related("automation"):
        sum_up(canary)
        verdict = _judge(canary)
        if verdict.word != "open":
            ended.append(canary.pk)
    return ended


def _judge(canary: Canary) -> Verdict:
    tried, released = tallies_of(canary)
    verdict = compare(tried, released, n_judged=canary.n_judged, promote_after=canary.promote_after)
    if verdict.word == "open":
        if verdict.chance is not None:
            Canary.objects.filter(pk=canary.pk).update(n_judged=tried.n)
        return verdict
    outcome = Outcome.ROLLED_BACK if verdict.word == "worse" else Outcome.PROMOTED
    try:
        _end(canary.automation, outcome, reason=_reason(verdict, tried, released), by=SYSTEM)
    except NoCanaryError:
        # another scheduler, or a person, was quicker
        return Verdict(word="open")
    return verdict


def _reason(verdict: Verdict, tried: Tally, released: Tally) -> str:
    words = {
        "failed": tried.n_failed,
        "n": tried.n,
        "others_failed": released.n_failed,
        "others": released.n,
    }
    said = _("%(failed)d of its %(n)d tries failed")
    before = _("of the version before %(others_failed)d of %(others)d")
    return f"{said % words}; {before % words}."


@transaction.atomic
def _end(automation: Automation, outcome: Canary.Outcome, *, by: Actor, reason: str = "") -> Canary:
    automation = _locked(automation)
    canary = _tried(automation)
    if canary is None:
        raise NoCanaryError(_("No new version is being tried."))
    Canary.objects.filter(pk=canary.pk, outcome=Outcome.TRIED).update(
        outcome=outcome, reason=reason[:500], ended_at=Now(), ended_by=by.name[:150]
    )
    if outcome == Outcome.PROMOTED:
        Automation.objects.filter(pk=automation.pk).update(
            released_version=canary.version, function=canary.version.function
        )
    canary.refresh_from_db()
    event = _record(f"canary_{outcome.value}", canary, by, {"reason": reason} if reason else {})
    if by.kind == "system":
        _tell(canary, event)
    return canary


def _tell(canary: Canary, event: Event) -> None:
    """Tell those who watch over the folder what happened without a person."""
    automation, words = canary.automation, {"title": canary.automation.title}
    title = _("A new version of “%(title)s” was rolled back") % words
    if canary.outcome == Outcome.PROMOTED:
        title = _("A new version of “%(title)s” took over") % words
    notify(
        watchers_of(automation.folder_id),
        NOTICE,
        title=title,
        body=canary.reason,
        url=_page_of(automation),
        folder_id=automation.folder_id,
        subject=("automation", automation.pk),
        key=f"{NOTICE}:{event.id}",
    )


def _page_of(automation: Automation) -> str:
    """Return the address of its page; "" in processes that have no pages."""
    try:
        return reverse("bot_settings:edit", args=["automation", automation.pk])
    except NoReverseMatch:
        return ""


def _locked(automation: Automation) -> Automation:
    found: Automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    return found


def _tried(automation: Automation) -> Canary | None:
    found: Canary | None = (
        Canary.objects.filter(automation=automation, outcome=Outcome.TRIED)
        .select_related("version", "released", "automation__folder")
        .first()
    )
    return found


def _checked(
    automation: Automation, function: str, share: float, promote_after: int | None
) -> Registered:
    problems: list[FieldProblem] = []
    known = {each.name: each for each in functions_to_try(automation)}
    if function not in known:
        problems.append(FieldProblem("function", _functions_message(list(known))))
    if not 0 < share <= MAX_SHARE:
        problems.append(FieldProblem("share", _("must be above 0 and at most 90 percent")))
    if promote_after is not None and not MIN_TRIES <= promote_after <= 1_000_000:
        message = _("must be a number from %(n)d to 1000000") % {"n": MIN_TRIES}
        problems.append(FieldProblem("promote_after", message))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    return known[function]


def _functions_message(names: Sequence[str]) -> str:
    if not names:
        return _("no other function of this kind is installed here")
    return _("must be one of: %s") % ", ".join(sorted(names))


def _record(verb: str, canary: Canary, by: Actor, data: JsonObject) -> Event:
    automation = canary.automation
    return bus.publish(
        f"automation.{verb}",
        subject=("automation", automation.pk),
        folder_id=automation.folder_id,
        by=by,
        data={
            "title": automation.title,
            "version": canary.version.number,
            "function": canary.version.function,
            **data,
        },
        topics=["bots"],
    )
