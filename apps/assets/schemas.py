"""What calls about assets carry. Secrets come in by types that show themselves to nobody."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from apps.bots.kept import Credential
from apps.lib.http import Id, Moment, StrictModel
from apps.lib.secrecy import Secret

from .models import MAX_KEY, MAX_ROTATION_DAYS, Asset
from .values import KEEP, Given, refuse

SECRET_FIELDS = ("secret", "username", "password")


def _check_secret(value: Any) -> Any:
    # our own words: those for wrong types quote what was given
    if not isinstance(value, str | SecretStr):
        raise PydanticCustomError("secret_text", "must be text")
    return value


SecretText = Annotated[
    SecretStr,
    BeforeValidator(_check_secret),
    WithJsonSchema({"type": "string", "format": "password", "writeOnly": True}),
]
AnyValue = Annotated[Any, WithJsonSchema({"description": "text, number, true or false, or JSON"})]


class ValueIn(StrictModel):
    """One of: `value`, for plain kinds; `secret`; `username` with `password`."""

    value: AnyValue = None
    secret: SecretText | None = None
    username: SecretText | None = None
    password: SecretText | None = None

    def given(self, kind: str) -> Given:
        """Return what is to be kept; KEEP when the call says nothing of it.

        Raises InvalidError for a field that an asset of this kind does not have.
        """
        said = self.model_fields_set & {"value", *SECRET_FIELDS}
        fits = {Asset.Kind.SECRET: {"secret"}, Asset.Kind.CREDENTIAL: {"username", "password"}}
        for name in sorted(said - fits.get(Asset.Kind(kind), {"value"})):
            raise refuse(name, f"is no field of the kind “{kind}”")
        if not said:
            return KEEP
        if kind == Asset.Kind.SECRET:
            return _secret(self.secret)
        if kind == Asset.Kind.CREDENTIAL:
            return Credential(_secret(self.username).reveal(), _secret(self.password))
        return self.value  # type: ignore[no-any-return]


def _secret(said: SecretStr | None) -> Secret:
    return Secret(said.get_secret_value() if said else "")


class AssetIn(ValueIn):
    """All optional; what is left out keeps its value."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    description: str | None = Field(default=None, max_length=1000)
    kind: str | None = Field(
        default=None,
        max_length=20,
        description="text, number, flag, json, secret or credential; stays as it was made",
    )
    rotate_after_days: int | None = Field(
        default=None,
        ge=1,
        le=MAX_ROTATION_DAYS,
        description="pages say so when a secret is older; null: never",
    )


class ReadIn(StrictModel):
    bot: str = Field(
        default="", max_length=100, description="as which bot: it may get a value of its own"
    )
    item: Id | None = Field(default=None, description="the item that is worked")
    purpose: str = Field(default="", max_length=200, description="what for, as people read it")


class OverrideOut(BaseModel):
    bot: str
    value: AnyValue
    set_at: Moment


class AssetOut(BaseModel):
    """An asset without its secret, which no call but `read` gives."""

    key: str = Field(max_length=MAX_KEY)
    title: str
    description: str
    kind: str
    value: AnyValue = Field(description="null for secrets and credentials")
    set_at: Moment = Field(description="when the value was last entered")
    rotate_after_days: int | None
    is_due: bool = Field(description="whether the secret is older than it should be")
    last_used_at: Moment | None = Field(description="when the secret was last given to somebody")
    overrides: list[OverrideOut]
    created_at: Moment


class AssetPage(BaseModel):
    items: list[AssetOut]
    next_cursor: str | None


class ReadOut(BaseModel):
    """`value` for plain kinds and `secret` for a secret; `username` and `password` together."""

    key: str
    kind: str
    value: AnyValue = None
    secret: str | None = None
    username: str | None = None
    password: str | None = None


class UseOut(BaseModel):
    at: Moment
    run: int | None
    item: int | None
    bot: str
    by: str = Field(description="the program, when it was no run")
    purpose: str
    was_override: bool


class UsePage(BaseModel):
    items: list[UseOut]
    next_cursor: str | None
