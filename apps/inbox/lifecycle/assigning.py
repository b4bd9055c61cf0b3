"""Handing out new tasks: whose they are, when they are due, what happens if nobody comes.

What a diagram says wins, piece by piece; the rest is said by the first rule of the folder that
matches. A task keeps a copy of what held when it was opened.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from django.db import connection
from django.db.models import F, Func, Value

from apps.calendars.hours import ALWAYS, Hours
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.events.bus import announce
from apps.events.live import nudge
from apps.inbox.candidates import TEAM, Directory
from apps.inbox.crew import Crew
from apps.inbox.handling import AT_RISK_SHARE, Handling, Said, handling_of, rungs_of, said_of
from apps.inbox.models import HandlingRule, UserTask, Vote
from apps.inbox.timetable import timetable
from apps.lib.clock import database_now

from .turns import Turns

OPENED = "user_task.opened"
Assignment = HandlingRule.Assignment


def open_prepared(tasks: Sequence[UserTask]) -> list[UserTask]:
    """Hand out these tasks, put in those that are not there yet, and tell who has them now.

    In the caller's transaction. Returns the new ones: somebody else may be opening the same.
    """
    prepare(tasks)
    new = insert(tasks)
    opened(new)
    return new


def prepare(tasks: Sequence[UserTask]) -> None:
    """Fill in how each of these new tasks is handed out, with few statements for all.

    Before they are inserted. `handling` may hold what a diagram says (handling.Said), `offered_to`
    tokens, `assignee` and `due_at` what their maker knows: all of it wins over the rules.
    """
    if tasks:
        desk = _Desk(tasks)
        for task in tasks:
            desk.prepare(task)
        desk.turns.save()


def insert(tasks: Sequence[UserTask]) -> list[UserTask]:
    """Insert those that are not there yet; return them, with their numbers."""
    if not tasks:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [UserTask._meta.db_table, len(tasks)],
        )
        for task, (number,) in zip(tasks, cursor.fetchall(), strict=True):
            task.pk = number
    UserTask.objects.bulk_create(tasks, ignore_conflicts=True)
    wanted = [task.pk for task in tasks]
    there = set(UserTask.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return [task for task in tasks if task.pk in there]


def opened(tasks: Sequence[UserTask]) -> None:
    """Say that these tasks are open: subscribers tell people, see inbox/telling.py."""
    if tasks:
        announce(OPENED, {"tasks": [task.pk for task in tasks]})


def due_moved(task: UserTask, due: datetime | None) -> dict[str, Any]:
    """Return what changes of an open task when its item is due at another time.

    Rungs that were taken keep their moments. A task with a time of its own keeps all of it.
    """
    handling = handling_of(task.handling)
    if due is None or due == task.due_at or handling.due_seconds:
        return {}
    calendar = Calendar.objects.filter(pk=handling.calendar_id or 0).first()
    times = timetable(handling, hours_of(calendar), opened=task.created_at, due=due)
    moments = [each.isoformat() for each in times.moments]
    moments[: task.rungs_taken] = handling.moments[: task.rungs_taken]
    upcoming = times.moments[task.rungs_taken :]
    return {
        "due_at": times.due_at,
        "at_risk_at": times.at_risk_at,
        "next_rung_at": upcoming[0] if upcoming else None,
        "handling": {**task.handling, "moments": moments},
    }


def withdraw_offer(token: str) -> int:
    """Take a token that stands for nobody any more off open tasks; return how many had it."""
    rows = UserTask.objects.open().filter(offered_to__contains=[token])
    folders = set(rows.order_by().values_list("folder_id", flat=True))
    left = Func(F("offered_to"), Value(token), function="array_remove")
    n: int = rows.update(offered_to=left)
    nudge(*(f"inbox:{folder_id}" for folder_id in folders))
    return n


class _Desk:
    """What is known while some tasks are handed out: each looked up once for all of them."""

    def __init__(self, tasks: Sequence[UserTask]) -> None:
        folder_ids = {task.folder_id for task in tasks}
        self.now = database_now()
        self.said = {id(task): said_of(task.handling) for task in tasks}
        self.rules = _rules(tasks, folder_ids)
        self.directory = Directory(folder_ids, _names(tasks, self.said.values()))
        self.calendars = _calendars(folder_ids, self.rules.values(), self.said.values())
        self.done = _done_by(tasks, self.said)
        self.crew = Crew(folder_ids)
        self.turns = Turns(
            (task.folder_id, self._turn(task))
            for task in tasks
            if self._assignment(task) == Assignment.ROUND_ROBIN
        )

    def prepare(self, task: UserTask) -> None:
        said, rule = self.said[id(task)], self.rules.get(id(task))
        self._offer(task, said, rule)
        self._exclude(task, said)
        task.votes_needed = max(1, said.votes or (rule.votes_needed if rule else 1))
        self._set_times(task, said, rule)
        self._assign(task, said)

    def _offer(self, task: UserTask, said: Said, rule: HandlingRule | None) -> None:
        """Whoever the task or its diagram names; else the team of the rule."""
        named = self.directory.named(
            task.folder_id, [*([said.team] if said.team else []), *task.candidate_groups],
            task.candidate_users,
        )  # fmt: skip
        if named.unknown:
            task.facts = {**task.facts, "unknown_groups": list(named.unknown)[:20]}
        if named.tokens:
            task.offered_to = list(dict.fromkeys([*task.offered_to, *named.tokens]))
        elif not task.offered_to and rule is not None and rule.team_id is not None:
            task.offered_to = [f"{TEAM}{rule.team_id}"]
        if task.team_id is None:
            task.team_id = _one_team(task.offered_to)

    def _exclude(self, task: UserTask, said: Said) -> None:
        found = {
            user_id
            for step in said.not_like_steps or ()
            for user_id in self.done.get((task.instance_id, step), ())
        }
        task.excluded = sorted({*task.excluded, *found})

    def _set_times(self, task: UserTask, said: Said, rule: HandlingRule | None) -> None:
        hours, calendar_id = self._hours(task.folder_id, said, rule)
        handling = _handling(said, rule, calendar_id, has_due=self._has_own_due(task))
        opened_at: datetime = task.created_at if _is_moment(task.created_at) else self.now
        times = timetable(handling, hours, opened=opened_at, due=task.due_at)
        task.due_at, task.at_risk_at = times.due_at, times.at_risk_at
        task.next_rung_at = times.moments[0] if times.moments else None
        stored = handling.stored()
        stored["moments"] = [moment.isoformat() for moment in times.moments]
        task.handling = stored

    def _assign(self, task: UserTask, said: Said) -> None:
        wanted = task.assignee_id or self._same_person(task, said)
        if wanted is None:
            wanted = self._chosen(task)
        elif task.excluded or self.crew.away:
            there = self.crew.present(task.folder_id, wanted, task.excluded)
            if there is not None and there != wanted:
                task.facts = {**task.facts, "stands_in_for": wanted}
            wanted = there
        task.assignee_id = wanted

    def _same_person(self, task: UserTask, said: Said) -> int | None:
        """Whoever did that step last, if they may still decide."""
        done = self.done.get((task.instance_id, said.like_step or ""), ())
        return next((each for each in done if self.crew.may(task.folder_id, each)), None)

    def _chosen(self, task: UserTask) -> int | None:
        """Where several must agree, everybody may come: nobody gets it alone."""
        how = self._assignment(task)
        if how == Assignment.POOL or task.votes_needed > 1:
            return None
        people = self.crew.pool(task.folder_id, task.offered_to, task.excluded)
        if how == Assignment.LEAST_LOADED:
            return self.crew.least_loaded(people)
        return self.turns.next(task.folder_id, self._turn(task), people)

    def _assignment(self, task: UserTask) -> str:
        rule = self.rules.get(id(task))
        return self.said[id(task)].assignment or (rule.assignment if rule else Assignment.POOL)

    def _turn(self, task: UserTask) -> str:
        rule = self.rules.get(id(task))
        if rule is not None and self.said[id(task)].assignment is None:
            return f"rule:{rule.pk}"
        return f"step:{task.facts.get('workflow_key', '')}:{task.facts.get('element', '')}"[:420]

    def _hours(
        self, folder_id: int, said: Said, rule: HandlingRule | None
    ) -> tuple[Hours, int | None]:
        calendar = self.calendars.get((folder_id, said.calendar or ""))
        if calendar is None and rule is not None and rule.calendar_id is not None:
            calendar = self.calendars.get((folder_id, rule.calendar_id))
        return (hours_of(calendar), calendar.pk) if calendar else (ALWAYS, None)

    @staticmethod
    def _has_own_due(task: UserTask) -> bool:
        """Whether the diagram says when it is due: that of an item is only where it comes from."""
        return task.due_at is not None and task.is_of_workflow


def _handling(
    said: Said, rule: HandlingRule | None, calendar_id: int | None, *, has_due: bool
) -> Handling:
    due = said.due_seconds or (rule.due_seconds if rule and not has_due else None)
    share = said.at_risk_share or (rule.at_risk_share if rule else AT_RISK_SHARE)
    ladder = said.ladder if said.ladder is not None else rungs_of(rule.ladder if rule else ())
    return Handling(
        rule_id=rule.pk if rule else None,
        rule_title=rule.title if rule else "",
        assignment=said.assignment or (rule.assignment if rule else "pool"),
        calendar_id=calendar_id,
        at_risk_share=share,
        ladder=ladder,
        like_step=said.like_step or "",
        not_like_steps=said.not_like_steps or (),
        may_bulk=True if said.may_bulk is None else said.may_bulk,
        due_seconds=due,
    )


def _rules(tasks: Sequence[UserTask], folder_ids: set[int]) -> dict[int, HandlingRule]:
    """The first rule that matches, for each task by its identity."""
    by_folder: dict[int, list[HandlingRule]] = defaultdict(list)
    for rule in HandlingRule.objects.filter(folder__in=folder_ids, is_on=True):
        by_folder[rule.folder_id].append(rule)
    found = {}
    for task in tasks:
        rule = next((each for each in by_folder[task.folder_id] if matches(each, task)), None)
        if rule is not None:
            found[id(task)] = rule
    return found


def matches(rule: HandlingRule, task: UserTask) -> bool:
    """Say whether the rule holds for the task; what the rule leaves empty matches everything."""
    asked: list[tuple[str, str]] = [
        (rule.kind, task.kind),
        (rule.workflow, str(task.facts.get("workflow_key", ""))),
        (rule.step, str(task.facts.get("element", ""))),
    ]
    return (
        all(not wanted or wanted == has for wanted, has in asked)
        and (rule.queue_id is None or rule.queue_id == task.queue_id)
        and (not rule.code or fnmatchcase(task.code, rule.code))
    )


def _names(tasks: Sequence[UserTask], said: Iterable[Said]) -> set[str]:
    groups = {str(name) for task in tasks for name in task.candidate_groups}
    users = {str(name) for task in tasks for name in task.candidate_users}
    return groups | users | {each.team for each in said if each.team}


def _calendars(
    folder_ids: set[int], rules: Iterable[HandlingRule], said: Iterable[Said]
) -> dict[tuple[int, str | int], Calendar]:
    """By folder, and key or number; only looked for when somebody names one."""
    keys = {each.calendar for each in said if each.calendar}
    if not keys and not any(rule.calendar_id for rule in rules):
        return {}
    found: dict[tuple[int, str | int], Calendar] = {}
    for calendar in Calendar.objects.filter(folder__in=folder_ids):
        found[calendar.folder_id, calendar.key] = calendar
        found[calendar.folder_id, calendar.pk] = calendar
    return found


def _done_by(
    tasks: Sequence[UserTask], said: dict[int, Said]
) -> dict[tuple[int | None, str], list[int]]:
    """Who did the steps that matter, in the same instance: the last one first."""
    steps = {step for each in said.values() for step in (each.not_like_steps or ())}
    steps |= {each.like_step for each in said.values() if each.like_step}
    instances = {task.instance_id for task in tasks} - {None}
    if not steps or not instances:
        return {}
    closed = UserTask.objects.filter(
        instance_id__in=instances, status=UserTask.Status.COMPLETED, facts__element__in=steps
    )
    rows = list(
        closed.order_by("-decided_at").values_list(
            "pk", "instance_id", "facts__element", "decided_by_id"
        )
    )
    voters = defaultdict(list)
    votes = Vote.objects.filter(task__in=[row[0] for row in rows])
    for task_id, user_id in votes.values_list("task_id", "user_id"):
        voters[task_id].append(user_id)
    found: dict[tuple[int | None, str], list[int]] = defaultdict(list)
    for pk, instance_id, element, user_id in rows:
        found[instance_id, element] += [*([user_id] if user_id else []), *voters[pk]]
    return found


def _one_team(tokens: Iterable[str]) -> int | None:
    teams = [token.removeprefix(TEAM) for token in tokens if token.startswith(TEAM)]
    return int(teams[0]) if len(teams) == 1 and teams[0].isdigit() else None


def _is_moment(value: object) -> bool:
    return isinstance(value, datetime)
