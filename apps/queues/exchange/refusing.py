"""Why a file can't be used at all."""

from apps.lib.errors import InvalidError


class FileRefusedError(InvalidError):
    """The file can't be read as a table of items; the message says what to do about it."""

    code = "file_refused"
    title = "This file can't be used"
