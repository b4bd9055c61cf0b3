"""Each in turn: whose turn it is next, also when tasks are opened in many places at once."""

from collections.abc import Collection, Iterable, Sequence

from apps.inbox.models import Turn


class Turns:
    """The turns of some (folder, key), held until the caller's transaction ends."""

    def __init__(self, wanted: Iterable[tuple[int, str]]) -> None:
        keys = sorted(set(wanted))
        self._held: dict[tuple[int, str], Turn] = {}
        self._changed: set[tuple[int, str]] = set()
        if keys:
            self._held = _locked(keys)

    def next(self, folder_id: int, key: str, people: Sequence[int]) -> int | None:
        """Return who comes after the last one; `people` are in order. None: nobody is there."""
        if not people:
            return None
        turn = self._held[folder_id, key]
        chosen = next((each for each in people if each > turn.last_user_id), people[0])
        turn.last_user_id = chosen
        self._changed.add((folder_id, key))
        return chosen

    def save(self) -> None:
        if self._changed:
            changed = [self._held[key] for key in sorted(self._changed)]
            Turn.objects.bulk_update(changed, ["last_user_id"])


def _locked(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Turn]:
    rows = [Turn(folder_id=folder_id, key=key) for folder_id, key in keys]
    Turn.objects.bulk_create(rows, ignore_conflicts=True)
    found = Turn.objects.filter(
        folder__in={folder_id for folder_id, _key in keys}, key__in={key for _folder, key in keys}
    )
    locked = found.select_for_update().order_by("folder_id", "key")
    return {(turn.folder_id, turn.key): turn for turn in locked}
