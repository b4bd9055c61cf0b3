"""A room as full as a large company's after two months: what load_many.py writes, set by set."""
