"""New versions that are tried, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .comparing import MIN_TRIES, SURE_BELOW, Tally, chance_of
from .lifecycle import tallies_of
from .models import Canary

TONES = {"tried": "running", "promoted": "successful", "rolled_back": "failed", "stopped": "paused"}


@dataclass(frozen=True, slots=True)
class Arm:
    """One of two versions that are compared."""

    label: str
    function: str
    tally: Tally

    @property
    def per_cent(self) -> float:
        return 100 * self.tally.share_failed


@dataclass(frozen=True, slots=True)
class CanaryCard:
    canary: Canary
    arms: list[Arm]

    @property
    def tone(self) -> str:
        return TONES[self.canary.outcome]

    @property
    def share(self) -> int:
        return round(100 * self.canary.share)

    @property
    def sentence(self) -> str:
        """What is known so far, and what happens next."""
        tried, released = (arm.tally for arm in self.arms)
        if min(tried.n, released.n) < MIN_TRIES:
            return _("Both need %(n)d tries before they are compared.") % {"n": MIN_TRIES}
        chance = chance_of(tried, released)
        if chance >= 0.5:
            return _("It fails no more often than the version before.")
        words = {"chance": f"{100 * chance:.1f}", "sure": f"{100 * SURE_BELOW:.1f}"}
        return (
            _(
                "It fails more often so far; by chance alone that happens in %(chance)s of 100"
                " cases. Below %(sure)s it is rolled back."
            )
            % words
        )


def canary_card(canary: Canary) -> CanaryCard:
    tried, released = tallies_of(canary)
    label = _("Version %(n)d")
    return CanaryCard(
        canary,
        [
            Arm(label % {"n": canary.version.number}, canary.version.function, tried),
            Arm(label % {"n": canary.released.number}, canary.released.function, released),
        ],
    )
