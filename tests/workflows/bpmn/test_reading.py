import pytest

from apps.workflows.bpmn import ModelError, read_model
from apps.workflows.bpmn.reading import MAX_BYTES, MAX_DEPTH
from tests.workflows.bpmn.checking import refused
from tests.workflows.models import process, timer


def test_a_model_says_which_processes_it_has_and_its_dialect():
    model = read_model(process("invoice", name="Invoices\n in").start().end().xml())

    assert [(p.id, p.name, p.is_executable) for p in model.processes] == [
        ("invoice", "Invoices in", True)
    ]
    assert model.dialect == "none"


@pytest.mark.parametrize(
    ("xml", "dialect"),
    [
        (process().start().service("a").end().xml(), "zeebe"),
        (process().start().user("a", form={}).end().xml(), "zeebe"),
        (process().start().manual("a", **{"camunda:assignee": "kermit"}).end().xml(), "camunda"),
        (process().start().catch("a", timer(duration="${wait}")).end().xml(), "camunda"),
        (process().start().end().xml(), "none"),
    ],
)
def test_the_dialect_is_told_by_what_is_used(xml, dialect):
    assert read_model(xml).dialect == dialect


@pytest.mark.parametrize("xml", [b"", b"hello", b"<a>", b"<a></b>", b"\x00\x01", b"<a>&nbsp;</a>"])
def test_broken_xml_is_refused_with_a_sentence(xml):
    problem = refused(xml)

    assert "not well-formed XML" in problem.message
    assert problem.advice


def test_broken_xml_names_the_line():
    assert refused(b"<a>\n<b>\n</a>").line == 3


def test_xml_that_is_no_bpmn_is_refused():
    assert "no BPMN model" in refused(b"<svg xmlns='http://www.w3.org/2000/svg' />").message


BOMB = b"""<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">%s]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">%s</definitions>"""
LEVELS = b"".join(
    b'<!ENTITY %s "%s">' % (bytes([98 + n]), b"&%s;" % bytes([97 + n]) * 10) for n in range(9)
)


@pytest.mark.parametrize(
    "xml",
    [
        BOMB % (LEVELS, b"&j;"),
        BOMB % (LEVELS, b'<process id="&j;" />'),
        BOMB % (b'<!ENTITY x SYSTEM "file:///etc/passwd">', b"&x;"),
        BOMB % (b'<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', b"&x;"),
        BOMB % (b'<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;', b""),
        (BOMB % (b"", b"")).decode().encode("utf-16"),
    ],
    ids=["bomb", "bomb in an attribute", "file", "address", "parameter", "UTF-16"],
)
def test_document_types_and_entities_are_refused(xml):
    problem = refused(xml)

    assert "document type" in problem.message or "not well-formed" in problem.message
    assert "root:" not in problem.message


def test_files_of_more_than_five_megabytes_are_refused():
    big = process().start().manual("a", name="x" * MAX_BYTES).end().xml()

    assert "larger than 5 MB" in refused(big).message


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 300, 100_000])
def test_deep_nesting_is_refused(depth):
    xml = b"<a>" * depth + b"</a>" * depth

    message = refused(xml).message

    assert "nested too deep" in message or "not well-formed" in message


def test_very_many_elements_are_refused():
    assert "too many elements" in refused(b"<a>" + b"<b/>" * 150_000 + b"</a>").message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings_are_those_that_the_file_declares(encoding):
    text = process(name="Prüfung").start().end().xml().decode()
    xml = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)

    assert read_model(xml).processes[0].name == "Prüfung"


def test_a_document_type_in_a_text_is_only_text():
    xml = process().start().manual("a", body="<bpmn:documentation>"
        "<![CDATA[<!DOCTYPE html>]]></bpmn:documentation>").end().xml()  # fmt: skip

    assert read_model(xml).element("a") is not None


def test_the_error_is_one_for_people_with_a_field_for_each_problem():
    with pytest.raises(ModelError) as caught:
        read_model(b"<a>")

    assert caught.value.status == 422
    assert [field.message for field in caught.value.fields] == [str(caught.value.problems[0])]
