"""What to do when a bot's try failed: rpa:errorPolicy."""

from typing import Final, Literal, cast

from apps.lib.texts import gettext as _
from apps.workflows.graph import ErrorPolicy, PolicyRule

from . import bounds, values
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
    rules = list(policy.children("rpa:rule"))
    if len(rules) > bounds.MAX_RULES:
        policy.error(
            _("The error policy has more than %(n)d rules.") % {"n": bounds.MAX_RULES},
            _("Put some of them together, with * in their codes."),
        )
    return ErrorPolicy(
        rules=tuple(_rule(each) for each in rules),
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
        code=_pattern(part, "code"),
        error_class=_pattern(part, "errorClass"),
        attempt_at_least=values.whole(
            part, "attemptAtLeast", what, least=1, most=bounds.MAX_ATTEMPTS) or 1,
        when=values.expression_in(part, "when", _("The condition of a rule")),
        delay_seconds=values.decimal(part, "delaySeconds", what, most=bounds.MAX_DELAY_SECONDS),
        backoff=read_backoff(part),
        max_attempts=values.whole(part, "maxAttempts", what, least=1, most=bounds.MAX_ATTEMPTS),
    )  # fmt: skip


def _pattern(part: Part, attribute: str) -> str | None:
    text = part.get(attribute)
    if len(text) > bounds.MAX_PATTERN:
        part.error(
            _("A rule's “%(name)s” has more than %(n)d characters.")
            % {"name": attribute, "n": bounds.MAX_PATTERN},
            _("Use * for the rest."),
        )
    return text or None


def read_backoff(part: Part | None) -> Backoff | None:
    return cast("Backoff | None", values.one_of(part, "backoff", BACKOFFS, _("The back-off")))
