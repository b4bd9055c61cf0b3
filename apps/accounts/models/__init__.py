"""People, folders, roles and tokens; and how people sign in."""

from .entry import CodeTries, EntryCount, SignInPolicy, SignInProvider
from .people import (
    Absence,
    ApiToken,
    Folder,
    IdempotentCall,
    Membership,
    Team,
    TeamMember,
    User,
)

__all__ = [
    "Absence",
    "ApiToken",
    "CodeTries",
    "EntryCount",
    "Folder",
    "IdempotentCall",
    "Membership",
    "SignInPolicy",
    "SignInProvider",
    "Team",
    "TeamMember",
    "User",
]
