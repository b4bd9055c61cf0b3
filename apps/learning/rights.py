"""Who may change what is learnt: whoever designs, and whoever runs the folder."""

from apps.accounts.permissions import Action, Holder, can, require


def may_change(holder: Holder, folder_id: int | None) -> bool:
    return can(holder, Action.DESIGN, folder_id) or can(holder, Action.OPERATE, folder_id)


def require_change(holder: Holder, folder_id: int | None) -> None:
    """Raise NotAllowedError, naming who may, unless `holder` may."""
    if not may_change(holder, folder_id):
        require(holder, Action.OPERATE, folder_id)
