"""Workflows: the drawn order of work (BPMN 2.0), walked through by tokens that are rows.

`bpmn` reads, checks and compiles diagrams; `graph` is what they compile to; `engine` decides what
an event leads to, and does nothing itself; `lifecycle` loads what the engine needs, and writes what
it decided, in one transaction.
"""
