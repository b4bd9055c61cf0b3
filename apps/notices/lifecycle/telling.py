"""Telling people: a notice is a row for each person, in the transaction of what it tells of."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.sealing import seal
from apps.notices.kinds import KINDS, NEVER, PAGE
from apps.notices.models import LINK, Address, Notice, Preference

MAX_BODY = 4_000
# What is gathered goes out so soon at the first time,
GATHER_SECONDS = 20
# and again so long after the last time at the earliest.
GATHER_AGAIN_SECONDS = 300


def notify(  # noqa: PLR0913  what is told has many parts, all but one optional
    recipients: Iterable[int],
    kind: str,
    *,
    title: str,
    body: str = "",
    url: str = "",
    folder_id: int | None = None,
    subject: tuple[str, int] | None = None,
    key: str = "",
    by: Actor | None = None,
) -> None:
    """Tell `recipients` (ids of people) something, in the caller's transaction.

    Each gets one notice; the same `key` for the same person again is the same notice. Left out:
    whoever did it (`by`), people who are gone, and those without a role in `folder_id`. The
    addresses of the folder that want this kind are told, too. `url` is a path of our own.
    """
    _insist_on_kind(kind)
    like = _notice(kind, title, body, url, folder_id, subject)
    notices = [
        _copy(like, user_id=user_id, key=key, is_muted=is_muted)
        for user_id, is_muted in _listeners(recipients, kind, folder_id, by)
    ]
    if _is_folder_told(folder_id, kind):
        notices.append(_copy(like, user_id=None, key=key))
    # one with the same key is there already: nothing new
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    _spread(notices)


def notify_gathered(  # noqa: PLR0913  likewise
    recipients: Iterable[int],
    kind: str,
    *,
    gather: str,
    title: str,
    body: str = "",
    url: str = "",
    folder_id: int | None = None,
    count: int = 1,
    by: Actor | None = None,
) -> None:
    """Tell of something that may come in masses: one notice that counts, not one for each.

    All with the same `gather` count in one notice until that goes out: soon for the first, then
    at most once in GATHER_AGAIN_SECONDS. Write the title so that it fits one and many.
    """
    _insist_on_kind(kind)
    like = _notice(kind, title, body, url, folder_id, None)
    people = _listeners(recipients, kind, folder_id, by)
    notices = [
        _copy(like, user_id=user_id, is_muted=is_muted) for user_id, is_muted in sorted(people)
    ]
    if _is_folder_told(folder_id, kind):
        notices.append(_copy(like, user_id=None))
    for notice in notices:
        _count_up(notice, gather[:200], count)
    _spread(notices)


def mark_read(notice_ids: Iterable[int], *, user_id: int) -> int:
    """Note that the person has seen them; return how many were new to them."""
    return _mark(Q(pk__in=list(notice_ids)), user_id)


def mark_all_read(*, user_id: int, up_to: int) -> int:
    """The same for all up to the notice `up_to`: what came since they looked stays unread."""
    return _mark(Q(pk__lte=up_to), user_id)


def mark_subject_read(subject: tuple[str, int], *, user_id: int) -> int:
    """The same for what is about `subject`: they have opened it."""
    return _mark(Q(subject_type=subject[0], subject_id=subject[1]), user_id)


def _mark(which: Q, user_id: int) -> int:
    n = Notice.objects.unread().filter(which, user=user_id).update(read_at=Now())
    if n:
        nudge(f"notices:{user_id}")
    return n


def _insist_on_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"There is no kind of notices called {kind!r}.")


def _listeners(
    recipients: Iterable[int], kind: str, folder_id: int | None, by: Actor | None
) -> list[tuple[int, bool]]:
    """Return who is told, and for each whether they don't want it in the page; one query."""
    wanted = {user_id for user_id in recipients if by is None or user_id != by.user_id}
    if not wanted:
        return []
    muted = Preference.objects.filter(user=OuterRef("pk"), kind=kind, channel=PAGE, how=NEVER)
    people = User.objects.filter(pk__in=wanted, is_active=True)
    if folder_id is not None:
        belongs = Exists(User.objects.filter(pk=OuterRef("pk"), memberships__folder=folder_id))
        people = people.filter(Q(is_superuser=True) | Q(belongs))
    return list(people.annotate(is_muted=Exists(muted)).values_list("pk", "is_muted"))


