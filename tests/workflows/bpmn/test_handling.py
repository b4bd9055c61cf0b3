"""How user tasks are handed out, as diagrams say it."""

import pytest

from tests.workflows.bpmn.checking import compiled, graph_of, problems_of
from tests.workflows.bpmn.test_element_templates import properties
from tests.workflows.models import process

RUNGS = (
    '<rpa:rung do="remind" atShare="0.5" /><rpa:rung do="reassign" afterSeconds="60" team="b" />'
    '<rpa:rung do="manager" atShare="1" /><rpa:rung do="decide" atShare="2" decision="no" />'
)
DECISIONS = '<rpa:decision key="yes" title="Yes" /><rpa:decision key="no" title="No" />'


def model(handling: str, decisions: str = DECISIONS) -> bytes:
    builder = process().start().user("enter").user("check").end()
    builder.elements["check"].extra = [decisions, handling]
    return builder.xml()


def handling_of(xml: bytes):
    return graph_of(xml).nodes["check"].work.handling


def test_all_that_can_be_said_is_read():
    said = handling_of(
        model(
            '<rpa:handling team="finance" assignment="round_robin" likeStep="enter"'
            ' notLikeSteps="enter" dueSeconds="3600" calendar="office" atRiskShare="0.5"'
            f' mayBulk="false">{RUNGS}</rpa:handling>'
        )
    )

    assert {name: said[name] for name in said if name != "ladder"} == {
        "team": "finance", "assignment": "round_robin", "like_step": "enter",
        "not_like_steps": ["enter"], "due_seconds": 3600, "calendar": "office",
        "at_risk_share": 0.5, "may_bulk": False,
    }  # fmt: skip
    assert [rung["do"] for rung in said["ladder"]] == ["remind", "reassign", "manager", "decide"]
    assert [rung["at_share"] for rung in said["ladder"]] == [0.5, None, 1.0, 2.0]
    assert said["ladder"][1]["after_seconds"] == 60


def test_what_is_not_said_is_left_to_the_rules_of_the_folder():
    assert handling_of(model("")) == {}
    assert handling_of(model('<rpa:handling votes="2" />')) == {"votes": 2}


def test_properties_say_the_same():
    rows = {
        "rpa:handling.team": "finance",
        "rpa:handling.votes": "2",
        "rpa:rung.1.do": "remind",
        "rpa:rung.1.atShare": "0.5",
        "rpa:rung.2.do": "decide",
        "rpa:rung.2.atShare": "1.5",
        "rpa:rung.2.decision": "no",
    }
    written = (
        '<rpa:handling team="finance" votes="2"><rpa:rung do="remind" atShare="0.5" />'
        '<rpa:rung do="decide" atShare="1.5" decision="no" /></rpa:handling>'
    )

    assert handling_of(model(properties(rows))) == handling_of(model(written))


def test_a_task_without_decisions_offers_to_complete():
    said = handling_of(
        model(
            '<rpa:handling><rpa:rung do="decide" atShare="1" decision="complete" /></rpa:handling>',
            decisions="",
        )
    )

    assert said["ladder"][0]["decision"] == "complete"


@pytest.mark.parametrize(
    ("handling", "complaint"),
    [
        ('<rpa:handling likeStep="nobody" />', "is no user task here"),
        ('<rpa:handling notLikeSteps="enter, ghost" />', "“ghost”, which is no user task"),
        ('<rpa:handling notLikeSteps="check" />', "names itself"),
        ('<rpa:handling assignment="best" />', "it can be: pool"),
        ('<rpa:handling votes="0" />', "is not a number from 1 to 50"),
        ('<rpa:handling atRiskShare="2" />', "is not a number from 0.01 to 1"),
        ('<rpa:handling mayBulk="maybe" />', "it can be: true, false"),
        ('<rpa:handling nonsense="1" />', "is not known"),
        ("<rpa:handling><rpa:rung atShare='1' /></rpa:handling>", "says not what to do"),
        ("<rpa:handling><rpa:rung do='remind' /></rpa:handling>", "needs a time, and one only"),
        (
            "<rpa:handling><rpa:rung do='remind' atShare='1' afterSeconds='2' /></rpa:handling>",
            "needs a time, and one only",
        ),
        (
            "<rpa:handling><rpa:rung do='decide' atShare='1' decision='maybe' /></rpa:handling>",
            "“maybe”, which the task does not offer",
        ),
        (
            "<rpa:handling><rpa:rung do='remind' atShare='1' decision='no' /></rpa:handling>",
            "names a decision",
        ),
        (
            "<rpa:handling><rpa:rung do='manager' atShare='1' team='x' /></rpa:handling>",
            "names a team",
        ),
    ],
)
def test_what_can_not_be_is_a_problem_of_the_step(handling, complaint):
    found = [problem for problem in problems_of(model(handling)) if complaint in problem.message]

    assert found, problems_of(model(handling))
    assert found[0].element == "check"


def test_several_people_are_not_handed_a_task_alone():
    found = compiled(model('<rpa:handling votes="2" assignment="round_robin" />'))

    assert any("needs several people" in warning.message for warning in found.warnings)
