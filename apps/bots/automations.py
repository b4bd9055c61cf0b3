"""The smallest automation there is; benchmarks drain queues through it."""

from django.utils.translation import gettext_lazy as _

from .registry import ItemContext, automation


@automation("bench.noop", title=_("Do nothing"), is_example=True)
def do_nothing(item: ItemContext) -> None:
    """End each item as done, without looking at it."""
