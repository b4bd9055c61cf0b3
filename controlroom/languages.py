"""The languages to choose from: English, and every other that has a catalog in `locale/`."""

from pathlib import Path

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

ENGLISH = ("en", "English")


def languages(catalogs: Path) -> list[tuple[str, str]]:
    """Return (code, its own name) of English and of each compiled catalog in the folder `catalogs`.

    A catalog of a language that Django doesn't know the name of goes by its code.
    """
    found = sorted(
        to_language(compiled.parent.parent.name)
        for compiled in catalogs.glob("*/LC_MESSAGES/django.mo")
    )
    return [ENGLISH, *((code, _own_name(code)) for code in found if code != ENGLISH[0])]


def _own_name(code: str) -> str:
    return str(LANG_INFO.get(code, {}).get("name_local", code)).capitalize()
