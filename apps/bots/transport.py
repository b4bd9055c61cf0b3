"""RQ, hardened: bells that may be lost, and a worker that outlives Redis.

A job carries an id and nothing else; whoever can write to Redis can wake our workers, but not make
them run anything of his own. What a job stands for is in PostgreSQL.
"""

import logging
import os
import signal
from collections.abc import Callable
from time import monotonic, sleep
from types import FrameType
from typing import Any

from rq import Queue, Worker
from rq.exceptions import DequeueTimeout, DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from apps.lib.after_commit import after_commit
from apps.lib.redis import REDIS_ERRORS, connection, waiting_connection

from .models import Run

log = logging.getLogger(__name__)

BELL = "apps.bots.transport.execute_run"
# How long a bell hangs before it may be hung up again, should it have been lost on the way
BELL_SECONDS = 30
FAILURE_SECONDS = 60
# More bells than that wake nobody sooner; it bounds the list of a pool without slots
MAX_BELLS = 1_000
WAIT_SECONDS = 1

# the functions that jobs may name; `execute_run` stands for a run and is never called
_allowed: set[str] = {BELL}


class NotAllowedJobError(Exception):
    """A job names a function that is not on the list: somebody else wrote to our Redis."""


def allow_job(name: str) -> None:
    """Let jobs name the function at this import path; its arguments must be plain ids."""
    _allowed.add(name)


class SafeJob(Job):  # type: ignore[misc, unused-ignore]
    """A job that runs functions of the list only, and knows no callbacks and no webhooks."""

    @property
    def func(self) -> Callable[..., Any]:
        if self.instance is not None or self.func_name not in _allowed:
            raise NotAllowedJobError(str(self.func_name)[:200])
        found: Callable[..., Any] = super().func
        return found

    def restore(self, raw_data: Any) -> Any:
        super().restore(raw_data)
        # import paths, too, and URLs, taken from the job's hash
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks: list[Any] = []
        self.repeats_left = self.retries_left = None
        self._dependency_ids: list[str] = []


def execute_run(run_id: int) -> None:
    """Stand for a run in a bell. Slots never call it: they claim what PostgreSQL has."""


def ring_pool(run: Run) -> None:
    """Wake a slot of the run's pool once the transaction is committed. Never raises."""
    after_commit(lambda: ring_run(run.pool_id, run.pk))


def ring_run(pool_id: int, run_id: int) -> bool:
    """Hang up the bell of a run; False when it hangs already or Redis is away."""
    queue = Queue(
        pool_queue(pool_id), connection=connection(), job_class=SafeJob, serializer=JSONSerializer
    )
    try:
        if queue.connection.llen(queue.key) >= MAX_BELLS:
            return False
        queue.enqueue_call(
            BELL,
            args=(run_id,),
            job_id=f"run-{run_id}",
            unique=True,
            ttl=BELL_SECONDS,
            result_ttl=0,
            failure_ttl=FAILURE_SECONDS,
        )
    except DuplicateJobError:
        return False
    except REDIS_ERRORS as error:
        log.info("bell not rung, the poll will find run %s: %s", run_id, error)
        return False
    return True


def pool_queue(pool_id: int) -> str:
    return f"pool-{pool_id}"


class SafeWorker(Worker):  # type: ignore[misc, unused-ignore]
    """An RQ worker for exactly one queue that no failure of Redis ends.

    RQ's own loop gives up at the first Redis error in the wrong place, and listens to commands
    (kill, shut down) from anybody on pub/sub. This one waits for a bell, takes it off, and works:
    `answer` is what to do. Redis is told how we are when it listens.
    """

    def __init__(self, queue_name: str, *, name: str | None = None) -> None:
        # `prepare_for_work` would ask Redis at once, and fail when it is away
        super().__init__(
            [queue_name],
            name=name,
            connection=waiting_connection(WAIT_SECONDS),
            job_class=SafeJob,
            serializer=JSONSerializer,
            default_result_ttl=0,
            prepare_for_work=False,
            worker_ttl=60,
        )
        self.hostname, self.pid = os.uname().nodename, os.getpid()
        self.must_end = False
        self._registered_at = float("-inf")
        self._is_redis_away = False

    def work(self, *_args: Any, **_options: Any) -> bool:
        """Answer bells until `stop_soon`; return whether there was any."""
        signal.signal(signal.SIGTERM, self.stop_soon)
        signal.signal(signal.SIGINT, self.stop_soon)
        n_answered = 0
        while not self.must_end:
            n_answered += self.turn()
        self._quietly(self.register_death)
        return n_answered > 0

    def turn(self) -> int:
        """Wait for one bell and answer it; return how many were answered."""
        job = self.wait_for_bell()
        if job is None:
            return 0
        self.answer(job)
        return 1

    def answer(self, job: Job) -> None:
        """Do what the job says, in this process; jobs are idempotent, and made again if lost."""
        try:
            job.func(*job.args)
        except Exception:
            log.exception("job %s failed", job.id)
        finally:
            self._quietly(job.delete)

    def stop_soon(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.must_end = True

    def wait_for_bell(self, seconds: int = WAIT_SECONDS) -> Job | None:
        """Return the next job that is one of ours; None after `seconds`, or when Redis is away.

        It is off Redis's lists when this returns, since nothing is lost with it.
        """
        try:
            self._say_alive()
            job, queue = self.queue_class.dequeue_any(
                self.queues,
                seconds,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
            )
            self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
            self._is_redis_away = False
        except DequeueTimeout:
            self._is_redis_away = False
            return None
        except REDIS_ERRORS as error:
            self._rest(error)
            return None
        except Exception:
            # a hash that nobody of us wrote
            log.warning("refused a job that can't be read", exc_info=True)
            return None
        return self._checked(job)

    def _checked(self, job: Job) -> Job | None:
        try:
            _ = job.func
        except Exception as error:
            log.warning("refused job %s: %s %s", job.id, type(error).__name__, error)
            self._quietly(job.delete)
            return None
        return job

    def _rest(self, error: Exception) -> None:
        """Wait before Redis is asked again; nobody is woken by a bell meanwhile."""
        if not self._is_redis_away:
            log.warning("Redis is away, polling PostgreSQL instead: %s", error)
        self._is_redis_away = True
        end = monotonic() + WAIT_SECONDS
        while monotonic() < end and not self.must_end:
            sleep(0.05)

    def _say_alive(self) -> None:
        """Register with RQ (again, should Redis have forgotten us), so that `rq info` shows us."""
        if monotonic() - self._registered_at > self.worker_ttl / 3:
            self.connection.delete(self.key)
            # what bells without a job left behind
            self.connection.delete(self.queues[0].intermediate_queue_key)
            self.register_birth()
            self._registered_at = monotonic()

    def _set_connection(self, connection: Any) -> Any:
        """Keep our short timeouts; RQ would wait for a hung Redis for minutes."""
        return connection

    def _quietly(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except REDIS_ERRORS as error:
            log.info("Redis is away: %s", error)
