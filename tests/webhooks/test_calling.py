"""One call: where it may go, how long it may take, what counts as taken."""

import socket
from time import monotonic

import pytest

from apps.lib.errors import InvalidError
from apps.lib.hosts import addresses_of, is_public
from apps.webhooks.calling import Call, check_url, send
from tests.webhooks.receivers import raw_receiver


def call(url: str, *, seconds: float = 10):
    headers = {"Content-Type": "application/json", "webhook-id": "msg_1"}
    return send(Call(url=url, headers=headers, body=b'{"n": 1}'), total_seconds=seconds)


def test_what_is_sent_arrives_as_it_is_and_the_answer_is_kept(outside):
    outside.headers = {"X-Trace": "abc"}

    answer = call(outside.url)

    assert (answer.status, answer.is_taken, answer.body) == (200, True, "thanks")
    assert answer.headers["x-trace"] == "abc"
    assert outside.heard == [b'{"n": 1}']
    assert outside.heads[0]["webhook-id"] == "msg_1"
    assert outside.heads[0]["host"] == f"127.0.0.1:{outside.port}"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 429, 500, 503])
def test_whatever_is_not_2xx_is_not_taken_and_nothing_is_followed(outside, status):
    outside.status, outside.headers = status, {"Location": outside.url}

    answer = call(outside.url)

    assert (answer.status, answer.is_taken) == (status, False)
    assert str(status) in answer.error
    assert len(outside.heard) == 1


def test_one_that_hangs_is_left_at_the_deadline(outside):
    outside.go_on.clear()

    answer = call(outside.url, seconds=0.4)

    assert (answer.status, answer.is_taken) == (0, False)
    assert "seconds" in answer.error


@pytest.mark.parametrize(
    "begins",
    [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 100 Continue\r\n"],
)
def test_one_that_drips_its_headers_is_left_at_the_deadline(begins):
    begun = monotonic()
    with raw_receiver(begins, drip_seconds=0.05) as port:
        answer = call(f"http://127.0.0.1:{port}/", seconds=0.5)

    assert not answer.is_taken
    assert monotonic() - begun < 20


def test_one_that_drips_its_body_has_taken_it():
    with raw_receiver(b"HTTP/1.1 200 OK\r\n\r\nhello", drip_seconds=0.05) as port:
        answer = call(f"http://127.0.0.1:{port}/", seconds=0.5)

    assert answer.is_taken
    assert answer.body.startswith("hello")


@pytest.mark.parametrize(
    "said",
    [b"", b"\x00\xff\xfe\r\n\r\n", b"220 smtp.example.com ESMTP\r\n", b"HTTP/1.1 999999 x\r\n\r\n"],
)
def test_what_is_not_http_is_not_taken(said):
    with raw_receiver(said) as port:
        answer = call(f"http://127.0.0.1:{port}/")

    assert not answer.is_taken
    assert answer.error


def test_a_flood_of_headers_and_body_is_not_kept():
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"h%d: v\r\n" % n for n in range(90)) + b"\r\n"
    with raw_receiver(head, b"\x00" + b"y" * 1_000_000) as port:
        answer = call(f"http://127.0.0.1:{port}/")

    assert answer.is_taken
    assert len(answer.headers) <= 30
    assert len(answer.body) <= 2_000
    assert "\x00" not in answer.body


def test_nobody_there_is_said():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert call(f"http://127.0.0.1:{port}/").error == "Nothing listens there."


def test_without_tls_where_tls_is_expected_it_is_not_taken(outside):
    answer = call(outside.url.replace("http://", "https://"))

    assert (answer.status, answer.is_taken) == (0, False)
    assert outside.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:9/",
        "https://localhost/",
        "https://127.0.0.2/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://224.0.0.1/",
        "https://user:word@example.com/",
        "https://nobody.invalid/",
        "https://exa mple.com/",
        "https://example.com\r\nX: y/",
        "https://exämple.com/",
        "https://example.com:99999/",
        "https://[::/",
        "ftp://example.com/",
        "//example.com/",
        "javascript:alert(1)",
        "",
    ],
)
def test_addresses_of_our_network_and_nonsense_are_refused_in_a_sentence(url):
    with pytest.raises(InvalidError) as refused:
        check_url(url)

    assert refused.value.message.endswith((".", ")."))
    assert not call(url).is_taken


def test_plain_http_is_for_hosts_that_are_named(settings):
    check_url("http://127.0.0.1:8123/x")
    settings.WEBHOOK_HOSTS = frozenset()

    with pytest.raises(InvalidError, match="https"):
        check_url("http://127.0.0.1:8123/x")


def test_a_name_that_answers_differently_a_moment_later_leads_nowhere(
    outside, settings, monkeypatch
):
    """Looked up once: what a rebinding server would answer next is never asked for."""
    settings.WEBHOOK_HOSTS = frozenset({"rebound.example"})
    asked = []

    def look_up(host, port, *_rest, **_named):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *rest, **named: (
            look_up(host, port) if host == "rebound.example" else real(host, port, *rest, **named)
        ),
    )

    answer = call(outside.url.replace("127.0.0.1", "rebound.example"))

    assert answer.is_taken
    assert asked == ["rebound.example"]


def test_one_inner_address_among_several_is_enough_to_refuse(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
        for address in ("93.184.216.34", "10.1.2.3")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_rest, **_named: found)

    with pytest.raises(InvalidError, match="inside our network"):
        addresses_of("mixed.example", None, allowed=frozenset(), setting="WEBHOOK_HOSTS")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)
