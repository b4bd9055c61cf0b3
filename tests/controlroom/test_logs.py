"""Log lines are JSON, and hold neither secrets nor what people typed."""

import json
import subprocess
import sys

from django.conf import settings

PROGRAM = """
import logging, structlog
from controlroom.logs import configure
configure({"level": "INFO", "role": "web"})
structlog.get_logger("house").info("hello", item=7, api_token="t-1", payload={"iban": "DE1"})
logging.getLogger("library").warning("from %s", "elsewhere")
try:
    raise ValueError("duplicate key\\nDETAIL:  Key (reference)=(INV-7) already exists.")
except ValueError:
    logging.getLogger("library").exception("failed")
"""


def test_every_line_is_json_without_secrets_payloads_or_rows():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    ours, foreign, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert (ours["event"], ours["item"], ours["role"]) == ("hello", 7, "web")
    assert (ours["api_token"], ours["payload"]) == ("•••", "•••")
    assert foreign["event"] == "from elsewhere"
    assert "duplicate key" in failed["exception"]
    assert "INV-7" not in done.stderr
