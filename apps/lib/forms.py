"""What forms of several apps have in common."""

from django.forms.forms import BaseForm


def disable_all(form: BaseForm) -> None:
    """Show what `form` holds, to be read only: browsers won't edit it, and posts are ignored."""
    for field in form.fields.values():
        field.disabled = True
