"""Models and inputs damaged at random: a clear answer always, never a crash or a hang."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.lib.dmn import DmnError, evaluate, read_dmn
from apps.lib.errors import DomainError
from apps.lib.feel import FeelError, Limits
from tests.lib.dmn import tck
from tests.lib.dmn.models import decision, definitions, input_data, knowledge, literal, table

TEXT = re.compile(rb"<text>([^<]*)</text>")
TAG = re.compile(rb"</?([\w:]+)")
ATTRIBUTE = re.compile(rb'="([^"<]*)"')
LIMITS = Limits(steps=2_000, seconds=0.5, size=50_000)

SOUND = definitions(
    '<itemDefinition name="tKind"><typeRef>string</typeRef><allowedValues>'
    '<text>"a", "b"</text></allowedValues></itemDefinition>',
    input_data("amount", "number"),
    input_data("kind", "tKind"),
    knowledge("double it", [("n", "number")], literal("n * 2")),
    decision("Base", literal("double it(amount)"), inputs=["amount"], knowledge=["double_it"]),
    decision(
        "Level",
        table(
            [["> 10", '"a"', '"x"', "1"], ["[1..5)", 'not("a")', '"y"', "Base"]],
            inputs=["Base", "kind"],
            outputs=["mark", "rate"],
            values=['"x", "y"'],
            policy="OUTPUT ORDER",
        ),
        inputs=["kind"],
        decisions=["Base"],
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def all_asked(model, context):
    """Evaluate everything; what may be refused is refused with an error of ours."""
    for name in model.by_name:
        try:
            evaluate(model, name, context, limits=LIMITS).to_json()
        except (DomainError, FeelError):
            continue


def swapped(xml, data, pattern):
    """Return `xml` with one find of the pattern written over another."""
    found = list(pattern.finditer(xml))
    if not found:
        return xml
    to, source = data.draw(st.sampled_from(found)), data.draw(st.sampled_from(found))
    return xml[: to.start(1)] + source.group(1) + xml[to.end(1) :]


def test_the_sound_model_is_sound():
    model = read_dmn(SOUND)

    assert evaluate(model, "Level", {"amount": 6, "kind": "a"}).value[0]["mark"] == "x"


@quick
@given(data=st.data())
def test_damaged_models_are_refused_or_run(data):
    xml = SOUND
    for _ in range(data.draw(st.integers(1, 4))):
        xml = swapped(xml, data, data.draw(st.sampled_from([TEXT, TAG, ATTRIBUTE])))

    try:
        model = read_dmn(xml, tolerant=True)
    except DmnError:
        return
    all_asked(model, {"amount": data.draw(VALUES), "kind": data.draw(VALUES)})


@quick
@given(text=st.text(alphabet="0123 ab\"'()[]{}<>=.,-+*?!:@\n", max_size=30))
def test_any_text_in_a_cell_is_refused_or_run(text):
    xml = definitions(decision("D", table([[text, "1"]], inputs=["x"])))

    all_asked(read_dmn(xml, tolerant=True), {"x": 1})


@quick
@given(context=st.dictionaries(st.sampled_from(["amount", "kind", "Base", "x"]), VALUES))
def test_any_input_is_answered(context):
    all_asked(read_dmn(SOUND), context)


@pytest.mark.skipif(not tck.KIT.is_dir(), reason="the DMN TCK is not there; set TCK to its place")
def test_models_of_the_kit_that_are_cut_short_are_refused():
    for path in sorted(tck.KIT.glob("*/*/*.dmn"))[::15]:
        xml = path.read_bytes().rstrip()
        for cut in range(0, len(xml), max(1, len(xml) // 10)):
            with pytest.raises(DmnError):
                read_dmn(xml[:cut], tolerant=True)
