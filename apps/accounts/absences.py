"""Who is away now, and who stands in for them."""

from collections.abc import Mapping

from .models import Absence

Away = Mapping[int, int | None]  # who is away: their deputy, None where nobody stands in


def away_now() -> Away:
    """Return who is away on the database's clock, with their deputies; one query.

    Of several absences that hold at once, one with a deputy counts, the latest begun first. A
    deputy who can't sign in any more is none.
    """
    rows = (
        Absence.objects.now()
        .order_by("starts_at")
        .values_list("user_id", "deputy_id", "deputy__is_active")
    )
    found: dict[int, int | None] = {}
    for user_id, deputy_id, is_active in rows:
        deputy = deputy_id if is_active else None
        found[user_id] = deputy or found.get(user_id)
    return found


def present_for(user_id: int, away: Away) -> int | None:
    """Return who does the work of `user_id`: themselves, or the first deputy who is there.

    None when they are away and nobody stands in.
    """
    seen: set[int] = set()
    at: int | None = user_id
    while at is not None and at in away and at not in seen:
        seen.add(at)
        at = away[at]
    return None if at in seen else at


def stood_in_for(user_id: int, away: Away | None = None) -> frozenset[int]:
    """Return for whom `user_id` stands in now, through deputies who are away themselves, too."""
    absent = away_now() if away is None else away
    found: set[int] = set()
    left = [user_id]
    while left:
        deputy = left.pop()
        new = {who for who, stands_in in absent.items() if stands_in == deputy} - found
        found |= new
        left.extend(new)
    return frozenset(found - {user_id})
