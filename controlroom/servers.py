"""Where the servers of this data directory are, as `up` wrote it down."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

SERVERS_FILE = "servers.json"
SECRET_FILE = "secret-key"  # noqa: S105 - a file's name
VAULT_KEYS_FILE = "vault-keys"


@dataclass(frozen=True)
class Servers:
    database_url: str = ""
    redis_url: str = ""


def known_servers(data_dir: Path) -> Servers:
    """Return the addresses last written by `up`; empty ones when it never ran here."""
    try:
        found = json.loads((data_dir / SERVERS_FILE).read_text())
        return Servers(str(found["database_url"]), str(found["redis_url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Servers()


def remember_servers(data_dir: Path, servers: Servers) -> None:
    path = data_dir / SERVERS_FILE
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(servers)))
    fresh.replace(path)


def stored_secret(data_dir: Path) -> str:
    """Return the SECRET_KEY that `up` made for this data directory, or ""."""
    try:
        return (data_dir / SECRET_FILE).read_text().strip()
    except OSError:
        return ""
