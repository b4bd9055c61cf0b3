"""`manage.py verify_audit`: say whether the history is as it was when it was sealed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.sealing import Fault, verify


class Command(BaseCommand):
    help = "Check the seals of the audit; ends with 1 if something was changed, removed or added."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        n_seals = n_events = 0
        faults: list[Fault] = []
        last = ""
        for each in verify():
            if isinstance(each, Fault):
                faults.append(each)
                when = f"{each.from_at:%Y-%m-%d %H:%M} – {each.to_at:%Y-%m-%d %H:%M} UTC"
                self.stderr.write(f"{when}: {each.what}")
            else:
                n_seals, n_events, last = n_seals + 1, n_events + each.n_events, each.digest
        if faults:
            raise CommandError(f"{len(faults)} of {len(faults) + n_seals} seals are broken.")
        self.stdout.write(f"{n_seals} seals over {n_events} events are whole. Last: {last or '–'}")
