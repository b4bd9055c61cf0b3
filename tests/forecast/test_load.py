"""Planned starts against slots: what is wanted when, and who collides."""

from datetime import UTC, datetime, timedelta

from apps.forecast.load import UNKNOWN_SECONDS, Level, PlannedStart, load_of

EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def start(key: str, minutes: float, *, lasts: float | None = 30, slots: int = 1) -> PlannedStart:
    seconds = None if lasts is None else lasts * 60
    at = EIGHT + timedelta(minutes=minutes)
    return PlannedStart(key=key, title=key.title(), at=at, seconds=seconds, slots=slots)


def load(*starts: PlannedStart, slots: int = 1, levels: list[Level] | None = None):
    found = [Level(EIGHT, slots)] if levels is None else levels
    return load_of(starts, found, begin=EIGHT, end=EIGHT + 2 * HOUR)


def minutes(moment: datetime) -> float:
    return (moment - EIGHT).total_seconds() / 60


def test_starts_one_after_another_do_not_collide():
    found = load(start("a", 0), start("b", 30))

    assert found.collisions == ()
    assert [(minutes(each.start), each.wanted) for each in found.steps] == [
        (0, 1),
        (30, 1),
        (60, 0),
    ]


def test_what_overlaps_collides_for_as_long_as_it_does_and_names_who():
    (collision,) = load(start("a", 0), start("b", 20)).collisions

    assert (minutes(collision.start), minutes(collision.end)) == (20, 30)
    assert (collision.wanted, collision.slots, collision.keys) == (2, 1, ("a", "b"))


def test_a_second_slot_takes_the_collision_away():
    assert load(start("a", 0), start("b", 20), slots=2).collisions == ()


def test_collisions_that_follow_each_other_are_one_with_its_worst_moment():
    found = load(start("a", 0), start("b", 10), start("c", 20), start("d", 90), start("e", 100))

    first, second = found.collisions
    assert (minutes(first.start), minutes(first.end), first.wanted) == (10, 40, 3)
    assert first.keys == ("a", "b", "c")
    assert second.keys == ("d", "e")
    assert found.most_wanted == 3


def test_slots_that_go_away_make_one_start_collide_with_the_maintenance():
    levels = [Level(EIGHT, 1), Level(EIGHT + HOUR / 4, 0), Level(EIGHT + HOUR, 1)]

    (collision,) = load(start("a", 0), levels=levels).collisions

    assert (minutes(collision.start), minutes(collision.end), collision.slots) == (15, 30, 0)


def test_what_began_before_and_is_still_at_work_counts():
    (collision,) = load(start("a", -20), start("b", 0)).collisions

    assert (minutes(collision.start), minutes(collision.end)) == (0, 10)


def test_a_start_that_was_never_measured_is_still_seen():
    found = load(start("a", 0, lasts=None))

    assert (found.steps[0].end - found.steps[0].start).total_seconds() == UNKNOWN_SECONDS


def test_a_start_that_wants_two_slots_gets_two():
    assert load(start("a", 0, slots=2), slots=2).collisions == ()
    assert load(start("a", 0, slots=2), slots=1).collisions[0].wanted == 2


def test_without_slots_every_start_is_too_much_and_without_starts_nothing_is():
    assert load(start("a", 0), levels=[]).collisions[0].slots == 0
    assert load(levels=[]).collisions == ()


def test_a_time_that_ends_before_it_begins_has_no_steps():
    assert load_of([start("a", 0)], [], begin=EIGHT, end=EIGHT).steps == ()
