"""What queues take. Models know no queues, so it is written down here; a test compares."""

from typing import Final

MAX_ATTEMPTS: Final = 100
MAX_DELAY_SECONDS: Final = 7 * 86_400
MAX_PATTERN: Final = 200  # characters of a code or class with * and ?
MAX_RULES: Final = 25  # of one policy: those of the workflow are added to those of the step
MAX_PRIORITY: Final = 100
