"""Damaged models: whatever was cut out or put in, the answer is a graph or a list of problems."""

import random
from pathlib import Path

import pytest
from django.conf import settings
from lxml import etree

from apps.workflows.bpmn import ModelError, Problem, compile_model, convert_camunda7, read_model
from tests.workflows.models import (
    compensation,
    error,
    link,
    message,
    process,
    signal,
    timer,
)  # fmt: skip

MODELS = Path(settings.BASE_DIR).parent / "shared" / "models"
ROUNDS = 25
ODD = [
    "",
    " ",
    "=",
    "=(",
    "${",
    "${a.b()}",
    "-1",
    "true",
    "gone",
    "ü\n",
    "x" * 300,
    "PT1H",
    "R3/PT1S",
]


def everything() -> bytes:
    """Return a model with something of all that is executed."""
    return (
        process().input_schema({"type": "object"}).start()
        .service("a", retries=3).work(priority="5").policy({"then": "skip"}).inputs(x="=y")
        .each("list", output="r", output_element="=x", tolerate=0.1)
        .user("u", form={"type": "object"}, assignee="=b", decisions={"ok": "OK"})
        .inclusive("g").when("a > 1").script("s", "1", "r").inclusive("j").rule("d", "t", "r")
        .at("g").otherwise().call("c", "child").to("j").at("d").event_based("w")
        .catch("m", message("m", "=k")).throw("l", link("A")).at("w")
        .catch("t", timer(duration="PT1H")).throw("b", compensation()).end("e1", error("E"))
        .apart().catch("on", link("A")).subprocess("p").start("i").manual("n").again_while("x")
        .end("o").done().end("e2").boundary("p", "q", error("E", code_variable="c")).end("e3")
        .event_subprocess("v").start("z", signal("z")).end("y").done()
        .apart().service("undo").undone_by("a", "undo").xml()
    )  # fmt: skip


def damaged(xml: bytes, seed: int) -> bytes:
    dice = random.Random(seed)
    root = etree.fromstring(xml)
    for _ in range(dice.randint(1, 6)):
        victims = [each for each in root.iter("*") if each is not root]
        if victims:
            _damage(dice.choice(victims), dice.choice(victims), dice)
    return etree.tostring(root)


def _damage(victim, other, dice: random.Random) -> None:
    how = dice.choice(["remove", "attribute", "text", "tag", "move", "copy", "id"])
    names = list(victim.attrib)
    if how == "remove":
        victim.getparent().remove(victim)
    elif how == "attribute" and names:
        victim.set(dice.choice(names), dice.choice(ODD))
    elif how == "text":
        victim.text = dice.choice(ODD)
    elif how == "tag":
        victim.tag = other.tag
    elif how == "move" and victim not in other.iterancestors() and victim is not other:
        other.append(victim)
    elif how == "copy":
        other.append(etree.fromstring(etree.tostring(victim)))
    elif how == "id" and other.get("id"):
        victim.set("id", other.get("id"))


def problems(xml: bytes, *, convert: bool) -> list[Problem]:
    """Return what stands against a model; anything but a list of problems fails the test."""
    try:
        model = read_model(xml)
        compile_model(convert_camunda7(model).model if convert else model)
    except ModelError as error:
        return error.problems or [Problem("", 0, "")]
    return []


def answer(xml: bytes) -> None:
    for convert in (False, True):
        assert all(each.message for each in problems(xml, convert=convert)), xml


def test_everything_compiles_before_it_is_damaged():
    assert len(compile_model(read_model(everything())).graphs[0].nodes) > 25


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_damaged_model_is_answered(seed):
    for n in range(6):
        answer(damaged(everything(), seed * 100 + n))


@pytest.mark.skipif(not MODELS.exists(), reason="the models are not here")
def test_damaged_models_of_others_are_answered():
    paths = sorted([*MODELS.glob("bpmn-miwg/*.bpmn"), *MODELS.glob("camunda7/*/*.xml")])
    small = [path for path in paths if path.stat().st_size < 100_000]
    for n, path in enumerate(small[::4]):
        answer(damaged(path.read_bytes(), n))
