"""The programs of the API's tests, here, too."""

from tests.api.conftest import Program, api, program_with

__all__ = ["Program", "api", "program_with"]
