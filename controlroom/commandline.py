"""What must be known from the command line before the settings are read."""

import os
from pathlib import Path


def note_data_dir(arguments: list[str]) -> None:
    """Put the `--data-dir` of `up` where the settings, and all children, look for it."""
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name != "--data-dir":
            continue
        if not value and position + 1 < len(arguments):
            value = arguments[position + 1]
        if value:
            os.environ["CONTROLROOM_DATA_DIR"] = str(Path(value).expanduser().resolve())
