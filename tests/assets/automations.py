"""Automations that ask for assets, and some that let slip what they were given."""

import base64

from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext, RunContext, automation


@automation("test.asks", title="Asks for assets", kind="run")
def asks(run: RunContext) -> dict:
    login = run.credential("login")
    return {
        "url": run.asset("url"),
        "username": login.username,
        "password_length": len(login.password.reveal()),
        "seen": f"{login.password} {run.secret('token')}",
    }


@automation("test.blabs", title="Lets slip what it was given", kind="run")
def blabs(run: RunContext) -> dict:
    """Do as people do by mistake; `raise` in the input: end with an error that quotes it."""
    login = run.credential("login")
    password = login.password.reveal()
    basic = base64.b64encode(f"{login.username}:{password}".encode()).decode()
    run.log(f"url is {run.asset('url')}")
    run.log(f"signing in with {password}")
    run.log(f"Authorization: Basic {basic}", "warning")
    run.log(repr({"password": password}))
    if run.input.get("raise"):
        try:
            raise ValueError(f"no login with {password}")
        except ValueError as error:
            raise RuntimeError(f"at {run.asset('url')} broke {password!r}") from error
    return {"sent": {"Authorization": f"Basic {basic}", "body": [password]}, "to": run.asset("url")}


@automation("test.blabs-items", title="Lets it slip while it works items")
def blabs_items(item: ItemContext) -> dict:
    password = item.credential("login").password.reveal()
    how = item.payload["how"]
    item.log(f"working at {item.asset('url')} with {password}")
    item.progress({"with": password})
    if how == "business":
        raise BusinessException(f"{password} is wrong", code=password, field=password)
    if how == "system":
        raise ApplicationException(f"the ERP answered: bad password {password}", code="erp")
    if how == "bug":
        raise KeyError(password)
    if how == "ask":
        item.ask("which", title=f"Is {password} right?", text=password, values={"it": password})
    with item.effect("post") as act:
        act.reference = f"posted with {password}"
    item.predict("vendor", password, confidence=0.4, source=f"typed {password}")
    return {"vendor": password, "at": item.asset("url")}
