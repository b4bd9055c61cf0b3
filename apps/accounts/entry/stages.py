"""What stands between the first proof and being signed in. Until all of it is done nobody is:
no page, no socket and no call knows the person."""

from typing import Any

from allauth.account.internal.stagekit import clear_login, stash_login
from allauth.account.stages import LoginStage, LoginStageController
from allauth.core.internal.httpkit import headed_redirect_response
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse

from apps.accounts.models import SignInProvider, User

from .policy import has_second_factor, needs_second_factor

PROVIDER = "provider"  # in the state of a sign-in: the key of the service that vouched
ENROLLED = "is_set_up"


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # untyped
    """Whoever has a second factor shows it, unless the passkey or the service was both."""

    def _should_handle(self, request: HttpRequest) -> bool:
        wanted: bool = super()._should_handle(request)
        return wanted and not _came_by_both(self.login)


class SetUpStage(LoginStage):  # type: ignore[misc]  # untyped
    """Whoever has to have a second factor, and has none, sets one up now."""

    key = "second_factor_set_up"
    urlname = "sign_in_set_up"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        person = self.login.user
        if not isinstance(person, User) or _came_by_both(self.login):
            return None, True
        if has_second_factor(person) or not needs_second_factor(person):
            return None, True
        return headed_redirect_response(self.urlname), True


def stage_of(request: HttpRequest, key: str) -> LoginStage | None:
    """Return the stage that the sign-in of this session is at, if it is the one with `key`.

    None, too, once the person was disabled meanwhile.
    """
    if request.user.is_authenticated:
        return None
    stage = LoginStageController.enter(request, key)
    person = stage.login.user if stage else None
    if not isinstance(person, User) or not person.is_active:
        clear_login(request)
        return None
    return stage


def keep_state(request: HttpRequest, stage: LoginStage, **more: Any) -> None:
    """Note something about the stage for the requests to come."""
    stage.state.update(more)
    stash_login(request, stage.login)


def _came_by_both(login: Any) -> bool:
    key = login.state.get(PROVIDER)
    if not key:
        return False
    return SignInProvider.objects.filter(
        key=key, is_active=True, brings_second_factor=True
    ).exists()
