"""What lies with people who are away now goes to those who stand in for them."""

from django.db import transaction

from apps.accounts.absences import away_now, present_for
from apps.accounts.models import User
from apps.inbox.candidates import did_earlier_step
from apps.inbox.crew import Crew
from apps.inbox.models import UserTask
from apps.inbox.telling import tell_assigned
from apps.lib.actors import SYSTEM
from apps.lib.json import JsonObject

from .locks import lock_task, pending_of
from .recording import record_event

HANDED_OVER = "user_task.handed_over"
MAX_TASKS = 500


def hand_over_absent(limit: int = MAX_TASKS) -> int:
    """Hand open tasks of absent people to their deputies; return how many went over.

    Each leaves an event. What a deputy may not decide, or did an earlier step of, stays. It also
    stays with the deputy when the absence ends. Called again, it finds nothing left to do.
    """
    away = away_now()
    pairs = {user_id: present_for(user_id, away) for user_id in away}
    waiting = UserTask.objects.open().filter(assignee__in=[each for each in pairs if pairs[each]])
    folders = list(waiting.order_by().values_list("folder_id", flat=True).distinct())
    crew = Crew(folders)
    n = 0
    for user_id, deputy_id in sorted(pairs.items()):
        if deputy_id is not None and deputy_id != user_id and n < limit:
            n += _hand_over(user_id, deputy_id, [f for f in folders if crew.may(f, deputy_id)],
                limit - n)  # fmt: skip
    return n


def _hand_over(user_id: int, deputy_id: int, folders: list[int], limit: int) -> int:
    mine = UserTask.objects.open().filter(assignee=user_id, folder__in=folders)
    mine = mine.exclude(excluded__contains=[deputy_id]).filter(pending_decision=None)
    numbers = list(mine.order_by("urgent_at").values_list("pk", flat=True)[:limit])
    if not numbers:
        return 0
    people = User.objects.in_bulk([user_id, deputy_id])
    done = [
        task
        for pk in numbers
        if (task := _move(pk, people[user_id], people[deputy_id])) is not None
    ]
    with transaction.atomic():
        tell_assigned(deputy_id, done)
    return len(done)


@transaction.atomic
def _move(pk: int, person: User, deputy: User) -> UserTask | None:
    task = lock_task(pk)
    if not task.is_open or task.assignee_id != person.pk or pending_of(task) is not None:
        return None
    if did_earlier_step(task, deputy.pk):
        return None
    UserTask.objects.filter(pk=pk).update(assignee=deputy.pk, working_by=None, working_until=None)
    task.assignee = deputy
    data: JsonObject = {
        "from": person.name,
        "from_id": person.pk,
        "to": deputy.name,
        "to_id": deputy.pk,
    }
    record_event(HANDED_OVER, task, SYSTEM, data)
    return task
