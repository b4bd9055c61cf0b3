"""Every way a work item moves from place to place. Nothing else writes a place row.

            add ──► ready | scheduled ──lease──► leased ──finish──► ended (successful, failed, …)
                        ▲                          │ ├──retry──► scheduled ──promote──► ready
                        └────release, loss─────────┘ └──► parked (needs_decision)
    people: ready | scheduled ──hold──► parked (on_hold) ──resume──► ready
            parked | scheduled ──retry──► ready ; ended ──reopen──► ready | parked (act in doubt)
            ready | scheduled | ended ──recall──► parked (a decision is taken back)
            ready | scheduled | parked ──skip, cancel, reject, complete by hand──► ended
            parked ──accept output──► ended ; parked ──answer──► ready
    owners: ready | scheduled | parked | leased ──withdraw──► ended ──reopen──► ready | parked

The statements are in `apps.queues.statements`, the decisions in `apps.queues.engine`.
"""

from apps.queues.exceptions import DuplicateReferenceError, LeaseLostError

from .adding import add_item, add_items, add_unread, note_past_references
from .answering import accept_output, answer_item, forget_answer
from .effects import begin_effect, end_effect, forget_effect
from .finishing import finish_and_lease, finish_items, take_turn
from .leasing import lease_items, prepare_for_draining, record_progress, renew_leases
from .owning import add_owned_items, cancel_owned, owned_items, reopen_owned, withdraw_items
from .people import (
    cancel_item,
    complete_by_hand,
    edit_item,
    hold_item,
    reject_item,
    reopen_item,
    resume_item,
    retry_item,
    settle_effect,
    skip_item,
)
from .queues import pause_queue, resume_queue
from .recalling import Wait, recall_item
from .values import (
    Added,
    AddedOwned,
    EffectAnswer,
    Finished,
    Hold,
    LeasedItem,
    NewItem,
    Owner,
    OwnerPolicy,
    Refusal,
    Rejected,
    Renewed,
    Result,
    Turn,
    Wanted,
)

__all__ = [
    "Added",
    "AddedOwned",
    "DuplicateReferenceError",
    "EffectAnswer",
    "Finished",
    "Hold",
    "LeaseLostError",
    "LeasedItem",
    "NewItem",
    "Owner",
    "OwnerPolicy",
    "Refusal",
    "Rejected",
    "Renewed",
    "Result",
    "Turn",
    "Wait",
    "Wanted",
    "accept_output",
    "add_item",
    "add_items",
    "add_owned_items",
    "add_unread",
    "answer_item",
    "begin_effect",
    "cancel_item",
    "cancel_owned",
    "complete_by_hand",
    "edit_item",
    "end_effect",
    "finish_and_lease",
    "finish_items",
    "forget_answer",
    "forget_effect",
    "hold_item",
    "lease_items",
    "note_past_references",
    "owned_items",
    "pause_queue",
    "prepare_for_draining",
    "recall_item",
    "record_progress",
    "reject_item",
    "renew_leases",
    "reopen_item",
    "reopen_owned",
    "resume_item",
    "resume_queue",
    "retry_item",
    "settle_effect",
    "skip_item",
    "take_turn",
    "withdraw_items",
]
