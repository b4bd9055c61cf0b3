"""What a wall may be, in plain sentences about its fields."""

from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.keys import is_key

from .models import MAX_ROTATE_SECONDS, MIN_ROTATE_SECONDS, Wall
from .tiles import TILES

MAX_PAGES = 4
MAX_TILES = 8
MAX_TITLE = 60
MAX_NETWORKS = 300


def check_wall(wall: Wall) -> None:
    """Raise InvalidError naming each field that does not fit."""
    problems = [*_plain_problems(wall), *_page_problems(wall.pages), *_dim_problems(wall)]
    if problems:
        said = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise InvalidError(said, fields=problems)


def check_networks(text: str) -> str:
    """Return the addresses and networks in `text`, well written; InvalidError for anything else."""
    found = []
    for word in text.replace(",", " ").split():
        try:
            found.append(str(ip_network(word, strict=False)))
        except ValueError:
            problem = _("“%(word)s” is neither an address nor a network like 10.1.0.0/16.")
            message = problem % {"word": word[:60]}
            raise InvalidError(message, fields=[FieldProblem("networks", message)]) from None
    joined = " ".join(found)
    if len(joined) > MAX_NETWORKS:
        message = _("are too many")
        raise InvalidError(message, fields=[FieldProblem("networks", message)])
    return joined


def is_within(networks: str, address: str) -> bool:
    """Say whether a screen at `address` may show what is meant for these networks."""
    if not networks:
        return True
    try:
        where = ip_address(address)
    except ValueError:
        return False
    where = getattr(where, "ipv4_mapped", None) or where
    return any(where in ip_network(each) for each in networks.split())


def _plain_problems(wall: Wall) -> list[FieldProblem]:
    rules = [
        ("key", is_key(wall.key) and len(wall.key) <= 60, _("is no key: letters, digits, dashes")),
        ("title", 0 < len(wall.title.strip()) <= 120, _("is missing, or too long")),
        ("time_zone", wall.time_zone in available_timezones(), _("is not a time zone we know")),
        (
            "rotate_seconds",
            isinstance(wall.rotate_seconds, int)
            and MIN_ROTATE_SECONDS <= wall.rotate_seconds <= MAX_ROTATE_SECONDS,
            _("is from 15 to 120"),
        ),
    ]
    return [FieldProblem(name, message) for name, is_right, message in rules if not is_right]


def _page_problems(pages: Any) -> list[FieldProblem]:
    if not isinstance(pages, list) or not 1 <= len(pages) <= MAX_PAGES:
        return [FieldProblem("pages", _("A wall has one to four pages."))]
    problems = []
    for number, page in enumerate(pages):
        if not isinstance(page, dict) or not isinstance(page.get("tiles"), list):
            problems.append(FieldProblem(f"pages.{number}", _("has no tiles")))
        elif not 1 <= len(page["tiles"]) <= MAX_TILES:
            problems.append(FieldProblem(f"pages.{number}.tiles", _("are one to eight")))
        elif not all(isinstance(tile, str) and tile in TILES for tile in page["tiles"]):
            problems.append(FieldProblem(f"pages.{number}.tiles", _("There is no such tile.")))
        elif len(str(page.get("title", ""))) > MAX_TITLE:
            problems.append(FieldProblem(f"pages.{number}.title", _("is too long")))
    return problems


def _dim_problems(wall: Wall) -> list[FieldProblem]:
    if (wall.dim_from is None) != (wall.dim_until is None):
        return [FieldProblem("dim_until", _("Say from when until when, or neither."))]
    return []
