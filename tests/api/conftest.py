"""Programs that call the API, one for each role, and an application to call without a server."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import Folder, User
from apps.accounts.roles import Role
from apps.accounts.tokens import create_token
from tests.factories import make_person

BASE = "/api/v1"
NOT_GIVEN: Any = object()


@dataclass
class Program:
    """Calls the API with a token: `program.post("/items/finish", {...}).json()`."""

    token: str

    def call(self, method: str, path: str, body: Any = NOT_GIVEN, **headers: str) -> HttpResponse:
        """`body`: JSON, or bytes that go out as they are."""
        given: dict[str, Any] = {}
        if body is not NOT_GIVEN:
            given["data"] = body if isinstance(body, bytes) else json.dumps(body)
            given["content_type"] = "application/json"
        return Client().generic(method, BASE + path, **given, headers=self._headers(headers))

    def upload(self, path: str, content: bytes, name: str = "a.xml") -> HttpResponse:
        """Send a file in the field `file` of a form."""
        file = SimpleUploadedFile(name, content, "application/xml")
        return Client().post(BASE + path, {"file": file}, headers=self._headers({}))

    def _headers(self, given: dict[str, str]) -> dict[str, str]:
        names = {name.replace("_", "-"): value for name, value in given.items()}
        return {"authorization": f"Bearer {self.token}", **names}

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = NOT_GIVEN, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = NOT_GIVEN, **headers: str) -> HttpResponse:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = NOT_GIVEN, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)


def program_of(person: User, folder: Folder) -> Program:
    return Program(create_token(person, folder, name="test", by=person.actor)[1])


@pytest.fixture
def program_with(folder: Folder) -> Callable[..., Program]:
    """`program_with("auditor")`: a program that acts as a new person of this role."""

    def make(role: str, where: Folder | None = None) -> Program:
        return program_of(make_person(role=role, folder=where or folder), where or folder)

    return make


@pytest.fixture
def api(program_with: Callable[..., Program]) -> Program:
    """A program that may do everything in `folder`."""
    return program_with(Role.ADMIN)


@asynccontextmanager
async def calling(program: Program, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole ASGI application, on this event loop."""
    from controlroom.asgi import application

    # as in the web process: the connection of a request's thread ends with the request
    connections["default"].settings_dict["CONN_MAX_AGE"] = 0
    transport = httpx.ASGITransport(app=application)
    headers = {"authorization": f"Bearer {program.token}"}
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://testserver{BASE}", headers=headers, **more
    ) as client:
        yield client
