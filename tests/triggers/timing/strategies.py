"""Any rule that a person may write, and calendars to go with it."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from apps.calendars.hours import WEEKDAYS, clock_of, hours_from

ZONES = [
    *("UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/Santiago"),
    *("Africa/Cairo", "Asia/Tokyo", "America/St_Johns", "Pacific/Chatham"),
]
zones = st.sampled_from(ZONES)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 3 * 366 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))


def cron_field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.just("*") | span, st.integers(1, 6)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    part = number.map(str) | span | step
    return st.lists(part, min_size=1, max_size=3).map(",".join) | st.just("*")


crons = st.fixed_dictionaries(
    {
        "type": st.just("cron"),
        "cron": st.tuples(
            cron_field(0, 59),
            cron_field(0, 23),
            st.just("*") | cron_field(1, 28),
            st.just("*") | cron_field(1, 12),
            st.just("*") | cron_field(0, 6),
        ).map(" ".join),
    }
)
intervals = st.fixed_dictionaries(
    {"type": st.just("interval"), "seconds": st.integers(3_600, 40 * 86_400)},
    optional={"anchor": moments.map(datetime.isoformat)},
)
times = st.lists(st.integers(0, 24 * 60 - 1).map(clock_of), min_size=1, max_size=3)
weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True)
month_days = st.lists(
    st.integers(1, 31) | st.integers(-31, -1), min_size=1, max_size=3, unique=True
)
of_month = st.one_of(
    st.fixed_dictionaries({"month_days": month_days}),
    st.fixed_dictionaries(
        {"weekdays": weekdays}, optional={"ordinal": st.sampled_from([1, 2, 3, 4, 5, -1])}
    ),
)
by_freq = st.one_of(
    st.fixed_dictionaries({"freq": st.just("daily")}, optional={"weekdays": weekdays}),
    st.fixed_dictionaries({"freq": st.just("weekly"), "weekdays": weekdays}),
    of_month.map(lambda days: {"freq": "monthly", **days}),
    st.tuples(of_month, st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)).map(
        lambda pair: {"freq": "yearly", "months": pair[1], **pair[0]}
    ),
)
recurring = st.tuples(
    by_freq,
    st.fixed_dictionaries(
        {"type": st.just("recurring"), "times": times, "interval": st.integers(1, 5)},
        optional={"anchor": moments.map(datetime.isoformat)},
    ),
).map(lambda pair: pair[0] | pair[1])
once = st.fixed_dictionaries({"type": st.just("once"), "at": moments.map(datetime.isoformat)})
schedules = st.one_of(crons, intervals, recurring, once)


def bounded(schedule: st.SearchStrategy[dict]) -> st.SearchStrategy[dict]:
    """A schedule with its zone, and perhaps a beginning and an end."""
    bounds = st.fixed_dictionaries({}, optional={"starts_at": moments, "ends_at": moments}).map(
        lambda found: {name: at.isoformat() for name, at in found.items()}
    )
    return st.tuples(schedule, zones, bounds).map(
        lambda all_: {**all_[0], "zone": all_[1], **all_[2]}
    )


days_of_our_own = st.dictionaries(
    st.integers(0, 3 * 366).map(lambda n: (FIRST + timedelta(days=n)).date().isoformat()),
    st.just([]) | st.just([["10:00", "11:00"]]),
    max_size=30,
)
calendars = st.builds(
    lambda open_days, own, country: hours_from(
        time_zone="Europe/Berlin",
        week={day: [["09:00", "17:00"]] for day in open_days},
        days=own,
        country=country,
    ),
    weekdays,
    days_of_our_own,
    st.sampled_from(["", "DE", "US"]),
)
