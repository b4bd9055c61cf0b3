"""Something to look at on every page of what decisions teach."""

import random

from apps.accounts.models import Folder, User
from apps.events.bus import deliver_outbox
from apps.learning.lifecycle import propose_for
from apps.learning.models import Proposal
from tests.inbox.rows import make_queue
from tests.learning.decided import (
    accept,
    leave_out,
    open_tasks,
    people_decide_by_vendor,
    reject,
)
from tests.learning.rows import make_gate, make_predictions, make_verdicts
from tests.learning.synthetic import MODELS, World


def make_learnt(folder: Folder, users: list[User]) -> None:
    """Make a gate with verdicts, a proposal, and a rule that somebody contradicted."""
    gate = make_gate(folder, key="learnt", title="Learnt invoices")
    rng = random.Random(1)
    for field, name in (("total", "modest"), ("lines.*.centre", "boastful")):
        looks = World(MODELS[name], share=0.1).looks(rng, 1_500)
        make_verdicts(gate, [(look.confidence, look.is_right) for look in looks], field=field)
    make_predictions(gate, [{"total": k / 100} for k in range(100)])
    queue = make_queue(folder, key="learnt")
    people_decide_by_vendor(queue, users)
    first = open_tasks(queue, [900])[0]
    propose_for(folder.pk, first.alike)
    rule = accept(
        Proposal.objects.get(folder=folder, decision="leave_out", status="open"),
        users[0].actor,
        sample_share=1.0,
    )
    for number, task in enumerate(open_tasks(queue, range(901, 904))):
        (leave_out if number else reject)(task, users[0].actor)
    deliver_outbox()
    rule.refresh_from_db()
