"""Context functions. A context is never changed: each gives a new one."""

from collections.abc import Mapping, Sequence

from apps.lib.feel.run import Run
from apps.lib.feel.values import Value

from .registering import CONTEXT, LIST, STRING, NoValue, Registry, one

registry = Registry()


@registry.declare("get value", one("m", CONTEXT), one("key", STRING))
@registry.declare("get value", one("context", CONTEXT), one("key", STRING))
def get_value(run: Run, context: Mapping[str, Value], key: str) -> Value:
    if key not in context:
        raise NoValue(f"there is no entry “{key}”")
    return context[key]


@registry.declare("get value", one("m", CONTEXT), one("keys", LIST))
@registry.declare("get value", one("context", CONTEXT), one("keys", LIST))
def get_nested_value(run: Run, context: Mapping[str, Value], keys: list[Value]) -> Value:
    found: Value = context
    for key in _path(keys):
        if not isinstance(found, dict) or key not in found:
            raise NoValue(f"there is no entry “{key}”")
        found = found[key]
    return found


@registry.declare("get entries", one("m", CONTEXT))
@registry.declare("get entries", one("context", CONTEXT))
def get_entries(run: Run, context: Mapping[str, Value]) -> list[dict[str, Value]]:
    run.produce(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@registry.declare("context", one("entries", LIST))
def context_of(run: Run, entries: list[Value]) -> dict[str, Value]:
    run.produce(len(entries))
    made: dict[str, Value] = {}
    for entry in entries:
        key = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(key, str) or "value" not in entry:
            raise NoValue("every entry must be a context with a “key”, a string, and a “value”")
        if key in made:
            raise NoValue(f"the key “{key}” is there twice")
        made[key] = entry["value"]
    return made


@registry.declare("context put", one("context", CONTEXT), one("key", STRING), one("value"))
def context_put(run: Run, context: Mapping[str, Value], key: str, value: Value) -> Value:
    run.produce(len(context) + 1)
    return {**context, key: value}


@registry.declare("context put", one("context", CONTEXT), one("keys", LIST), one("value"))
def context_put_nested(
    run: Run, context: Mapping[str, Value], keys: list[Value], value: Value
) -> Value:
    path = _path(keys)
    return _put(run, context, path, value)


@registry.declare("context merge", one("contexts", LIST))
def context_merge(run: Run, contexts: list[Value]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for each in contexts:
        if not isinstance(each, dict):
            raise NoValue("every element must be a context")
        run.produce(len(each))
        merged.update(each)
    return merged


def _path(keys: Sequence[Value]) -> list[str]:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise NoValue("the keys must be strings, at least one")
    return list(keys)


def _put(run: Run, context: Value, keys: list[str], value: Value) -> dict[str, Value]:
    """Return the context with the value put in; what is on the way must be contexts."""
    way: list[dict[str, Value]] = []
    for key in keys:
        if not isinstance(context, dict):
            raise NoValue(f"there is no context to put “{key}” into")
        run.spend()
        run.produce(len(context) + 1)
        way.append(context)
        context = context.get(key)
    for key, each in zip(reversed(keys), reversed(way), strict=True):
        value = {**each, key: value}
    return dict(value)
