"""What comes in for event triggers: signed calls, files, mails, and events of our own.

Pure: `signatures` (are they who they say), `rules` (what people say), `filtering` (which ones),
`folders` and `mailbox` (what is there now). `accepting` alone starts something.
"""
