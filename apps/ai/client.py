"""One call over the chat protocol of OpenAI, kept in bounds: address, size, time, what is said."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject, parse_json

from .addresses import chat_url, check_connected
from .exceptions import AddressNotAllowedError, ModelCallError, ModelRefusedError

MAX_REPLY_BYTES = 4 * 1024 * 1024
MAX_ERROR_TEXT = 300
CONNECT_SECONDS = 10
HIDDEN = "•••"
# Characters of a token, about: where the server does not count, we do
CHARS_OF_A_TOKEN = 4
ABOUT_THE_SCHEMA = ("response_format", "json_schema", "guided_json", "structured output")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a question goes; `api_key` is opened for the call and kept nowhere."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 60


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: messages of the protocol, and what the answer may look like."""

    messages: tuple[JsonObject, ...]
    max_tokens: int
    schema: JsonObject | None = None  # handed to the server; None: any text
    tools: tuple[JsonObject, ...] = ()
    wants_logprobs: bool = False

    @property
    def size(self) -> int:
        """Characters that the model has to read."""
        return len(json.dumps([self.messages, self.tools, self.schema], ensure_ascii=False))


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool that the model wants called; `arguments` is text, as it came."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    # token and its logarithmic probability, where the server gives them
    logprobs: tuple[tuple[str, float], ...] = ()
    was_cut: bool = False


def ask(target: Target, question: Question) -> Reply:
    """Return what the model says.

    Raises ModelRefusedError when the server says no, ModelCallError when nothing usable comes:
    away, too slow, too large, sent elsewhere, not the protocol.
    """
    began = monotonic()
    with _in_words(target):
        status, body = _exchange(target, _body(target, question), deadline=began)
    if status != 200:
        raise _refusal(target, status, body)
    return _reply(target, question, body, seconds=monotonic() - began)


def estimated_tokens(n_characters: int) -> int:
    return n_characters // CHARS_OF_A_TOKEN + 1


def _body(target: Target, question: Question) -> JsonObject:
    body: JsonObject = {
        "model": target.model,
        "messages": list(question.messages),
        "max_tokens": question.max_tokens,
        "temperature": 0,
        "stream": False,
    }
    if question.schema is not None:
        form: JsonObject = {"name": "answer", "schema": question.schema, "strict": False}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if question.tools:
        body["tools"] = [{"type": "function", "function": each} for each in question.tools]
    if question.wants_logprobs:
        body["logprobs"] = True
    return body


