"""Outgoing webhooks: what happens here is told to other systems, signed, at least once."""
