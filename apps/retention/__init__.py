"""How long history stays in the database, and the files that old months are archived to.

Whoever keeps history in tables by the month registers them (`kept.register`). What is said of a
table holds for whole months: those that are older go, written to a Parquet file before if the
policy says so. A month is dropped only while its file has as many rows as it.
"""
