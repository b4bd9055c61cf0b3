"""`manage.py rotate_vault [--new-key] [--check]`: seal all secrets under the newest vault key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.assets.rotating import rotate, sealed_by_key
from apps.lib.keyring import VaultError, add_key, new_key


class Command(BaseCommand):
    help = "Seal the secrets of all assets under the newest vault key, while bots go on reading."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="first add a new key: to the file in the data directory, or, when "
            "CONTROLROOM_VAULT_KEYS is set, print one to be put there",
        )
        parser.add_argument(
            "--check", action="store_true", help="only say how many are sealed under which key"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                self._say_where_all_is()
            elif options["new_key"] and settings.VAULT_KEYS:
                self._print_new_key()
            else:
                self._rotate(with_new_key=options["new_key"])
        except VaultError as error:
            raise CommandError(error.message) from None

    def _rotate(self, *, with_new_key: bool) -> None:
        if with_new_key:
            key = add_key(settings.VAULT_KEYS_PATH)
            self.stdout.write(f"Added the key “{key.name}” to {settings.VAULT_KEYS_PATH}.")
        done = rotate()
        self.stdout.write(f"Sealed {done.n_done} secrets under the key “{done.key_name}”.")
        if done.stuck:
            keys = ", ".join(f"{n} under “{name}”" for name, n in sorted(done.stuck.items()))
            raise CommandError(f"These stay as they are: {keys}. {done.why}")
        self.stdout.write("None is left under another key: older keys may go.")

    def _print_new_key(self) -> None:
        self.stderr.write(
            "Keys come from CONTROLROOM_VAULT_KEYS. Put this one behind the others there and start"
            " all processes again, then put it first and do so once more; then run"
            " manage.py rotate_vault. Shown only now:"
        )
        self.stdout.write(new_key().text)

    def _say_where_all_is(self) -> None:
        for name, n in sorted(sealed_by_key().items()):
            self.stdout.write(f"{n} under “{name}”")
