"""Files that are no decision models, too large or hostile, and models of every version."""

import pytest

from apps.lib.dmn import DmnError, evaluate, read_dmn
from apps.lib.dmn.markup import MAX_BYTES, MAX_DEPTH, NAMESPACES
from tests.lib.dmn.models import decision, definitions, literal

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="&d;" namespace="x"/>"""

FETCHING = b"""<!DOCTYPE definitions SYSTEM "http://127.0.0.1:9/x.dtd" [
<!ENTITY passwords SYSTEM "file:///etc/passwd">]>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="&passwords;"/>"""


def refusal_of(xml):
    with pytest.raises(DmnError) as raised:
        read_dmn(xml)
    return raised.value.message


@pytest.mark.parametrize("version", NAMESPACES)
def test_models_of_every_version_are_read(version):
    model = read_dmn(definitions(decision("Answer", literal("6 * 7")), version=version))

    assert evaluate(model, "Answer", {}).value == 42


@pytest.mark.parametrize("xml", [BOMB, FETCHING], ids=["bomb", "fetching"])
def test_document_types_and_entities_are_refused(xml):
    message = refusal_of(xml)

    assert "document type" in message or "not well-formed" in message


@pytest.mark.parametrize(
    "xml", [b"", b"no xml", b"<definitions>", b"\x00\x01", "<a>\u00e4</a>".encode("latin-1")]
)
def test_what_is_not_xml_is_refused(xml):
    assert "not well-formed XML" in refusal_of(xml)


@pytest.mark.parametrize(
    "xml",
    [b"<html/>", b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>"],
    ids=["html", "bpmn"],
)
def test_other_xml_is_refused_by_its_root(xml):
    assert "no DMN model" in refusal_of(xml)


def test_too_large_a_file_is_refused_unread():
    assert "larger than" in refusal_of(b" " * (MAX_BYTES + 1))


def test_too_deep_a_file_is_refused():
    deep = "<list>" * MAX_DEPTH + "</list>" * MAX_DEPTH

    assert "nested too deep" in refusal_of(definitions(decision("Deep", deep)))


def test_comments_and_instructions_inside_texts_do_no_harm():
    text = "<literalExpression><text>1 <!-- one -->+ <?x?>2</text></literalExpression>"

    assert evaluate(read_dmn(definitions(decision("Sum", text))), "Sum", {}).value == 3


def test_qualified_type_names_of_dmn_1_1_lose_their_prefix():
    xml = definitions(decision("Sum", literal("1 + 1"), type_ref="feel:number")).replace(
        b'id="model"', b'id="model" xmlns:feel="http://www.omg.org/spec/FEEL/20140401"'
    )

    assert evaluate(read_dmn(xml), "Sum", {}).value == 2
