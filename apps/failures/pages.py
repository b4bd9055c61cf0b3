"""Addresses of pages, for those who link to them from elsewhere."""

from django.urls import NoReverseMatch, reverse


def page_of(group_id: int) -> str:
    """Return the address of a group's page; "" in processes that have no pages."""
    try:
        return reverse("failures:detail", args=[group_id])
    except NoReverseMatch:
        return ""
