"""Migrating an empty database in seconds.

After each operation Django renders the changed model anew, with all that it is related to. All of
ours are related through the folder they are in, so that this takes most of a first start. An empty
database is only added to, where less will do: those that refer to the changed model. What the
model itself refers to stays as it is, and an index or a constraint is no other model's business.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState

Key = tuple[str, str]  # label of the app, name of the model in lower case


@contextmanager
def quick_migrations() -> Iterator[None]:
    """Within, less is rendered. For databases without any applied migration."""
    state: Any = ProjectState
    usual = state._find_reload_model, state._append_option
    state._find_reload_model, state._append_option = _find_reload_model, _append_option
    try:
        yield
    finally:
        state._find_reload_model, state._append_option = usual


def _find_reload_model(self: Any, app_label: str, model_name: str, delay: bool = False) -> set[Key]:
    """Return the model and who refers to it: at first hand, or with `delay` unset, at any."""
    self.is_delayed = self.is_delayed or delay
    first = (app_label, model_name)
    found, ahead = {first}, [first]
    while ahead:
        new = _referring_to(self, ahead.pop()) - found
        found |= new
        if not delay:
            ahead += new
    return found


def _referring_to(state: Any, key: Key) -> set[Key]:
    base = ".".join(key)
    heirs = {
        other
        for other, model in state.models.items()
        if any(isinstance(each, str) and each.lower() == base for each in model.bases)
    }
    relations: dict[Key, dict[Key, Any]] = state.relations
    return heirs | relations.get(key, {}).keys()


def _append_option(
    self: Any, app_label: str, model_name: str, option_name: str, added: object
) -> None:
    options = self.models[app_label, model_name].options
    options[option_name] = [*options[option_name], added]
    if "apps" in vars(self):  # a cached property, which asking for would fill
        meta = self.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, options[option_name])
