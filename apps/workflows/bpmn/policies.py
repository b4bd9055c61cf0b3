"""What to do when a bot's try failed: rpa:errorPolicy."""

from typing import Final, Literal, cast

from apps.lib.texts import gettext as _
from apps.workflows.graph import ErrorPolicy, PolicyRule

from . import values
from .parts import Part

Then = Literal["retry", "skip", "person", "stop"]
THEN: Final = ("retry", "skip", "person", "stop")
ERRORS: Final = ("business", "application")
BACKOFFS: Final = ("fixed", "exponential")
Backoff = Literal["fixed", "exponential"]


def read_policy(part: Part) -> ErrorPolicy:
    """Return the error policy of a task or process; an empty one where there is none."""
    policy = part.extension("rpa:errorPolicy")
    if policy is None:
        return ErrorPolicy()
    return ErrorPolicy(
        rules=tuple(_rule(each) for each in policy.children("rpa:rule")),
        default_output=values.given(policy, "defaultOutput", _("The default output")),
    )


def _rule(part: Part) -> PolicyRule:
    then = values.one_of(part, "then", THEN, _("What a rule leads to"))
    if not part.get("then"):
        part.error(_("A rule of the error policy does not say what to do."),
                _("Set “then” to retry, skip, person or stop."))  # fmt: skip
    what = _("A number of the error policy")
    return PolicyRule(
        then=cast("Then", then or "stop"),
        error=cast("Literal['business', 'application'] | None",
            values.one_of(part, "error", ERRORS, _("The kind of error"))),
        code=part.get("code") or None,
        error_class=part.get("errorClass") or None,
        attempt_at_least=values.whole(part, "attemptAtLeast", what, least=1) or 1,
        when=values.expression_in(part, "when", _("The condition of a rule")),
        delay_seconds=values.decimal(part, "delaySeconds", what),
        backoff=read_backoff(part),
        max_attempts=values.whole(part, "maxAttempts", what, least=1, most=1000),
    )  # fmt: skip


def read_backoff(part: Part | None) -> Backoff | None:
    return cast("Backoff | None", values.one_of(part, "backoff", BACKOFFS, _("The back-off")))
