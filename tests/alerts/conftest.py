"""Programs that call the API, for tests of alerts."""

from tests.api.conftest import api, program_with

__all__ = ["api", "program_with"]
