"""All that happened to one business reference, in one list; and what created it."""

from .entries import KINDS, Entry
from .listing import Listing, list_entries
from .origin import Link, origin_of, origins_of
from .subjects import Subjects, of_object, of_reference

__all__ = [
    "KINDS",
    "Entry",
    "Link",
    "Listing",
    "Subjects",
    "list_entries",
    "of_object",
    "of_reference",
    "origin_of",
    "origins_of",
]
