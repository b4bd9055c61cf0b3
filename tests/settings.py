"""The product's settings, on servers and in directories of this test run alone."""

import os

from tests.servers import TestServers

SERVERS_OF_THIS_RUN = TestServers()
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
VALKEY_DATABASE = int(WORKER.removeprefix("gw")) % 16

os.environ["DATABASE_URL"] = SERVERS_OF_THIS_RUN.postgres.url
os.environ["REDIS_URL"] = SERVERS_OF_THIS_RUN.valkey.url.removesuffix("/0") + f"/{VALKEY_DATABASE}"
os.environ["CONTROLROOM_DATA_DIR"] = str(SERVERS_OF_THIS_RUN.folder(f"room-{WORKER}"))
os.environ["SECRET_KEY"] = "known to everybody, good for tests only, and long enough"
os.environ["CONTROLROOM_VAULT_KEYS"] = f"of-tests:{'dGVz' * 10}dGU="
os.environ.setdefault("LOG_LEVEL", "WARNING")
for unwanted in ("PUBLIC_URL", "ALLOWED_HOSTS", "DEBUG", "CONTROLROOM_ROLE", "EMPTY", "PORT"):
    os.environ.pop(unwanted, None)

from controlroom.settings import *  # noqa: E402, F403

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOOPBACK_ONLY = True
# Decisions hold at once, where a test is not about taking them back
INBOX_UNDO_SECONDS = 0

# The product offers a language once its catalog is complete; choosing one is tested with two.
LANGUAGES = [("en", "English"), ("de", "German")]
