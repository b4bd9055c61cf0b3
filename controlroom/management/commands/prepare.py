"""`manage.py prepare`: make a database ready for a release; many may run at once."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from controlroom.databases import apply_migrations, check_database
from controlroom.datadir import StartError
from controlroom.first_start import ADMIN, create_admin, note_demo_done


class Command(BaseCommand):
    help = "Bring the database up to date, and give an empty one a folder and an admin."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_database()
            self.stdout.write(f"Database: {apply_migrations()}")
        except StartError as refusal:
            self.stderr.write(str(refusal))
            sys.exit(1)
        password = create_admin()
        note_demo_done()
        if password is not None:
            self.stdout.write(f"Sign in as “{ADMIN}” with the password {password}")
