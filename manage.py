#!/usr/bin/env python
"""Django's entry point."""

import os
import sys

from controlroom.commandline import note_data_dir

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")
    if sys.argv[1:2] == ["up"]:
        note_data_dir(sys.argv[2:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
