"""Migrating an empty database in seconds.

After each operation Django renders the changed model anew, with every model it is related to. All
of ours are related through the folder they are in, so that this takes most of a first start. An
empty database is only added to, where none of it is needed: nobody refers yet to a model that is
new, and an index or a constraint of a model is no other model's business.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ModelState, ProjectState


@contextmanager
def quick_migrations() -> Iterator[None]:
    """Within, what is added renders itself only. For databases without any applied migration."""
    usual = ProjectState.add_model, ProjectState._append_option  # type: ignore[attr-defined]
    ProjectState.add_model = _add_model  # type: ignore[method-assign]
    ProjectState._append_option = _append_option  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState.add_model, ProjectState._append_option = usual  # type: ignore


def _add_model(self: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:  # type: ignore[attr-defined]
        self.resolve_model_relations(key)
    if _is_rendered(self):
        self.apps.render_multiple([model_state])


def _append_option(
    self: ProjectState, app_label: str, model_name: str, option_name: str, added: Any
) -> None:
    options = self.models[app_label, model_name].options
    options[option_name] = [*options[option_name], added]
    if _is_rendered(self):
        meta = self.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, options[option_name])


def _is_rendered(state: ProjectState) -> bool:
    return "apps" in vars(state)  # a cached property, which asking for would fill
