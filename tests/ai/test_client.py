"""The client against a server that speaks the protocol, badly, slowly, or not at all."""

import json

import pytest

from apps.ai import client
from apps.ai.addresses import chat_url, check_connected, checked_base_url
from apps.ai.client import Question, Target, ask
from apps.ai.exceptions import AddressNotAllowedError, ModelCallError, ModelRefusedError

HELLO = Question(messages=({"role": "user", "content": "Hello"},), max_tokens=50)
SECRET = "sk-very-secret"


def target(stub_model, **values):
    return Target(
        base_url=stub_model.url,
        model="stub-1",
        **{"api_key": SECRET, "timeout_seconds": 10, **values},
    )


def test_a_call_speaks_the_protocol(stub_model):
    stub_model.says("Hi", usage=(7, 2))

    reply = ask(target(stub_model), HELLO)

    (call,) = stub_model.calls
    assert (reply.content, reply.tokens_in, reply.tokens_out) == ("Hi", 7, 2)
    assert call.path == "/v1/chat/completions"
    assert call.headers["Authorization"] == f"Bearer {SECRET}"
    assert (call.body["model"], call.body["max_tokens"]) == ("stub-1", 50)
    assert "response_format" not in call.body


def test_a_server_that_does_not_count_tokens_is_counted_for(stub_model):
    stub_model.says("x" * 400, usage=None)

    reply = ask(target(stub_model), HELLO)

    assert reply.tokens_out == 101
    assert reply.tokens_in > 0


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"choices": []}', b'{"choices": [{}]}'])
def test_what_is_not_the_protocol_is_said_to_be_so(stub_model, body):
    stub_model.answers(body)

    with pytest.raises(ModelCallError, match="does not speak the chat protocol"):
        ask(target(stub_model), HELLO)


def test_a_refusal_says_what_the_server_said_but_never_the_key(stub_model):
    stub_model.fails(401, f"Incorrect API key provided: {SECRET}")

    with pytest.raises(ModelRefusedError) as refused:
        ask(target(stub_model), HELLO)

    assert "401" in refused.value.message
    assert "Incorrect API key" in refused.value.message
    assert SECRET not in refused.value.message


def test_the_key_is_in_no_repr():
    assert SECRET not in repr(Target(base_url="https://x", model="m", api_key=SECRET))


def test_a_body_that_is_not_the_protocols_is_not_repeated(stub_model):
    stub_model.answers(b"instance-id: i-0123456789", status=404)

    with pytest.raises(ModelRefusedError) as refused:
        ask(target(stub_model), HELLO)

    assert "i-0123" not in refused.value.message


def test_redirects_are_not_followed(stub_model):
    stub_model.answers(b"", status=307, headers={"Location": f"{stub_model.url}/elsewhere"})

    with pytest.raises(ModelCallError, match="not followed"):
        ask(target(stub_model), HELLO)

    assert len(stub_model.calls) == 1


def test_an_answer_that_is_too_large_is_broken_off(stub_model, monkeypatch):
    monkeypatch.setattr(client, "MAX_REPLY_BYTES", 1_000)
    stub_model.says("x" * 2_000)

    with pytest.raises(ModelCallError, match="larger than 1000 bytes"):
        ask(target(stub_model), HELLO)


def test_an_answer_that_does_not_come_is_not_waited_for(stub_model):
    stub_model.hangs()

    with pytest.raises(ModelCallError, match="did not answer within 0.2 seconds"):
        ask(target(stub_model, timeout_seconds=0.2), HELLO)


def test_a_server_that_is_not_there_is_said_to_be_away(stub_model):
    with pytest.raises(ModelCallError, match="can't be reached"):
        ask(Target(base_url="http://127.0.0.1:1/v1", model="m"), HELLO)


def test_tools_are_offered_and_their_calls_read(stub_model):
    stub_model.calls_tools(("add", {"a": 1}), ("add", "not json"))
    offered = ({"name": "add", "description": "", "parameters": {}},)

    reply = ask(target(stub_model), Question(messages=HELLO.messages, max_tokens=5, tools=offered))

    assert stub_model.calls[0].body["tools"][0]["function"]["name"] == "add"
    assert [each.arguments for each in reply.calls] == [json.dumps({"a": 1}), "not json"]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://models.example",
        "models.example",
        "https://",
        "https://user:word@models.example",
        "https://models.example/?q=1",
        "https://models.example/#x",
        "http://models.example",
        "http://10.0.0.7:8000/v1",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/v1",
        "https://[::ffff:169.254.169.254]/",
        "https://0.0.0.0/v1",
        "http://127.0.0.1.evil.example/v1",
        "https://models.example:port/",
    ],
)
def test_addresses_that_may_not_be_called_are_refused(address):
    with pytest.raises(AddressNotAllowedError):
        checked_base_url(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://models.example/v1",
        "http://localhost:11434",
        "http://127.0.0.1:8080/v1",
        "http://[::1]:1",
    ],
)
def test_addresses_of_models_are_taken(address):
    assert checked_base_url(f" {address}/ ") == address


def test_plain_http_into_the_network_needs_a_setting(settings):
    settings.AI_ALLOW_HTTP = True

    assert checked_base_url("http://10.0.0.7:8000/v1") == "http://10.0.0.7:8000/v1"


def test_a_name_is_judged_by_the_address_that_it_turned_out_to_be():
    with pytest.raises(AddressNotAllowedError):
        check_connected("169.254.169.254", is_tls=True, base_url="https://innocent.example")
    with pytest.raises(AddressNotAllowedError):
        check_connected("10.0.0.7", is_tls=False, base_url="http://localhost")
    check_connected("10.0.0.7", is_tls=True, base_url="https://models.example")
    check_connected("127.0.0.1", is_tls=False, base_url="http://localhost")


def test_the_check_runs_before_anything_is_sent(stub_model, monkeypatch):
    def refuse(*_args, **_named):
        raise AddressNotAllowedError("no")

    monkeypatch.setattr(client, "check_connected", refuse)

    with pytest.raises(ModelCallError, match="no"):
        ask(target(stub_model), HELLO)

    assert stub_model.calls == []


def test_the_version_is_added_to_an_address_that_leaves_it_out():
    assert chat_url("http://localhost:11434") == "http://localhost:11434/v1/chat/completions"
    assert chat_url("https://x/openai/v1") == "https://x/openai/v1/chat/completions"
