"""What the scheduler does for assets. Each may run twice at once."""

from apps.lib.partitions import ensure_month_partitions

from .models import AssetUse

USES = AssetUse._meta.db_table


def make_partitions() -> list[str]:
    """Make the coming months' partitions of the uses; return the new ones."""
    return ensure_month_partitions(USES)
