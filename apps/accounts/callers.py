"""Who calls the API: found by the digest of a token, with one statement, sync or async."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db import connection

from apps.lib.actors import Actor

from .models import Folder, User
from .permissions import Rights, rights_from
from .roles import Role

# A superuser is admin of every folder. `is_stale`: the token's last use was noted a minute ago.
FIND_CALLERS: Final = """
select t.digest, t.id as token_id, t.name as token_name, t.folder_id,
       t.last_used_at is null or t.last_used_at < statement_timestamp() - interval '1 minute'
           as is_stale,
       u.id as user_id, u.username, u.first_name, u.last_name, u.display_name, u.is_superuser,
       u.language, u.time_zone,
       (select coalesce(jsonb_agg(jsonb_build_array(f.id, f.key, f.title, coalesce(m.role, ''))
                                  order by f.id), '[]')::text
          from accounts_folder f
          left join accounts_membership m on m.folder_id = f.id and m.user_id = u.id
         where u.is_superuser or m.role is not null) as folders
  from accounts_apitoken t
  join accounts_user u on u.id = t.user_id
 where t.digest = any (%(digests)s::text[])
   and t.revoked_at is null
   and (t.expires_at is null or t.expires_at > statement_timestamp())
   and u.is_active
"""

# At most once a minute, so that busy bots don't fight over their token's row
NOTE_USE: Final = """
update accounts_apitoken t set last_used_at = statement_timestamp()
  from (select id from accounts_apitoken
         where id = any (%(token_ids)s::bigint[])
           and (last_used_at is null
                or last_used_at < statement_timestamp() - interval '1 minute')
           for update skip locked) stale
 where t.id = stale.id
"""

_USER_FIELDS: Final = (
    *("id", "username", "first_name", "last_name", "display_name"),
    *("is_superuser", "language", "time_zone", "is_active"),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that acts as a user."""

    token_id: int
    user: User
    actor: Actor
    rights: Rights
    folder_id: int  # the token's own
    folders: Mapping[int, Folder]
    is_stale: bool

    def folder_named(self, key: str) -> Folder | None:
        return next((folder for folder in self.folders.values() if folder.key == key), None)


def find_caller(digest: str) -> Caller | None:
    """Return who calls with the token of this digest; None if it is of no use. Notes the use."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_CALLERS, {"digests": [digest]})
        row = cursor.fetchone()
        if row is None:
            return None
        names = [column.name for column in cursor.description]
        caller = caller_from(dict(zip(names, row, strict=True)))
        if caller.is_stale:
            cursor.execute(NOTE_USE, {"token_ids": [caller.token_id]})
    return caller


def caller_from(row: Mapping[str, Any]) -> Caller:
    """Return the caller that a row of FIND_CALLERS describes."""
    values = {**row, "id": row["user_id"], "is_active": True}
    # from_db wants the values in the order of the model's fields; the rest is loaded when asked for
    names = [each.attname for each in User._meta.concrete_fields if each.attname in _USER_FIELDS]
    user = User.from_db("default", names, [values[name] for name in names])
    folders: Sequence[tuple[int, str, str, str]] = orjson.loads(row["folders"])
    role_of_all = Role.ADMIN.value if row["is_superuser"] else None
    user.cached_rights = rights_from(
        (pk, role_of_all or role) for pk, _key, _title, role in folders
    )
    return Caller(
        token_id=row["token_id"],
        user=user,
        actor=Actor(user.pk, f"{user.name} · {row['token_name']}"[:150], "token"),
        rights=user.cached_rights,
        folder_id=row["folder_id"],
        folders={pk: Folder(pk=pk, key=key, title=title) for pk, key, title, _role in folders},
        is_stale=row["is_stale"],
    )
