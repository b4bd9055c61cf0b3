"""From notices to messages: which address gets each, and when."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from apps.lib.clock import database_now
from apps.notices.channels import is_set_up
from apps.notices.kinds import DIGEST, NEVER
from apps.notices.models import Address, Delivery, Notice
from apps.notices.preferring import Listener, listeners

AT_ONCE_TAKEN = 200


@dataclass(frozen=True, slots=True)
class _Plan:
    """One notice on its way to one address."""

    address_id: int
    notice_id: int
    at: datetime
    wait: str = Delivery.Wait.NONE


def plan_notices(now: datetime | None = None) -> int:
    """Make the deliveries of what is ready; return how many notices that were.

    Any number of workers may: notices are held with SKIP LOCKED, and marked in the transaction
    that makes their deliveries. `now`: for tests on a clock of their own.
    """
    with transaction.atomic():
        now = now or database_now()
        ready = Notice.objects.filter(planned_at=None, ready_at__lte=now).order_by("ready_at")
        notices = list(ready.select_for_update(skip_locked=True)[:AT_ONCE_TAKEN])
        if notices:
            _store(_plans(notices, now), now)
            Notice.objects.filter(pk__in=[each.pk for each in notices]).update(planned_at=now)
    return len(notices)


def _plans(notices: list[Notice], now: datetime) -> list[_Plan]:
    people = listeners(each.user_id for each in notices if each.user_id)
    of_people = _addresses_of(people.values())
    of_folders = _addresses_of_folders({each.folder_id for each in notices if not each.user_id})
    plans = []
    for notice in sorted(notices, key=lambda each: each.pk):
        if notice.user_id is None:
            plans += [
                _Plan(address.pk, notice.pk, now)
                for address in of_folders[notice.folder_id]
                if notice.kind in address.kinds
            ]
        elif notice.user_id in people:
            listener = people[notice.user_id]
            found = (_plan(notice, each, listener, now) for each in of_people[notice.user_id])
            plans += [plan for plan in found if plan]
    return plans


def _plan(notice: Notice, address: Address, listener: Listener, now: datetime) -> _Plan | None:
    how = listener.how(notice.kind, address.channel, notice.folder_id)
    if how == NEVER:
        return None
    if how == DIGEST:
        at = listener.times.next_digest(now)
        return _Plan(address.pk, notice.pk, at, Delivery.Wait.DIGEST)
    if notice.kind in listener.times.let_through:
        return _Plan(address.pk, notice.pk, now)
    at = listener.times.quiet_end(now)
    return _Plan(address.pk, notice.pk, at, Delivery.Wait.QUIET if at > now else Delivery.Wait.NONE)


def _addresses_of(people: Iterable[Listener]) -> dict[int, list[Address]]:
    """Return what leads to each; the mailbox of somebody who has one is noted on the way."""
    known = {each.user.pk: each for each in people}
    if is_set_up(Address.Channel.EMAIL):
        Address.objects.bulk_create(
            [
                Address(user_id=pk, channel=Address.Channel.EMAIL)
                for pk, each in known.items()
                if each.user.email
            ],
            ignore_conflicts=True,
        )
    found = defaultdict(list)
    for address in Address.objects.filter(user__in=known, off_since=None):
        has_mailbox = address.user_id and known[address.user_id].user.email
        if address.channel != Address.Channel.EMAIL or (has_mailbox and is_set_up("email")):
            found[address.user_id or 0].append(address)
    return found


def _addresses_of_folders(folder_ids: set[int | None]) -> dict[int | None, list[Address]]:
    found: dict[int | None, list[Address]] = defaultdict(list)
    if folder_ids:
        for address in Address.objects.filter(folder__in=folder_ids - {None}, off_since=None):
            found[address.folder_id].append(address)
    return found


def _store(plans: list[_Plan], now: datetime) -> None:
    Delivery.objects.bulk_create(
        Delivery(address_id=each.address_id, notices=[each.notice_id], next_try_at=each.at)
        for each in plans
        if not each.wait
    )
    gathered: dict[tuple[int, str], list[_Plan]] = defaultdict(list)
    for each in plans:
        if each.wait:
            gathered[each.address_id, each.wait].append(each)
    with connection.cursor() as cursor:
        for (address_id, wait), several in sorted(gathered.items()):
            ids = [each.notice_id for each in several]
            cursor.execute(_GATHER, [address_id, wait, ids, several[0].at, now])


# Several workers may add to the same heap: one statement, so that none writes over the other
_GATHER = """
insert into notices_delivery as held (address_id, status, wait, notices, next_try_at, made_at)
values (%s, 'waiting', %s, %s, %s, %s)
on conflict (address_id, wait)
  where wait <> '' and status = 'waiting' and tries = 0 and held_by is null
do update set notices = held.notices || excluded.notices
"""
