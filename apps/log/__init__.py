"""One log: what bots, items and workflows said, in one place, searched on the server.

No table of its own: it reads the lines that apps.bots keeps, and the visits of one instance.
"""
