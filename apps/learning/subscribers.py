"""News of decisions: what they teach, and what rules do about new tasks."""

from apps.events.bus import News, subscribe

from .lifecycle import apply_rules, bring_verdicts_in_line, measure_rule


@subscribe("user_task.validated")
def learn_verdicts(news: News) -> None:
    """A person looked at what a model read."""
    bring_verdicts_in_line(_task_of(news))


@subscribe("user_task.opened")
def decide_by_rule(news: News) -> None:
    """Tasks are new: rules may decide them."""
    tasks = news.data.get("tasks")
    if isinstance(tasks, list):
        apply_rules(each for each in tasks if isinstance(each, int))


@subscribe("user_task.completed")
def measure(news: News) -> None:
    """Somebody decided: perhaps a task that a rule left to people."""
    for task_id in _task_of(news):
        measure_rule(task_id)


@subscribe("user_task.recalled", "user_task.undone")
def forget(news: News) -> None:
    """A decision was taken back: what it taught was not meant."""
    bring_verdicts_in_line(_task_of(news))
    for task_id in _task_of(news):
        measure_rule(task_id)


def _task_of(news: News) -> list[int]:
    task = news.data.get("task") or (news.subject[1] if news.subject else None)
    return [task] if isinstance(task, int) else []
