"""`manage.py token create --user NAME --name LABEL`: an API token, alone on the last line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import Folder, User
from apps.accounts.permissions import Action, rights_of
from apps.accounts.tokens import create_token
from apps.lib.actors import SYSTEM


class Command(BaseCommand):
    help = "Create an API token and print it, once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="create a token")
        create.add_argument("--user", required=True, help="user name that the token acts as")
        create.add_argument("--name", required=True, help="what will use the token")
        create.add_argument("--folder", default="", help="key of the folder that it acts in")
        create.add_argument("--days", type=int, help="days until it ends; by default never")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = _user(options["user"])
        folder = _folder(user, options["folder"])
        if options["days"] is not None and options["days"] < 1:
            raise CommandError("--days must be at least 1.")
        name = options["name"].strip()[:100]
        _token, text = create_token(user, folder, name=name, by=SYSTEM, days=options["days"])
        self.stderr.write(f"Token “{name}” for {user.username} in {folder.key}; shown only now:")
        self.stdout.write(text)


def _user(username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active person with the user name {username!r}.")
    return found


def _folder(user: User, key: str) -> Folder:
    folders = Folder.objects.filter(pk__in=rights_of(user).folder_ids(Action.VIEW)).order_by("pk")
    found = folders.filter(key=key).first() if key else folders.first()
    if found is None:
        where = f"in the folder {key!r}" if key else "in any folder"
        raise CommandError(f"{user.username} has no role {where}. Give one under Settings, People.")
    return found
