"""What stands in a cell."""

from datetime import date, datetime
from typing import TypeAlias

Cell: TypeAlias = "None | bool | int | float | str | date | datetime"
