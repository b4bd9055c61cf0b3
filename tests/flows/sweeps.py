"""Asks for every address with nonsense, within a process of the room: the room's rows, no browser.

Each request happens in a transaction that is taken back, so nothing stays of it.
"""

import re
import sys
import traceback
from collections.abc import Iterator
from itertools import cycle, islice
from os.path import commonprefix
from typing import Any

from django.contrib.auth import get_user_model
from django.core.signals import got_request_exception
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve

from apps.accounts.models import Folder
from apps.accounts.tokens import create_token
from controlroom.api import api as ninja_api
from tests.flows.nonsense import PLACES, VALUES, names_looked_up, names_on_page, routes

ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
IN_DESCRIPTION = re.compile(r"\{(\w+)\}")
# Of all the nonsense, how much one name and one route are asked with; the next gets the next
VALUES_A_NAME = 6
PLACES_A_ROUTE = 2
NOT_ASKED = ("api/", "sign-out/")
# each answer is simulated: seconds
DEAR = ("queues/<int:pk>/forecast/",)


class Turns:
    """Hands out nonsense in turn, so that all of it is used without everything being asked."""

    def __init__(self) -> None:
        self._values = cycle(VALUES.values())
        self._places = cycle(PLACES)

    def values(self, n: int = VALUES_A_NAME) -> list[str]:
        return list(islice(self._values, n))

    def places(self, route: str) -> list[str]:
        """Return nothing when no row is named in the route."""
        n = PLACES_A_ROUTE if ARGUMENT.search(route) or IN_DESCRIPTION.search(route) else 0
        return list(islice(self._places, n))


class Asker:
    """Signed in as the admin; keeps what went wrong, with what was asked."""

    def __init__(self) -> None:
        self.person = get_user_model().objects.get(username="admin")
        self.client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
        self.client.force_login(self.person, backend="django.contrib.auth.backends.ModelBackend")
        self.faults: list[str] = []
        self.asked = 0
        self._said = ""
        got_request_exception.connect(self._note)

    def ask(self, method: str, address: str, **more: Any) -> HttpResponseBase | None:
        """Return the answer; None when there was none, or one that is a fault, which is kept."""
        self._said, self.asked = "", self.asked + 1
        answer: HttpResponseBase | None = None
        with transaction.atomic():
            try:
                answer = self.client.generic(method, address, **more)
                if answer.streaming:
                    b"".join(answer)  # type: ignore[call-overload]  # a mistake may come late
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
                answer, self._said = None, repr(error)
            transaction.set_rollback(True)
        fault = self._fault(answer)
        if fault:
            self.faults.append(f"{method} {address[:160]}: {fault}")
        return None if fault else answer

    def _fault(self, answer: HttpResponseBase | None) -> str:
        if answer is None or answer.status_code >= 500:
            return f"broke down: {self._said[-600:]}"
        if answer.status_code in (400, 403, 404, 409, 422) and not says_why(answer):
            return f"{answer.status_code} without a word"
        return ""

    def _note(self, **_more: Any) -> None:
        self._said = "".join(traceback.format_exception(*sys.exc_info()))


def says_why(answer: Any) -> bool:
    """Tell whether a refusal has words: a heading for people, a detail for programs."""
    if "json" in answer.headers.get("Content-Type", ""):
        return bool(answer.json().get("detail") or answer.json().get("message"))
    return len(answer.content.strip()) > 0


def queries(numbers: dict[str, int], pages: list[str]) -> Asker:
    """Ask every page and fragment with nonsense for each name that it reads."""
    asker, turns = Asker(), Turns()
    for route, address in _addresses(numbers, pages):
        with names_looked_up() as looked_up:
            answer = asker.ask("GET", address)
        text = getattr(answer, "content", b"").decode(errors="replace")
        names = sorted(looked_up | names_on_page(text, address))
        for name in names:
            for value in turns.values(1 if route in DEAR else VALUES_A_NAME):
                asker.ask("GET", f"{address}?{name}={value}")
        if names:
            asker.ask("GET", f"{address}?" + "&".join(f"{name}=1&{name}=x" for name in names))
    return asker


def places(numbers: dict[str, int], pages: list[str]) -> Asker:
    """Ask every address of pages, by GET and by POST, with nonsense where a row is named."""
    asker, turns = Asker(), Turns()
    for route, _address in _addresses(numbers, pages):
        for place in turns.places(route):
            address = "/" + ARGUMENT.sub(place, route)
            asker.ask("GET", address)
            asker.ask("POST", address)
    return asker


def calls() -> Asker:
    """Ask every call of the API with nonsense in its path and its query."""
    asker, turns = Asker(), Turns()
    folder = Folder.objects.get(demo_setting__isnull=False)
    _token, secret = create_token(asker.person, folder, name="nonsense", by=asker.person.actor)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    body = {"data": "{}", "content_type": "application/json"}
    for path, methods in ninja_api.get_openapi_schema()["paths"].items():
        for method, call in methods.items():
            for place in turns.places(path):
                asker.ask(method.upper(), IN_DESCRIPTION.sub(place, path), **body, **headers)
            asked = [each["name"] for each in call.get("parameters", []) if each["in"] == "query"]
            for name in asked if method == "get" else ():
                for value in turns.values():
                    query = f"{name}={value}"
                    asker.ask("GET", f"{IN_DESCRIPTION.sub('1', path)}?{query}", **headers)
    return asker


def _addresses(numbers: dict[str, int], pages: list[str]) -> Iterator[tuple[str, str]]:
    """Return each route of the URL conf with an address of it, of something that is there."""
    known: dict[str, dict[str, Any]] = {}
    for page in pages:
        try:
            match = resolve(page.format(**numbers).split("?")[0])
        except Resolver404:
            continue
        known.setdefault(match.route, match.kwargs)
    seen: set[str] = set()
    for route, _pattern in routes(get_resolver().url_patterns):
        if route not in seen and not route.startswith(NOT_ASKED):
            seen.add(route)
            yield route, _filled(route, known)


def _filled(route: str, known: dict[str, dict[str, Any]]) -> str:
    """Fill a route in with what the page beside it stands for."""
    nearest = max(known, key=lambda each: len(commonprefix([each, route])))
    values = known[nearest] if "<" in commonprefix([nearest, route]) else {}

    def value(match: re.Match[str]) -> str:
        return str(values.get(match[2], "1" if match[1] == "int" else "x"))

    return "/" + ARGUMENT.sub(value, route)
