"""The Gregorian calendar reckoned to any year, as ISO 8601 does: year 0 comes before year 1.

Python's own dates end at the years 1 and 9999; FEEL's do not.
"""

LARGEST_YEAR = 999_999_999
DAY_SECONDS = 86_400

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# From 0000-03-01 to 1970-01-01; years are counted from March so that leap days come last.
_MARCH_TO_1970 = 719_468
_DAYS_OF_400_YEARS = 146_097


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else _DAYS[month - 1]


def is_date(year: int, month: int, day: int) -> bool:
    """True when there is such a day, and its year is within FEEL's bounds."""
    if abs(year) > LARGEST_YEAR or not 1 <= month <= 12:
        return False
    return 1 <= day <= month_length(year, month)


def day_number(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to the day given; negative before it."""
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    of_cycle = of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return era * _DAYS_OF_400_YEARS + of_cycle - _MARCH_TO_1970


def date_of(number: int) -> tuple[int, int, int]:
    """Return year, month, day of the day `number`: what `day_number` gives, undone."""
    era, of_cycle = divmod(number + _MARCH_TO_1970, _DAYS_OF_400_YEARS)
    of_era = (of_cycle - of_cycle // 1460 + of_cycle // 36_524 - of_cycle // 146_096) // 365
    of_year = of_cycle - (365 * of_era + of_era // 4 - of_era // 100)
    march_month = (5 * of_year + 2) // 153
    day = of_year - (153 * march_month + 2) // 5 + 1
    month = march_month + 3 if march_month < 10 else march_month - 9
    return era * 400 + of_era + (month <= 2), month, day


def plus_months(year: int, month: int, day: int, months: int) -> tuple[int, int, int]:
    """Move by whole months; a day that the month lacks becomes its last one (31 to 28)."""
    years, before = divmod(month - 1 + months, 12)
    year, month = year + years, before + 1
    return year, month, min(day, month_length(year, month))


def weekday(year: int, month: int, day: int) -> int:
    """Return 1 for Monday to 7 for Sunday."""
    return (day_number(year, month, day) + 3) % 7 + 1


def day_of_year(year: int, month: int, day: int) -> int:
    return day_number(year, month, day) - day_number(year, 1, 1) + 1


def week_of_year(year: int, month: int, day: int) -> int:
    """Return the ISO 8601 week, 1 to 53: the week of a date's Thursday counts for its year."""
    thursday = day_number(year, month, day) + 4 - weekday(year, month, day)
    thursdays_year = date_of(thursday)[0]
    return (thursday - day_number(thursdays_year, 1, 1)) // 7 + 1
