"""Files as tables. A file comes from a stranger: each limit is kept while it is read."""

from typing import IO

from apps.queues.exchange.settings import Settings

from .csv_files import open_csv
from .tables import RawCell, RawRow, Table
from .xlsx_files import is_workbook, open_xlsx, unpacked_size

__all__ = ["RawCell", "RawRow", "Table", "open_table", "unpacked_size"]


def open_table(file: IO[bytes], settings: Settings) -> Table:
    """Return the table in `file`, whatever its name says. Raises FileRefusedError, also while its
    rows are gone through."""
    head = file.read(8)
    file.seek(0)
    return open_xlsx(file, settings) if is_workbook(head) else open_csv(file, settings)
