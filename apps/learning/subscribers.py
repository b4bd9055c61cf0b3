"""News of decisions: what they teach, and what rules do about new tasks."""

from apps.events.bus import News, subscribe

from .lifecycle import bring_verdicts_in_line


@subscribe("user_task.validated")
def learn_verdicts(news: News) -> None:
    """A person looked at what a model read."""
    bring_verdicts_in_line(_task_of(news))


@subscribe("user_task.recalled", "user_task.undone")
def forget_verdicts(news: News) -> None:
    """A decision was taken back: what it taught was not meant."""
    bring_verdicts_in_line(_task_of(news))


def _task_of(news: News) -> list[int]:
    task = news.data.get("task") or (news.subject[1] if news.subject else None)
    return [task] if isinstance(task, int) else []
