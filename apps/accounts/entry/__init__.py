"""Coming in: second factors, passkeys, services that vouch for people, lockout, sessions.

Built on the parts of django-allauth; the pages, and what is asked of whom, are ours.
See docs/decisions/0035-sign-in.md.
"""