def _exchange(target: Target, body: JsonObject, *, deadline: float) -> tuple[int, bytes]:
    """POST, following nothing, reading no more than allowed and no longer than allowed."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if target.api_key:
        headers["Authorization"] = f"Bearer {target.api_key}"
    ends_at = deadline + target.timeout_seconds
    timeout = httpx.Timeout(
        target.timeout_seconds, connect=min(CONNECT_SECONDS, target.timeout_seconds)
    )
    # trust_env off: no proxy and no .netrc of the machine takes part
    with (
        httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST",
            chat_url(target.base_url),
            json=body,
            headers=headers,
            extensions={"trace": _address_check(target)},
        ) as response,
    ):
        return response.status_code, _read(response, ends_at=ends_at)


def _read(response: httpx.Response, *, ends_at: float) -> bytes:
    found = bytearray()
    for piece in response.iter_raw():
        found += piece
        if len(found) > MAX_REPLY_BYTES:
            raise ModelCallError(
                _("The answer is larger than %d bytes; it was broken off.") % MAX_REPLY_BYTES
            )
        if monotonic() > ends_at:
            raise httpx.ReadTimeout("")
    return bytes(found)


def _address_check(target: Target) -> Any:
    """Return a hook that looks at the address once connected, before anything is sent."""
    is_tls = target.base_url.startswith("https://")

    def look(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            stream = info["return_value"]
            address = stream.get_extra_info("server_addr")
            try:
                check_connected(str(address[0]), is_tls=is_tls, base_url=target.base_url)
            except AddressNotAllowedError:
                stream.close()
                raise

    return look


@contextmanager
def _in_words(target: Target) -> Iterator[None]:
    """Turn what goes wrong on the way into a ModelCallError."""
    try:
        yield
    except httpx.TimeoutException:
        raise ModelCallError(
            _("The model did not answer within %(n)s seconds.") % {"n": target.timeout_seconds}
        ) from None
    except AddressNotAllowedError as error:
        raise ModelCallError(error.message) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        said = _hidden(target, str(error) or type(error).__name__)
        raise ModelCallError(_("The model's server can't be reached: %s") % said) from None


def _refusal(target: Target, status: int, body: bytes) -> ModelCallError:
    if 300 <= status < 400:
        # another address was not what the designer entered
        return ModelCallError(_("The server sends elsewhere (%d); that is not followed.") % status)
    said = _hidden(target, _error_text(body))
    message = _("The server answered %(status)d: %(said)s") % {"status": status, "said": said}
    if status >= 500:
        return ModelCallError(message)
    about_schema = status in (400, 404, 422, 501) and any(
        word in said.lower() for word in ABOUT_THE_SCHEMA
    )
    return ModelRefusedError(message, status=status, is_about_schema=about_schema)


def _error_text(body: bytes) -> str:
    """Return the protocol's own words for the fault; nothing else of the body is repeated."""
    try:
        found = parse_json(body, max_bytes=MAX_REPLY_BYTES)
    except DomainError:
        return _("no explanation")
    error = found.get("error") if isinstance(found, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    return text if isinstance(text, str) and text else _("no explanation")


def _hidden(target: Target, text: str) -> str:
    """Some servers repeat the key that they refuse."""
    shown = text.replace(target.api_key, HIDDEN) if target.api_key else text
    return " ".join(shown.split())[:MAX_ERROR_TEXT]


def _reply(target: Target, question: Question, body: bytes, *, seconds: float) -> Reply:
    try:
        found: Any = parse_json(body, max_bytes=MAX_REPLY_BYTES)
        choice = found["choices"][0]
        message = choice["message"]
        content = message.get("content") or ""
        if not isinstance(content, str):
            raise TypeError
        calls = tuple(_tool_call(each) for each in message.get("tool_calls") or [])
    except (DomainError, KeyError, IndexError, TypeError, AttributeError):
        raise ModelCallError(
            _("%(address)s does not speak the chat protocol of OpenAI.")
            % {"address": target.base_url}
        ) from None
    usage = found.get("usage")
    said = len(content) + sum(len(each.arguments) for each in calls)
    return Reply(
        content=content,
        calls=calls,
        tokens_in=_count(usage, "prompt_tokens", question.size),
        tokens_out=_count(usage, "completion_tokens", said),
        seconds=seconds,
        logprobs=_logprobs(choice),
        was_cut=choice.get("finish_reason") == "length",
    )


def _tool_call(call: Any) -> ToolCall:
    function = call["function"]
    arguments = function.get("arguments") or "{}"
    if not isinstance(arguments, str):
        # some local servers send the object itself
        arguments = json.dumps(arguments, ensure_ascii=False)
    return ToolCall(
        id=str(call.get("id") or "")[:100], name=str(function["name"])[:100], arguments=arguments
    )


def _count(usage: Any, name: str, n_characters: int) -> int:
    """Return the server's count of tokens, or ours where it gives none."""
    said = usage.get(name) if isinstance(usage, dict) else None
    if isinstance(said, int) and 0 <= said < 2**31:
        return said
    return estimated_tokens(n_characters)


def _logprobs(choice: Any) -> tuple[tuple[str, float], ...]:
    try:
        listed = choice["logprobs"]["content"]
        return tuple((str(each["token"]), float(each["logprob"])) for each in listed)
    except (KeyError, TypeError, ValueError):
        return ()
