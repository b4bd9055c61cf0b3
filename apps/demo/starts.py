"""What the demo starts by itself: a trigger of each kind, none of them louder than once a day."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM, Actor
from apps.triggers.lifecycle import fire_now, pause_trigger, resume_trigger, save_trigger
from apps.triggers.models import Trigger
from apps.triggers.receiving.signing import replace_secret

from .bounds import WORKING_DAYS
from .drawn import STATEMENTS
from .intake import QUEUE_KEY
from .making import make_vendors
from .portal.automations import CHECKS
from .trickle import SEED

BERLIN: Final = {"zone": "Europe/Berlin"}
HERE: Final = {"zone": settings.ORGANISATION_TIME_ZONE}
ON_WORKING_DAYS: Final = {"calendar": WORKING_DAYS, "on_closed": Trigger.OnClosed.SKIP.value}
TO_SUPERVISORS: Final = {"type": "alert", "to": "supervisors"}
ROUND, EXPECTED, WEBHOOK = "vendor-round", "vendors-by-seven", "vendor-changed"
IN_A_ROUND = 8
N_UNDECIDED = 25

STATEMENTS_OF_A_MONTH: Final = {"type": "workflow", "key": STATEMENTS, "variables": {"month": ""}}
CHECK_VENDORS: Final = {"type": "run", "automation": "vendors-check"}
LAST_WORKING_DAY: Final = {"calendar": WORKING_DAYS, "on_closed": Trigger.OnClosed.PREVIOUS.value}


def _vendors_to_check() -> dict[str, Any]:
    """The vendors that we order from most are asked about again and again."""
    names = [each.known.name for each in make_vendors(seed=SEED)[:IN_A_ROUND]]
    items = [{"payload": {"vendor": name}, "reference": name} for name in names]
    return {"type": "items", "queue": CHECKS, "items": items}


STARTS: Final[Mapping[str, dict[str, Any]]] = {
    "morning-statements": {
        "title": _("Statements each morning"),
        "rule": {"type": "cron", "cron": "0 7 * * 1-5", **BERLIN},
        "target": STATEMENTS_OF_A_MONTH,
    },
    "friday-statements": {
        "title": _("Statements every second Friday"),
        "rule": {
            "type": "recurring", "freq": "weekly", "interval": 2, "weekdays": ["fri"],
            "times": ["16:00"], **BERLIN,
        },
        "target": STATEMENTS_OF_A_MONTH,
    },
    "printed-statements": {
        "title": _("Printed statements at the end of the month"),
        "rule": {
            "type": "recurring", "freq": "monthly", "month_days": [-1], "times": ["15:00"], **HERE,
        },
        "target": {"type": "run", "automation": "statements-print"},
        **LAST_WORKING_DAY,
    },
    ROUND: {
        "title": _("Ask about eight vendors"),
        "rule": {"type": "cron", "cron": "*/30 * * * *", **HERE},
        "target": _vendors_to_check(),
        "missed": Trigger.Missed.DROP.value,
    },
    "vendor-checks": {
        "title": _("Vendors to check wait"),
        "kind": Trigger.Kind.QUEUE.value,
        "rule": {"queue": CHECKS, "min_items": 4, "items_per_start": 8, "oldest_seconds": 900},
        "target": CHECK_VENDORS,
    },
    "vendor-checks-left": {
        "title": _("Vendors left to check"),
        "rule": {"type": "cron", "cron": "45 6,11,16 * * 1-5", **HERE},
        "target": CHECK_VENDORS,
        **ON_WORKING_DAYS,
    },
    EXPECTED: {
        "title": _("Vendor checks by seven"),
        "kind": Trigger.Kind.EXPECTED.value,
        "rule": {
            "type": "cron", "cron": "0 7 * * 1-5", **HERE,
            "expects": {"items": {"queue": CHECKS, "at_least": IN_A_ROUND}},
        },
        "target": {**TO_SUPERVISORS, "title": _("No vendors were checked this morning")},
        # a machine that slept at seven has nothing to complain about later
        "missed": Trigger.Missed.DROP.value,
        **ON_WORKING_DAYS,
    },
    "many-questions": {
        "title": _("People have too much to decide"),
        "kind": Trigger.Kind.STATE.value,
        "rule": {
            "all": [
                {
                    "metric": "queue.needs_decision", "queue": QUEUE_KEY, "op": ">=",
                    "value": N_UNDECIDED,
                },
            ],
            "for_seconds": 120, "once_per": "business_date", **HERE,
        },
        "target": {**TO_SUPERVISORS, "title": _("Many invoices wait for a decision")},
    },
    WEBHOOK: {
        "title": _("The portal tells of a change"),
        "kind": Trigger.Kind.EVENT.value,
        "rule": {"source": "webhook"},
        "target": {
            "type": "items", "queue": CHECKS,
            "items": [{"payload": {"vendor": "{event.body.vendor}"}, "priority": 70}],
        },
    },
}  # fmt: skip
# these bring something in, or complain when nothing came in
WITH_THE_TRICKLE: Final = (ROUND, EXPECTED)
PAUSED_BECAUSE: Final = _("Nothing comes in by itself.")


def set_up_triggers(folder: Folder) -> None:
    """Make the triggers that the folder lacks; those that people have changed stay as they are."""
    known = set(Trigger.objects.filter(folder=folder).values_list("key", flat=True))
    for key, said in STARTS.items():
        if key in known:
            continue
        trigger = save_trigger(folder, key, _in_words(said), by=SYSTEM).trigger
        if key == WEBHOOK:
            # it has its address from then on; who wants to call it asks for a secret of their own
            replace_secret(trigger, by=SYSTEM)


def start_first_round(folder: Folder) -> None:
    """Let the first vendors be asked about now, so that nobody has to wait for half an hour."""
    trigger = Trigger.objects.filter(folder=folder, key=ROUND).first()
    if trigger is not None and not trigger.firings.exists():
        fire_now(trigger, by=SYSTEM)


def follow_trickle(folder: Folder, *, is_on: bool, by: Actor) -> None:
    """Pause what brings vendors in while nothing is to come in by itself, and let it go on again.

    What people paused for a reason of their own stays so.
    """
    reason = str(PAUSED_BECAUSE)
    for trigger in Trigger.objects.filter(folder=folder, key__in=WITH_THE_TRICKLE):
        if is_on and trigger.status == Trigger.Status.PAUSED and trigger.reason == reason:
            resume_trigger(trigger, by=by)
        elif not is_on and trigger.status == Trigger.Status.ENABLED:
            pause_trigger(trigger, by=by, reason=reason)


def _in_words(said: dict[str, Any]) -> dict[str, Any]:
    """Say titles in the language of who loads the demo."""
    target = said["target"]
    if "title" in target:
        target = {**target, "title": str(target["title"])}
    return {**said, "title": str(said["title"]), "target": target}
