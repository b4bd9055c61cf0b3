"""Prometheus metrics: this process's own, and what PostgreSQL knows about the work."""

from collections.abc import Iterator

import structlog
from django.db import DatabaseError, connection
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

log = structlog.get_logger("controlroom.metrics")

# A count is the folded one and the changes that are still to be folded.
ITEMS_SQL = """
    SELECT folder.key, queue.key, counted.measure, sum(counted.n)
      FROM (SELECT queue_id, measure, n FROM queues_counter
             UNION ALL
            SELECT queue_id, measure, change FROM queues_counterdelta) counted
      JOIN queues_workqueue queue ON queue.id = counted.queue_id
      JOIN accounts_folder folder ON folder.id = queue.folder_id
     GROUP BY 1, 2, 3
"""
BOTS_SQL = """
    SELECT pool.key, count(*) FILTER (WHERE bot.heartbeat_at > now() - interval '30 seconds')
      FROM bots_botpool pool LEFT JOIN bots_bot bot ON bot.pool_id = pool.id
     GROUP BY 1
"""
POOLS_SQL = """
    SELECT folder.key, pool.key, pool.wanted_slots
      FROM bots_botpool pool JOIN accounts_folder folder ON folder.id = pool.folder_id
"""


class WorkCollector(Collector):
    """Asks PostgreSQL at each scrape, so that every web process gives the same numbers."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        items = GaugeMetricFamily(
            "controlroom_items", "Work items by state", labels=["folder", "queue", "state"]
        )
        bots = GaugeMetricFamily("controlroom_bots_alive", "Bots that answer", labels=["pool"])
        wanted = GaugeMetricFamily(
            "controlroom_pool_wanted_slots",
            "How many slots a pool should have: scale to this",
            labels=["folder", "pool"],
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(ITEMS_SQL)
                for folder, queue, state, number in cursor.fetchall():
                    items.add_metric([folder, queue, state], number)
                cursor.execute(BOTS_SQL)
                for pool, number in cursor.fetchall():
                    bots.add_metric([pool], number)
                cursor.execute(POOLS_SQL)
                for folder, pool, number in cursor.fetchall():
                    wanted.add_metric([folder, pool], number)
        except DatabaseError as error:
            log.warning("no metrics of the work", error=str(error))
        yield items
        yield bots
        yield wanted


def as_text() -> tuple[bytes, str]:
    """Return all metrics in Prometheus' text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


REGISTRY.register(WorkCollector())
