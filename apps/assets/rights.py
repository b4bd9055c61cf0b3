"""Who may look at assets, change them, and be given what they hold.

Admins change them; designers and auditors see which there are, secrets as dots. Values go out to
programs whose token may operate, as bots' tokens do, and to automations. No page shows a secret.
"""

from apps.accounts.permissions import Action, Holder, can, require

CHANGE, LOOK, READ = Action.ADMINISTER, Action.DESIGN, Action.OPERATE


def require_look(holder: Holder, folder_id: int) -> None:
    """Raise NotAllowedError unless `holder` may see which assets there are."""
    if not can(holder, Action.AUDIT, folder_id):
        require(holder, LOOK, folder_id)


def may_change_assets(holder: Holder, folder_id: int) -> bool:
    return can(holder, CHANGE, folder_id)


def require_change(holder: Holder, folder_id: int) -> None:
    require(holder, CHANGE, folder_id)


def require_read(holder: Holder, folder_id: int) -> None:
    require(holder, READ, folder_id)
