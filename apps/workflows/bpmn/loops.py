"""Loops of activities: several instances, and the standard loop."""

from apps.lib.feel import Expression
from apps.lib.texts import gettext as _
from apps.workflows.graph import Loop, MultiInstance, StandardLoop

from . import values
from .parts import Part

MULTI, STANDARD = "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"


def read_loop(part: Part) -> Loop | None:
    """Return how often an activity is done; None: once, or it was reported."""
    drawn = part.child(MULTI, STANDARD)
    if drawn is None:
        return None
    return _multi(drawn, part) if drawn.tag == MULTI else _standard(drawn, part)


def _multi(drawn: Part, part: Part) -> MultiInstance | None:
    words = {"name": part.label}
    zeebe = drawn.extension("zeebe:loopCharacteristics")
    cardinality = drawn.child("loopCardinality")
    collection = None
    if zeebe:
        collection = values.expression_in(
            zeebe, "inputCollection", _("The list of “%(name)s”") % words
        )
    count = (
        values.expression_of(cardinality, _("The count of “%(name)s”") % words)
        if cardinality
        else None
    )
    has_text = (zeebe and zeebe.get("inputCollection")) or (
        cardinality and cardinality.text.strip()
    )
    if not has_text:
        drawn.error(
            _("“%(name)s” has several instances, but no list and no count.") % words,
            _("Fill in the input collection, such as =lines."),
        )
    _refuse_behaviour(drawn, words)
    if not (collection or count):
        return None
    completion = drawn.child("completionCondition")
    tolerate = drawn.extension("rpa:tolerate")
    return MultiInstance(
        is_sequential=drawn.flag("isSequential"),
        collection=collection,
        cardinality=None if collection else count,
        element=values.variable(zeebe, "inputElement", _("The element of “%(name)s”") % words),
        output_collection=values.variable(
            zeebe, "outputCollection", _("The output collection of “%(name)s”") % words
        ),
        output_element=_output_element(zeebe, words) if zeebe else None,
        completion=values.expression_of(completion, _("The completion of “%(name)s”") % words),
        tolerate=values.decimal(tolerate, "share", _("The tolerated share"), most=1.0) or 0.0,
    )


def _output_element(zeebe: Part, words: dict[str, str]) -> Expression | None:
    what = _("The output element of “%(name)s”") % words
    if zeebe.get("outputCollection") and not zeebe.get("outputElement"):
        zeebe.error(
            _("“%(name)s” collects outputs, but does not say what of each instance.") % words,
            _("Fill in the output element, such as =result."),
        )
    return values.expression_in(zeebe, "outputElement", what)


def _refuse_behaviour(drawn: Part, words: dict[str, str]) -> None:
    if drawn.get("behavior", "All") != "All" or drawn.child("complexBehaviorDefinition"):
        drawn.error(
            _("“%(name)s” throws events while its instances end.") % words,
            _("Leave its behaviour at “All”; throw the event behind it."),
        )
    if drawn.child("loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem"):
        drawn.warn(
            _("The data drawn at the instances of “%(name)s” have no effect.") % words,
            _("Lists come from the input collection."),
        )


def _standard(drawn: Part, part: Part) -> StandardLoop | None:
    inner = drawn.child("loopCondition")
    what = _("The loop condition of “%(name)s”") % {"name": part.label}
    condition = values.expression_of(inner, what)
    maximum = values.whole(drawn, "loopMaximum", _("The most passes"), least=1)
    if condition is None and maximum is None and not (inner and inner.text.strip()):
        drawn.error(
            _("“%(name)s” loops without a condition or a maximum.") % {"name": part.label},
            _("Say while what it goes on, in FEEL."),
        )
    return StandardLoop(
        condition=condition,
        tests_before=drawn.flag("testBefore"),
        maximum=maximum,
    )
