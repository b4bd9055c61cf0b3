"""Applications in each state, limits and freezes, to be looked at on their pages."""

from datetime import timedelta

from apps.accounts.models import Folder
from apps.lib.clock import database_now
from apps.limits.models import Application, Freeze
from apps.queues.models import WorkQueue
from tests.factories_limits import held, make_application, make_freeze, make_limit, opened


def make_limits_to_see(folder: Folder) -> None:
    """Make some of each; the second time nothing."""
    if Application.objects.filter(folder=folder, key="seen").exists():
        return
    queue, _is_new = WorkQueue.objects.get_or_create(
        folder=folder, key="seen-postings", defaults={"title": "Postings"}
    )
    ledger = make_application(
        folder, "seen", title="Ledger", runbook_url="https://wiki.test/ledger"
    )
    queue.applications.add(held(opened(ledger, probe_in=3_600)))
    held(make_application(folder, "seen-held", title="Archive"), seconds=7_200)
    make_limit(folder, "seen-seats", title="Licences", application=ledger, size=3, asset="erp")
    make_limit(folder, "seen-rate", title="Calls", application=ledger, size=60, per_seconds=60)
    queue.limits.add(make_limit(folder, "seen-lock", title="Posting lock"))
    make_freeze(folder, ledger, title="Month end", begins_in=3_600, ends_in=7_200)
    make_freeze(folder, ledger, title="Backup", repeats=Freeze.Repeats.DAILY, reason="Nightly")
    over = database_now() - timedelta(days=1)
    made = make_freeze(folder, ledger, title="Last month")
    Freeze.objects.filter(pk=made.pk).update(starts_at=over - timedelta(hours=2), ends_at=over)
