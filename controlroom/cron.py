"""All that runs by itself, on one page.

Every entry may run in several schedulers at once: it is right by constraints and SKIP LOCKED, not
by being alone. Those that people or bots wait for come first; those that tidy up, and those that
look into folders and mailboxes, run in lanes of their own, so that a long one delays nobody.
"""

from dataclasses import dataclass
from functools import cached_property

from django.utils.module_loading import import_string

MINUTE = 60.0
HOUR = 60 * MINUTE


@dataclass(frozen=True)
class Entry:
    """Something done again and again: `function` is an import path, its result is only logged."""

    function: str
    every_seconds: float
    on_bell: bool = False  # also at once, when somebody rings “scheduler”

    @property
    def name(self) -> str:
        return self.function.removeprefix("apps.").replace(".upkeep.", ".")

    def __call__(self) -> object:
        return self._callable()

    @cached_property
    def _callable(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
        return import_string(self.function)


PROMPT = [
    Entry("apps.queues.upkeep.reap_leases", 1),
    Entry("apps.queues.upkeep.promote_scheduled", 1),
    Entry("apps.queues.upkeep.expire_items", 2),
    Entry("apps.queues.upkeep.fold_counters", 1),
    Entry("apps.queues.upkeep.feed_breakers", 1),
    Entry("apps.queues.allocation.allocate_runs", 1, on_bell=True),
    Entry("apps.triggers.upkeep.look_at_queues", 1, on_bell=True),
    Entry("apps.bots.upkeep.reap_lost_runs", 2),
    Entry("apps.bots.upkeep.follow_the_clock", 1, on_bell=True),
    Entry("apps.bots.upkeep.feed_breakers", 1),
    Entry("apps.bots.upkeep.publish_wanted_slots", 1),
    Entry("apps.bots.upkeep.ring_pending_runs", 5),
    Entry("apps.events.upkeep.sweep_outbox", 2),
    Entry("apps.limits.upkeep.move_on", 1),
    Entry("apps.inbox.upkeep.apply_pending", 1),
    Entry("apps.inbox.upkeep.wake_snoozed", 5),
    Entry("apps.workflows.upkeep.fire_timers", 1),
    Entry("apps.triggers.upkeep.fire_due", 1),
    Entry("apps.triggers.upkeep.look_at_states", 1),
    Entry("apps.alerts.upkeep.look_at_rules", 5),
    Entry("apps.alerts.upkeep.tell", 2),
    Entry("apps.inbox.upkeep.climb_ladders", 5),
    Entry("apps.inbox.upkeep.hand_over", 10),
    Entry("apps.demo.steps.tick_steps", 1),
    Entry("apps.demo.trickle.trickle_invoices", 6),
]

TIDYING = [
    Entry("apps.events.upkeep.make_partitions", HOUR),
    Entry("apps.bots.upkeep.make_partitions", HOUR),
    Entry("apps.assets.upkeep.make_partitions", HOUR),
    Entry("apps.queues.upkeep.make_partitions", HOUR),
    Entry("apps.workflows.upkeep.make_partitions", HOUR),
    Entry("apps.workflows.upkeep.drop_old_messages", 10),
    Entry("apps.events.upkeep.prune", 6 * HOUR),
    Entry("apps.bots.upkeep.judge_canaries", 5),
    Entry("apps.inbox.upkeep.open_missing_tasks", MINUTE),
    Entry("apps.inbox.upkeep.prune_drafts", 6 * HOUR),
    Entry("apps.inbox.upkeep.close_old_looks", HOUR),
    Entry("apps.learning.upkeep.record_missing_verdicts", 10 * MINUTE),
    Entry("apps.learning.upkeep.find_proposals", 5 * MINUTE),
    Entry("apps.forecast.upkeep.renew_forecasts", 15),
    Entry("apps.dashboard.upkeep.record_deadlines", 30),
    Entry("apps.dashboard.upkeep.prune_deadlines", 6 * HOUR),
    Entry("apps.reports.upkeep.record_figures", MINUTE),
    Entry("apps.reports.upkeep.send_due_reports", MINUTE),
    Entry("apps.reports.upkeep.prune_hands", 6 * HOUR),
    Entry("apps.landscape.upkeep.read_diagrams", MINUTE),
    Entry("apps.landscape.upkeep.count_days", 5 * MINUTE),
    Entry("apps.notices.upkeep.prune", 6 * HOUR),
    Entry("apps.operations.upkeep.prune", 6 * HOUR),
    Entry("apps.queues.upkeep.prune_uploads", HOUR),
    Entry("apps.webhooks.upkeep.prune", HOUR),
    Entry("apps.accounts.idempotency.prune_idempotent_calls", 10 * MINUTE),
    Entry("apps.accounts.entry.throttle.prune_entry_counts", 10 * MINUTE),
    Entry("apps.audit.sealing.seal", 10 * MINUTE),
    Entry("apps.ai.upkeep.give_up_lost_calls", MINUTE),
    Entry("apps.ai.upkeep.prune_texts", 6 * HOUR),
    Entry("apps.triggers.upkeep.replan", HOUR),
    Entry("apps.triggers.upkeep.prune", 6 * HOUR),
    Entry("apps.alerts.upkeep.prune", 6 * HOUR),
    Entry("apps.triggers.receiving.upkeep.prune", MINUTE),
    Entry("controlroom.housekeeping.clear_sessions", 6 * HOUR),
]

# A hundred thousand failures take half a minute to be grouped; nobody waits for that
FAILURES = [
    Entry("apps.failures.upkeep.group_failures", 1),
    Entry("apps.failures.upkeep.follow_retries", 1),
    Entry("apps.failures.upkeep.wake_muted", 5),
    Entry("apps.failures.upkeep.make_partitions", HOUR),
]

# A month takes minutes to be written
RETENTION = [Entry("apps.retention.upkeep.keep_to_policies", HOUR)]
# They wait for disks and servers that are not ours
FILES = [Entry("apps.triggers.receiving.upkeep.look_into_folders", 1)]
MAIL = [Entry("apps.triggers.receiving.upkeep.look_into_mailboxes", 5)]
# In a lane of its own: late, it would look as if the control room had died
PINGS = [Entry("apps.alerts.upkeep.ping", 15)]
