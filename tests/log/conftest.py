"""The programs of the API's tests, here, too."""

from tests.api.conftest import api, program_with

__all__ = ["api", "program_with"]
