"""`manage.py verify_evidence FILE [--key FILE]`: say whether a pack is as it was signed."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.evidence.keys import known_public_keys, read_public_key
from apps.evidence.verifying import Verdict, verify


class Command(BaseCommand):
    help = "Check an evidence pack: its signature, and each file; ends with 1 if anything is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", type=Path, help="public key (PEM); without it, those of this control room"
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        keys = [_key_in(options["key"])] if options["key"] else known_public_keys()
        try:
            with options["file"].open("rb") as file:
                verdict = verify(file, keys)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        self._say(verdict)

    def _say(self, verdict: Verdict) -> None:
        for fault in verdict.faults:
            self.stderr.write(fault)
        if verdict.faults:
            raise CommandError(f"{len(verdict.faults)} faults: this is not what was signed.")
        said = verdict.manifest
        self.stdout.write(
            f"Right: {len(said['files'])} files about “{said.get('reference')}”, made"
            f" {said.get('made_at')}, are as they were signed by the key {verdict.fingerprint}."
        )
        if verdict.is_own_key:
            self.stdout.write(
                "That key came with the pack: nothing here says whose it is. Check its fingerprint"
                " with the control room, or give the key that it publishes by --key."
            )


def _key_in(path: Path) -> str:
    try:
        pem = path.read_bytes()
        read_public_key(pem)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from None
    return pem.decode()
