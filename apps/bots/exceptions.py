"""What an automation raises to say why it could not do its work, and faults of running it."""

from apps.lib.errors import ConflictError, NotFoundError


class AutomationException(Exception):  # noqa: N818 - the words of the trade
    """Base of both kinds. `code` is for rules and statistics, `field` names the culprit."""

    def __init__(self, message: str, *, code: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


class BusinessException(AutomationException):
    """The data is wrong: trying again is pointless, a person must decide."""


class ApplicationException(AutomationException):
    """A system failed: trying again may help."""


class ItemTimeLimit(BaseException):
    """The work on one item took longer than allowed.

    Not an `Exception`, so that an automation's `except Exception` does not swallow it.
    """


class UnknownAutomationError(NotFoundError):
    """No automation of that name is registered in the code of this machine."""

    code = "unknown_automation"
    title = "Unknown automation"


class RunEndedError(ConflictError):
    """The run has ended already; there is nothing to stop."""

    code = "run_ended"
    title = "The run has ended already"


class BotNameTakenError(ConflictError):
    """A bot of that name is at work elsewhere; give this one another name with --name."""

    code = "bot_name_taken"
    title = "The name of the bot is taken"


class NoCanaryError(ConflictError):
    """No new version is being tried, so there is none to promote or to stop."""

    code = "no_canary"
    title = "No new version is being tried"
