"""When two failures are the same one, from many examples and from what must always hold."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.failures.fingerprint import Fault, print_of
from apps.failures.normalising import MAX_PATTERN, pattern_of, values_of

SAME = {
    "numbers": ["Invoice 4711 not found", "Invoice 12 not found.", "Invoice 1,234,567 not found"],
    "numbers and ids": ["Invoice 4711 not found", "Invoice INV-2026/017 not found"],
    "amounts": ["1.234,50 EUR is too much", "€ 7 is too much", "12 CHF is too much"],
    "durations": ["Timeout after 31.2 s", "Timeout after 850ms", "Timeout after 2 minutes"],
    "one and many": ["1 row has no date", "17 rows has no date"],
    "lists": ["items 1, 2 and 3 are missing", "items 4 and 5 are missing"],
    "dates": [
        "due 2026-11-22 has passed",
        "due 22.11.2026 has passed",
        "due 11/22/2026 has passed",
        "due 12 Nov 2026 has passed",
        "due Nov 12, 2026 has passed",
        "due 3. März 2026 has passed",
    ],
    "times": [
        "stopped at 2026-11-22T18:43:27.123456+01:00",
        "stopped at 2026-11-22 18:43:27Z",
        "stopped at 18:43",
        "stopped at 6:43 pm",
    ],
    "uuids": [
        "job 3f2a9c1e-1111-2222-3333-444455556666 is gone",
        "job {3F2A9C1E-9999-2222-3333-444455556666} is gone",
        "job 3f2a9c1e111122223333444455556666 is gone",
    ],
    "windows paths": [
        r"Can't open C:\Users\bot7\Desktop\in.xlsx",
        r"Can't open D:\Shared Files\2026\a.xlsx",
        r"Can't open \\srv01\share\a b\c.xlsx",
    ],
    "paths": ["No right for /tmp/ab12/x.pdf", "No right for /var/lib/y", "No right for ~/in/z.csv"],
    "files": ["invoice.pdf has no pages", "scan-0017.pdf has no pages", "a_b.docx has no pages"],
    "quoted values": ['Value "A-1" is wrong', "Value 'Zürich, old' is wrong", "Value “x” is wrong"],
    "mail addresses": ["jdoe@example.com is locked", "anna.b@mail.example.org is locked"],
    "addresses on the net": ["10.0.0.7:5432 refused", "192.168.1.12:5432 refused"],
    "what was asked of a host": [
        "No answer from https://erp.example.com/api/invoices/12?x=1",
        "No answer from https://erp.example.com/api/orders/99",
    ],
    "machines of a row": [
        "No answer from https://erp-01.example.com/",
        "No answer from https://erp-2.example.com",
    ],
    "where in memory": ["<Form object at 0x7f3a2b11>", "<Form object at 0x10aa>"],
    "java objects": ["Form@1a2b3c4d failed", "Form@99ffe0 failed"],
    "positions": ["bad byte 0xff in position 12", "bad byte 0xfe in position 900"],
    "companies": [
        "Customer Müller GmbH not found in SAP",
        "Customer Schneider & Söhne KG not found in SAP",
        "Customer ACME Holding Inc. not found in SAP",
    ],
    "companies that lead": ["Müller GmbH is unknown", "ACME Ltd is unknown"],
    "people": ["The account of Mrs Smith is locked", "The account of Mr. John van Dyke is locked"],
    "what it is the name of": [
        "No mandate for customer Schmidt found",
        "No mandate for customer Anna Maria Weber found",
    ],
    "german names": ["Lieferant Müller ist gesperrt", "Lieferant Van Houten ist gesperrt"],
    "frames of a stack": [
        "Save failed\n\tat com.erp.Save.run(Save.java:12)\n\tat com.erp.Main.main(Main.java:1)",
        "Save failed\n\tat com.erp.Save.run(Save.java:99)\n\t... 12 more",
    ],
    "tracebacks": [
        'Traceback (most recent call last):\n  File "/a/b.py", line 3, in f\nValueError: no total',
        'Traceback (most recent call last):\n  File "/c.py", line 9, in g\nValueError: no total',
    ],
    "space and case": ["ERP  did not\tanswer", "erp did not answer ", "ERP did not answer."],
    "unreadable ends": ["Stopped…", "Stopped...", "stopped"],
}

DIFFERENT = [
    ("Invoice 4711 not found", "Order 4711 not found"),
    ("ORA-00942: not there", "ORA-01017: not there"),
    ("HTTP 404 from the ERP", "HTTP 503 from the ERP"),
    ("status code 401", "status code 500"),
    ("[Errno 13] while writing", "[Errno 28] while writing"),
    ("exit code 1", "exit code 137"),
    ("0x80070005", "0x80070020"),
    ("SQLSTATE[42P01]", "SQLSTATE[23505]"),
    ("Field 'amount' is missing", "Field 'supplier' is missing"),
    ('column "due_date" does not exist', 'column "total" does not exist'),
    ("'amount'", "'supplier'"),
    ("object has no attribute 'text'", "object has no attribute 'rows'"),
    ("No module named 'foo'", "No module named 'bar'"),
    ('waiting for locator("#save")', 'waiting for locator("#cancel")'),
    ("https://erp.example.com/x refused", "https://crm.example.com/x refused"),
    ("Customer Number missing", "Customer Address missing"),
    ("Lieferant IBAN fehlt", "Lieferant Steuernummer fehlt"),
    ("Feld Betrag fehlt", "Feld Lieferant fehlt"),
    ("The button is grey", "The window is gone"),
]


@pytest.mark.parametrize("name", SAME)
def test_messages_that_differ_only_in_what_varies_are_the_same(name):
    assert len({pattern_of(message) for message in SAME[name]}) == 1, [
        pattern_of(message) for message in SAME[name]
    ]


@pytest.mark.parametrize("name", SAME)
def test_a_pattern_still_says_something(name):
    for message in SAME[name]:
        assert any(each.isalpha() for each in pattern_of(message))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_messages_of_different_faults_stay_apart(one, other):
    assert pattern_of(one) != pattern_of(other)


def test_different_examples_are_different_faults():
    patterns = [pattern_of(messages[0]) for name, messages in SAME.items() if name != "numbers"]
    assert len(set(patterns)) == len(patterns)


@pytest.mark.parametrize(
    "message",
    ["can't open", "it's Anna's file", "and/or", "n/a", "5 km/h", "I/O error", "…", "", "?"],
)
def test_apostrophes_and_strokes_in_words_are_no_quotes_and_no_paths(message):
    assert "'" not in pattern_of(message) or "'" in message
    assert len(pattern_of(message)) <= len(message)


def test_what_the_item_holds_goes_wherever_it_stands_in_the_message():
    said = "The contract of {} with {} has ended"
    one = {"customer": {"name": "Anna Berg"}, "partners": [{"firm": "Nord Wind"}]}
    other = {"customer": {"name": "Łukasz O'Neil-Şahin"}, "partners": [{"firm": "Sonne"}]}
    first = pattern_of(said.format("Anna Berg", "Nord Wind"), values=values_of(one))
    second = pattern_of(said.format("Łukasz O'Neil-Şahin", "Sonne"), values=values_of(other))
    assert first == second == "the contract of … with … has ended"


def test_plain_words_of_the_item_stay_since_they_are_words_of_ours():
    assert pattern_of("Cannot open it", values=values_of({"state": "open"})) == "cannot open it"


def test_the_longest_value_goes_first_and_no_part_of_a_word_goes():
    values = values_of({"a": "Anna", "b": "Anna Berg"})
    assert pattern_of("for Anna Berg and Annabel", values=values) == "for … and annabel"


def test_names_go_when_a_code_says_which_fault_it_is():
    def cause(name, code):
        return print_of(fault(message=f"No contract of {name} in SAP", code=code)).cause

    assert cause("Anna Berg", "no_contract") == cause("Łukasz Şahin", "no_contract")
    assert cause("Anna Berg", "no_contract") != cause("Anna Berg", "contract_ended")
    # a code that says nothing is none
    assert cause("Anna Berg", "error") != cause("Łukasz Şahin", "error")


def test_the_same_error_in_two_versions_is_two_groups_of_one_cause():
    one, other = print_of(fault(version="13")), print_of(fault(version="14"))
    assert one.fingerprint != other.fingerprint
    assert one.cause == other.cause


def test_a_system_problem_declared_a_data_problem_is_another_group_of_one_cause():
    one, other = print_of(fault()), print_of(fault(kind="business_exception"))
    assert one.fingerprint != other.fingerprint
    assert one.cause == other.cause


@pytest.mark.parametrize(
    "change",
    [
        {"folder_id": 2},
        {"place": "queue:2"},
        {"error_class": "x.Other"},
        {"code": "other"},
        {"message": "Something else"},
    ],
)
def test_all_else_makes_another_cause(change):
    assert print_of(fault()).cause != print_of(fault(**change)).cause


def test_a_class_that_says_no_more_than_the_kind_makes_no_difference():
    plain = print_of(fault(error_class=""))
    assert print_of(fault(error_class="apps.bots.exceptions.ApplicationException")) == plain


def fault(**said):
    usual = {
        "folder_id": 1,
        "kind": "application_exception",
        "place": "queue:1",
        "error_class": "erp.Timeout",
        "code": "",
        "version": "1",
        "message": "The ERP did not answer",
    }
    return Fault(**{**usual, **said})


# --- what holds for all messages

varying = st.one_of(
    st.integers(0, 10**12).map(str),
    st.decimals(0, 10**6, places=2).map(str),
    st.uuids().map(str),
    st.datetimes().map(lambda at: at.isoformat()),
    st.dates().map(lambda day: day.strftime("%d.%m.%Y")),
    st.times().map(lambda at: at.strftime("%H:%M:%S")),
    st.ip_addresses(v=4).map(str),
    st.emails(domains=st.just("example.com")).filter(lambda each: "'" not in each),
    st.integers(100, 99_999).map(lambda n: f"INV-{n}"),
    st.text(string.ascii_letters + " äöü.,", min_size=1, max_size=30).map(lambda text: f'"{text}"'),
    st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=8), min_size=2, max_size=4).map(
        lambda parts: "/" + "/".join(parts)
    ),
)
WORDS = ["the", "booking", "order", "was", "refused", "by", "finance", "because", "nobody"]
words = st.lists(
    st.sampled_from(WORDS),
    min_size=1,
    max_size=6,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(words, varying, varying, words)
def test_whatever_varies_within_the_same_words_makes_no_difference(before, one, other, after):
    assert pattern_of(f"{before} {one} {after}") == pattern_of(f"{before} {other} {after}")


@settings(max_examples=300, deadline=None)
@given(words, words, words, words, varying)
def test_words_make_the_difference(before, after, before_too, after_too, value):
    same_words = (before, after) == (before_too, after_too)
    one, other = f"{before} {value} {after}", f"{before_too} {value} {after_too}"
    assert (pattern_of(one) == pattern_of(other)) == same_words


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=3_000), st.lists(st.text(max_size=300), max_size=20), st.booleans())
def test_any_text_has_a_short_pattern_that_is_always_the_same(message, values, is_coded):
    pattern = pattern_of(message, values=values, is_coded=is_coded)
    assert len(pattern) <= MAX_PATTERN
    assert pattern == pattern_of(message, values=list(reversed(values)), is_coded=is_coded)
    assert pattern == pattern.strip()
    assert "\n" not in pattern


@settings(max_examples=200, deadline=None)
@given(st.text("a1-_/.:#'\"@\\ A,…", max_size=1_000))
def test_no_mix_of_what_is_looked_for_takes_long_or_fails(message):
    assert len(pattern_of(message * 3)) <= MAX_PATTERN


NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜŁŞ"
name = st.tuples(st.sampled_from(NAMES), st.text("abcdefgäöüßłşé", min_size=2, max_size=12)).map(
    "".join
)


@settings(max_examples=200, deadline=None)
@given(words, st.lists(name, min_size=1, max_size=3), st.lists(name, min_size=1, max_size=3), words)
def test_a_name_that_the_item_holds_makes_no_difference(before, one, other, after):
    def pattern(parts):
        who = " ".join(parts)
        return pattern_of(f"{before} {who} {after}", values=values_of({"a": [{"b": who}]}))

    assert pattern(one) == pattern(other)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_values_are_found_in_any_data(data):
    for value in values_of({"whole": data}):
        assert 3 <= len(value) <= 200


def test_values_of_very_deep_data_are_found():
    deep = "Anna Berg"
    for _level in range(5_000):
        deep = [deep]
    assert values_of(deep) == ["Anna Berg"]
