from datetime import date

import pytest

from apps.demo.claims.making import N_EXAMPLES, made_texts, make_claim
from apps.demo.claims.reading import ClaimError, opened, read_claim, sender_of
from apps.demo.claims.words import CUSTOMERS, KINDS
from apps.demo.reading.classifier import train

TODAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def classifier():
    texts = made_texts(count=N_EXAMPLES, seed=1)
    found, report = train([text for text, _ in texts], [kind for _, kind in texts], seed=1)
    assert report.accuracy > 0.9
    assert report.calibration_error < 0.04
    return found


def test_what_a_claim_says_is_read_with_its_place(classifier):
    claim = next(
        made
        for seed in range(100)
        if not (made := make_claim(seed=seed, today=TODAY, kind="bank")).is_scribbled
    )

    found = {each.field: each for each in read_claim(claim.mail, classifier)}

    assert {name: each.value for name, each in found.items()} == {
        "kind": "bank",
        "number": claim.number,
        "customer": claim.customer,
        "contact": claim.person,
        "order_number": claim.order_number,
        "amount": f"{claim.amount:.2f}",
        "iban": claim.iban,
    }
    assert all(each.confidence > 0.9 for each in found.values())
    left, top, right, bottom = found["amount"].box
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    assert found["amount"].file == f"{claim.number}.pdf"
    assert found["order_number"].box[1] < top  # it stands above the amount


def test_the_sender_is_who_the_claim_says_it_is():
    claims = [make_claim(seed=seed, today=TODAY) for seed in range(60)]

    assert {claim.person for claim in claims} == {person for _customer, person in CUSTOMERS}
    assert all(sender_of(opened(claim.mail)) == claim.person for claim in claims)


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (b"From: jane@customers.example", "jane@customers.example"),
        (b"From: " + b"x" * 900 + b" <jane@customers.example>", "x" * 300),
        (b"From:", ""),
        (b"Subject: Claim CL-1", ""),
    ],
)
def test_a_sender_without_a_name_is_an_address_or_nobody(header, sender):
    assert sender_of(opened(header + b"\r\n\r\nBroken.")) == sender


def test_a_scribbled_order_number_is_a_guess_and_says_so(classifier):
    claim = next(
        made for seed in range(100) if (made := make_claim(seed=seed, today=TODAY)).is_scribbled
    )

    found = {each.field: each for each in read_claim(claim.mail, classifier)}

    assert found["order_number"].confidence < 0.2
    assert found["amount"].confidence > 0.9


def test_a_claim_that_may_mean_two_things_is_read_with_doubt(classifier):
    unclear = [make_claim(seed=seed, today=TODAY, is_unclear=True) for seed in range(20)]
    clear = [make_claim(seed=seed, today=TODAY, is_unclear=False) for seed in range(20)]

    def confidences(claims):
        return [read_claim(claim.mail, classifier)[0].confidence for claim in claims]

    assert max(confidences(unclear)) < 0.8
    assert min(confidences(clear)) > 0.9
    assert {claim.kind for claim in unclear} <= set(KINDS)


def test_the_same_seed_makes_the_same_claim():
    assert make_claim(seed=7, today=TODAY) == make_claim(seed=7, today=TODAY)
    assert make_claim(seed=7, today=TODAY).mail != make_claim(seed=8, today=TODAY).mail


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (b"", "no PDF"),
        (b"Subject: hi\n\nno attachment", "no PDF"),
        (
            b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: application/pdf\n"
            b"Content-Disposition: attachment; filename=a.pdf\n\nnot a pdf\n--x--\n",
            "can't be opened",
        ),
        (b"x" * (10 * 1024 * 1024 + 1), "too large"),
    ],
)
def test_what_is_no_claim_is_refused_with_a_sentence(classifier, mail, why):
    with pytest.raises(ClaimError, match=why):
        read_claim(mail, classifier)
