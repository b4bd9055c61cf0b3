"""Addresses of pages, for those who link to them from elsewhere."""

from django.urls import NoReverseMatch, reverse


def page_of(name: str, *arguments: int) -> str:
    """Return the address of a page; "" in processes that have no pages."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def stop_page_of(folder_id: int) -> str:
    """Return the address of a folder's emergency stop, whichever folder its reader works in."""
    page = page_of("applications:stop")
    return f"{page}?folder={folder_id}" if page else ""
