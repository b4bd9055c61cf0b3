"""Values and secrets that are kept for bots."""
