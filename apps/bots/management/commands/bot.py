"""`manage.py bot --pool default --slots 2`: works runs on this machine until it is stopped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from apps.bots.registration import find_pool, register_bot, sign_off
from apps.bots.releases import DEFAULT_POOL, sync_automations
from apps.bots.supervisor import SlotSupervisor
from apps.lib.errors import DomainError

MAX_SLOTS = 256


class Command(BaseCommand):
    help = "Be a bot: work the runs of a pool in one or more slots. Ctrl-C ends it in order."
    requires_system_checks = []  # they would load every page: a slot shall be up quickly

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pool", default=DEFAULT_POOL, help="key of the bot pool")
        parser.add_argument("--slots", type=int, default=1, help="runs at a time (default 1)")
        parser.add_argument("--name", default="", help="name of the bot (default: host name)")
        parser.add_argument(
            "--capability",
            action="append",
            default=None,
            metavar="WORD",
            help="what it can do, as sap or excel; say it again for each. Without any, what people"
            " set for the bot holds",
        )
        parser.add_argument("--folder", default="", help="key of the folder (default: the first)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not 1 <= options["slots"] <= MAX_SLOTS:
            raise CommandError(f"--slots: expected a number from 1 to {MAX_SLOTS}.")
        try:
            pool = find_pool(options["pool"], options["folder"])
            bot = register_bot(
                pool,
                name=options["name"],
                n_slots=options["slots"],
                capabilities=options["capability"],
            )
            sync_automations(pool.folder)
        except DomainError as error:
            raise CommandError(error.message) from error
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        self.stderr.write(f"Bot {bot.name} works pool {pool.key} with {bot.n_slots} slots.")
        SlotSupervisor(bot).run()
        sign_off(bot)
