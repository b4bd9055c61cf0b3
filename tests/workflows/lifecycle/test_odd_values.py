"""Values that can't be stored become incidents that people can repair, wherever they come."""

import pytest

from apps.lib.errors import InvalidError
from apps.workflows import lifecycle
from apps.workflows.models import DecisionEvaluation, Incident, Scope
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    decided,
    deployed,
    reloaded,
    started,
    work,
)
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

NUL = r'"a\u0000"'  # FEEL
DMN = r"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
 namespace="http://x"><decision id="odd" name="odd"><variable name="odd"/>
 <literalExpression><text>"a\u0000"</text></literalExpression></decision></definitions>"""


def test_a_text_with_nul_is_an_incident_of_the_step_that_makes_it():
    instance = started(deployed(process("p").start().script("odd", NUL, "x").service("b").end()))

    incident = Incident.objects.get()
    assert (incident.code, incident.node) == ("expression", "odd")
    assert "NUL" in incident.message
    decided(instance, "set_result", result={"x": "a"})
    assert Scope.objects.get(instance=instance).variables == {"x": "a"}
    assert_consistent()


def test_a_name_with_nul_is_one_too():
    odd = r'context put({}, "a\u0000", 1)'
    started(deployed(process("p").start().script("odd", odd, "x").end()))

    assert Incident.objects.get().code == "expression"


def test_a_value_that_grows_deeper_with_each_pass_ends_in_an_incident():
    folder = make_folder()
    model = (
        process("p").start().service("a")
        .script("deeper", "{inner: x}", "x").again_while("true", maximum=300).end()
    )  # fmt: skip
    instance = started(deployed(model, folder), x=1)

    work(folder, "a")

    incident = Incident.objects.get()
    assert (incident.code, incident.node) == ("expression", "deeper")
    assert "levels" in incident.message
    assert reloaded(instance).status == "running"
    assert_consistent()


def test_a_decision_whose_answer_cannot_be_kept_has_none():
    folder = make_folder()
    lifecycle.deploy_decision(folder, DMN.encode(), by=ANNA)
    started(deployed(process("p").start().rule("ask", "odd", "x").end(), folder))

    assert Incident.objects.get().code == "decision"
    with pytest.raises(InvalidError, match="NUL"):
        lifecycle.evaluate_decision(folder, "odd", {}, by=ANNA)
    assert not DecisionEvaluation.objects.exists()
