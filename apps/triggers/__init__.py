"""Triggers: what starts work by itself, and the log of what they did."""