def _is_folder_told(folder_id: int | None, kind: str) -> bool:
    if folder_id is None or not KINDS[kind].is_for_folders:
        return False
    told = Address.objects.filter(folder=folder_id, kinds__contains=[kind], off_since=None)
    return told.exists()


def _notice(
    kind: str,
    title: str,
    body: str,
    url: str,
    folder_id: int | None,
    subject: tuple[str, int] | None,
) -> Notice:
    about, number = subject or ("", None)
    return Notice(
        kind=kind,
        title=_clean(title)[:300],
        body=_clean(body)[:MAX_BODY],
        url=_page_of(kind, url, subject),
        sealed_url=seal(_own_path(url), purpose=LINK) if KINDS[kind].has_secret_link else "",
        folder_id=folder_id,
        subject_type=about,
        subject_id=number,
    )


def _copy(like: Notice, *, user_id: int | None, key: str = "", is_muted: bool = False) -> Notice:
    return Notice(
        user_id=user_id,
        folder_id=like.folder_id,
        kind=like.kind,
        title=like.title,
        body=like.body,
        url=like.url,
        sealed_url=like.sealed_url,
        subject_type=like.subject_type,
        subject_id=like.subject_id,
        key=key[:200],
        # muted: listed, but never new
        read_at=Now() if is_muted else None,
    )


def _count_up(notice: Notice, gather: str, count: int) -> None:
    """Insert it, or add to the one that has not gone out yet: one statement, so none is lost."""
    owner = "user_id" if notice.user_id else "folder_id"
    is_empty = "user_id is not null" if notice.user_id else "user_id is null"
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT_UP.format(owner=owner, param=owner.removesuffix("_id"), is_empty=is_empty),
            {
                "user": notice.user_id,
                "folder": notice.folder_id,
                "kind": notice.kind,
                "title": notice.title,
                "body": notice.body,
                "url": notice.url,
                "gather": gather,
                "count": count,
                "is_muted": notice.read_at is not None,
                "soon": GATHER_SECONDS,
                "again": GATHER_AGAIN_SECONDS,
            },
        )


_COUNT_UP = """
insert into notices_notice as held
  (user_id, folder_id, kind, title, body, url, subject_type, key, gather, count, made_at, read_at,
   ready_at)
values
  (%(user)s, %(folder)s, %(kind)s, %(title)s, %(body)s, %(url)s, '', '', %(gather)s, %(count)s,
   now(), case when %(is_muted)s then now() end,
   greatest(
     now() + make_interval(secs => %(soon)s),
     (select max(planned_at) from notices_notice as last
      where last.gather = %(gather)s and last.{owner} = %({param})s)
       + make_interval(secs => %(again)s)))
on conflict ({owner}, gather) where gather <> '' and planned_at is null and {is_empty}
do update set count = held.count + excluded.count, title = excluded.title, body = excluded.body
"""


def _spread(notices: Sequence[Notice]) -> None:
    """Tell open pages, after the commit; the background worker looks by itself each second."""
    nudge(*(f"notices:{notice.user_id}" for notice in notices if notice.user_id))


def _clean(text: object) -> str:
    """PostgreSQL takes no NUL, and titles from bots may hold one."""
    return str(text).replace("\x00", "")


def _page_of(kind: str, url: str, subject: tuple[str, int] | None) -> str:
    """Return where the notice leads in the page: never through a link that is a secret."""
    if not KINDS[kind].has_secret_link:
        return _own_path(url)
    return f"/inbox/{subject[1]}/" if subject and subject[0] == "task" else ""


def _own_path(url: str) -> str:
    """Return the path if it leads into our own pages; a notice never leads elsewhere."""
    url = url.removeprefix(settings.PUBLIC_URL.rstrip("/")) if settings.PUBLIC_URL else url
    is_own = url.startswith("/") and not url.startswith(("//", "/\\"))
    return url[:500] if is_own else ""
