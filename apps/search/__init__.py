"""Finds things by what people call them, and tells all that happened to one of them.

No tables of its own: it reads those of the apps below, each by an index that is made for it.
"""
