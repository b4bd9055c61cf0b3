"""What stands in a cell."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

# a Decimal is shown with the digits that it has
Cell: TypeAlias = "None | bool | int | float | Decimal | str | date | datetime"
