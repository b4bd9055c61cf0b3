"""An invoice that asks the bot to take its time, so that people can watch it."""

from dataclasses import replace

from .automations import SLOWLY
from .making import MadeInvoice


def make_slow(made: MadeInvoice) -> MadeInvoice:
    invoice = replace(made.invoice, notes=(*made.invoice.notes, f"Please read this {SLOWLY}"))
    return replace(made, invoice=invoice)
