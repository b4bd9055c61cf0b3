"""PostgreSQL and Valkey of a benchmark, in a folder of its own: no web, no scheduler, no bots."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "admin-pass-1"  # noqa: S105 - of a room that nobody else reaches


@contextmanager
def room_without_processes(folder: Path) -> Iterator[None]:
    """Start the servers of `folder`, point Django at them, and stop them at the end.

    Where they run already, they are used and left running.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the servers' own user must reach it
    os.environ["CONTROLROOM_DATA_DIR"] = str(folder)
    os.environ.setdefault("CONTROLROOM_ADMIN_PASSWORD", PASSWORD)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    from controlroom.datadir import DataDir, StartError

    data_dir = DataDir(folder)
    try:
        data_dir.lock()
    except StartError:
        yield _set_up()
        return
    with _running(data_dir):
        yield _set_up()
    data_dir.unlock()


def _set_up() -> None:
    import django

    django.setup()


@contextmanager
def _running(data_dir: "DataDir") -> Iterator[None]:  # type: ignore[name-defined]  # noqa: F821
    from controlroom.embedded import free_port, known_port
    from controlroom.postgres_server import Postgres
    from controlroom.servers import Servers, known_servers, remember_servers
    from controlroom.valkey_server import Valkey

    data_dir.secret_key()
    data_dir.ensure_vault_key()
    known = known_servers(data_dir.path)
    postgres = Postgres(data_dir, port=free_port(known_port(known.database_url)))
    valkey = Valkey(data_dir, port=free_port(known_port(known.redis_url)))
    try:
        postgres.start()
        valkey.start()
        remember_servers(data_dir.path, Servers(postgres.url, valkey.url))
        yield
    finally:
        valkey.stop()
        postgres.stop()
