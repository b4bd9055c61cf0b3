"""Which tasks are alike."""

from apps.inbox.alike import alike_of, fingerprint

FORM = {"properties": {"total": {}, "vendor": {}}}


def sign(kind="data_problem", **given):
    return alike_of(kind, **{"place": "queue:1", "form": FORM, **given})


def test_one_place_form_and_code_make_tasks_alike_whatever_the_reason():
    assert sign(code="sum", reason="110 is not 100") == sign(code="sum", reason="7 is not 8")
    assert sign(code="sum") != sign(code="vendor")
    assert sign(code="sum") != sign(code="sum", place="queue:2")
    assert sign(code="sum") != sign(code="sum", form={"properties": {"total": {}}})
    assert sign(code="sum") != sign("form", code="sum")


def test_without_a_code_the_reason_stands_for_it_but_for_what_differs():
    one = sign(reason="The lines of “INV-7” add up to 110.00, not 100.00.")
    other = sign(reason="The lines of “INV-8” add up to 9.50,  not 9.")

    assert one == other
    assert one != sign(reason="The vendor is not known.")
    assert fingerprint("Mail bea@example.org about C:\\in\\7.pdf") == "mail # about #"


def test_what_each_document_says_is_like_no_other():
    assert sign("validation") == sign("second_look") == sign("unknown_effect") == ""
