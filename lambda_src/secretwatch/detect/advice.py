"""Which setting would make a noisy actor quiet, in the words of Terraform.

What is counted are messages of severity medium and above. Nothing here ever lowers what was high because of
a new place, of credentials in the wrong hands, or of secrets that are somebody else's: that is what the system
is for. What is proposed is a habit, seen on several days; an attack is none. Each proposal is made once: what is
declared, or expected, makes no messages any more, so that whoever follows them all comes to an end.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.tuning import Tuning
from secretwatch.record.actor import Actor
from secretwatch.runtime.text import count, one_line

COUNTED = Severity.MEDIUM
"""The least severity that is noise: what is below wakes nobody."""
MANY_PEOPLE = 3
"""Sessions by hand from which on a role looks like people's."""
HABIT_DAYS = 3
"""Days on which an actor must have done something for it to be its habit."""
ENDPOINTS_SHOWN = 10
_NOT_ITS_OWN = frozenset({"unrelated_secret", "slow_collection"})
"""What is usual for automation, and what a thief with a workload's credentials does as well."""
_ENDPOINT = "vpce-"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A setting that somebody should look at."""

    setting: str
    """Name of the Terraform variable, a list."""
    values: tuple[str, ...]
    """What to add to it."""
    why: str
    """On which condition, and what comes of it."""

    def __str__(self) -> str:
        """Return "if it is automation, 2 are left with: automation = [\"arn:…\"]"."""
        return f"{self.why} with: {self.setting} = {json.dumps(list(self.values))}"


@dataclass
class Noise:
    """The messages about one actor, of COUNTED severity and above."""

    actor: Actor
    messages: int = 0
    as_automation: int = 0
    """How many would be left if it were declared automation."""
    severe: int = 0
    """How many are high for what no setting should lower."""
    days: int = 0
    """On how many days there were some, or it read what was new for it."""
    signals: Counter[str] = field(default_factory=Counter)
    by_hand: set[str] = field(default_factory=set)
    """Sessions (or keys) that used a tool that people type with, MANY_PEOPLE at most."""


def is_usual_for_automation(signals: Iterable[str]) -> bool:
    """Whether declared automation does all of that as a matter of course."""
    return all(SIGNALS[signal].usual_for_automation for signal in signals)


def is_severe(severity: Severity, signals: Sequence[str]) -> bool:
    """Whether something is high for what no setting should lower."""
    silenced = is_usual_for_automation(signals) and not _NOT_ITS_OWN.intersection(signals)
    return severity.rank >= Severity.HIGH.rank and not silenced


def is_endpoint(network: str) -> bool:
    """Whether a network is a VPC endpoint."""
    return network.startswith(_ENDPOINT)


def for_actor(noise: Noise, tuning: Tuning) -> Iterator[Proposal]:
    """Yield what to set about a noisy actor; nothing where no setting is proposed."""
    actor, key = noise.actor, noise.actor.principal.key
    is_declared = tuning.automation_pattern(key) is not None
    is_a_job = not actor.is_person and not is_declared and noise.days >= HABIT_DAYS
    if is_a_job and not noise.severe and noise.as_automation < noise.messages:
        yield Proposal("automation", (key,), f"if it is automation, {noise.as_automation:,} are left")
    if actor.person is None and actor.principal.type == "AssumedRole" and len(noise.by_hand) >= MANY_PEOPLE:
        yield Proposal("people_roles", (key,), "if people assume it, each is judged by their own habit")


def for_endpoints(endpoints: Sequence[str], messages: int) -> Proposal:
    """Return what to set about VPC endpoints while none is declared; ``messages`` would not have been sent.

    All of them at once: where one is declared, every other is not trusted any more.
    """
    named = ", ".join(one_line(endpoint, 40) for endpoint in endpoints)
    whose = f"if {named} {'are' if len(endpoints) > 1 else 'is'} yours"
    return Proposal("trusted_vpc_endpoint_ids", tuple(endpoints), f"{whose}, {count(messages, 'message')} less")
