"""Secrets show themselves to nobody by accident, in whatever form they get into a text."""

import base64
import html
import json
import logging
import pickle
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from apps.lib.secrecy import (
    MASK,
    Secret,
    forget_kept_out,
    is_anything_kept_out,
    keep_out,
    masked,
    masked_json,
)

TEXT = "hün\"ter's & <7>/%\\"


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    forget_kept_out()
    yield
    forget_kept_out()


def test_a_secret_is_dots_however_it_is_written():
    secret = Secret(TEXT)

    written = [str(secret), repr(secret), f"{secret}", f"{secret!r:>9}", f"{secret:s}"]

    assert all(MASK in each and "hün" not in each for each in written)
    assert repr({"password": [secret]}) == "{'password': [•••]}"
    assert secret.reveal() == TEXT


def test_a_secret_goes_into_no_json_and_no_pickle():
    with pytest.raises(TypeError):
        json.dumps({"password": Secret(TEXT)})
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TEXT))


def test_secrets_are_compared_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


@pytest.mark.parametrize(
    "written",
    [
        TEXT,
        repr(TEXT),
        str(ValueError(TEXT)),
        repr({"password": TEXT}),
        json.dumps({"password": TEXT}),
        json.dumps({"password": TEXT}, ensure_ascii=False),
        quote(TEXT),
        urlencode({"password": TEXT}),
        TEXT.encode().hex(),
        repr(TEXT.encode()),
        "Basic " + base64.b64encode(f"user:{TEXT}".encode()).decode(),
        "Basic " + base64.b64encode(f"us:{TEXT}".encode()).decode(),
        "Basic " + base64.b64encode(f"u:{TEXT}!".encode()).decode(),
        base64.urlsafe_b64encode(TEXT.encode()).decode(),
        html.escape(TEXT),
    ],
)
def test_what_a_process_was_given_is_masked_in_every_form_it_takes(written: str):
    keep_out(Secret(TEXT))

    left = masked(f"begin {written} end")

    assert left.startswith("begin ")
    assert left.endswith(" end")
    assert MASK in left
    assert "ter" not in left
    assert base64.b64encode(TEXT.encode()).decode()[4:12] not in left


def test_json_is_masked_to_its_leaves_and_names():
    keep_out(Secret("hunter2"))

    found = masked_json({"a": ["x hunter2", 7, None], "hunter2": {"b": ("hunter2",)}})

    assert found == {"a": [f"x {MASK}", 7, None], MASK: {"b": [MASK]}}


def test_of_a_key_with_many_lines_each_line_is_masked():
    keep_out(Secret("-----BEGIN KEY-----\nAAAABBBB\n-----END KEY-----\n"))

    assert "AAAABBBB" not in masked("broke at line AAAABBBB")


def test_nothing_is_masked_where_no_secret_was_given_nor_for_a_few_letters():
    assert not is_anything_kept_out()
    assert masked("as it is") == "as it is"

    keep_out(Secret("is"))

    assert masked("as it is") == "as it is"


def test_a_log_line_of_such_a_process_holds_dots():
    from controlroom.logs import mask_kept_secrets

    keep_out(Secret("hunter2"))
    record = logging.makeLogRecord({"msg": "x"})
    event = {"event": "login with hunter2", "more": {"a": ["hunter2"]}, "n": 1, "odd": record}

    found = mask_kept_secrets(None, "info", {**event, "error": ValueError("no hunter2")})

    assert "hunter2" not in str(found)
    assert found["event"] == f"login with {MASK}"
    assert found["n"] == 1
