"""Which setting would make a noisy actor quiet, in the words of Terraform.

Nothing here ever lowers what was high because of a new place, or of credentials in the wrong
hands: that is what the system is for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.tuning import Tuning
from secretwatch.record.actor import Actor
from secretwatch.runtime.text import count, one_line

MANY_PEOPLE = 3
"""Sessions by hand from which on a role looks like people's."""
_ENDPOINT = "vpce-"


@dataclass
class Noise:
    """The messages about one actor."""

    actor: Actor
    messages: int = 0
    as_automation: int = 0
    """How many would be left if it were declared automation."""
    severe: int = 0
    """How many are high for what no setting should lower."""
    signals: Counter[str] = field(default_factory=Counter)
    by_hand: set[str] = field(default_factory=set)
    """Sessions (or keys) that used a tool that people type with, MANY_PEOPLE at most."""


def is_usual_for_automation(signals: Iterable[str]) -> bool:
    """Whether declared automation does all of that as a matter of course."""
    return all(SIGNALS[signal].usual_for_automation for signal in signals)


def is_severe(severity: Severity, signals: Iterable[str]) -> bool:
    """Whether something is high for what no setting should lower."""
    return severity.rank >= Severity.HIGH.rank and not is_usual_for_automation(signals)


def is_endpoint(network: str) -> bool:
    """Whether a network is a VPC endpoint."""
    return network.startswith(_ENDPOINT)


def for_actor(noise: Noise, tuning: Tuning) -> Iterator[str]:
    """Yield what to set about a noisy actor, each with its condition; nothing where no setting is proposed."""
    actor, key = noise.actor, noise.actor.principal.key
    declared = tuning.automation_pattern(key) is not None
    if not actor.is_person and not declared and not noise.severe and noise.as_automation < noise.messages:
        yield f"if it is automation, {noise.as_automation:,} are left with: automation = {json.dumps([key])}"
    if actor.person is None and actor.principal.type == "AssumedRole" and len(noise.by_hand) >= MANY_PEOPLE:
        yield f"if people assume it, each is judged by their own habit with: people_roles = {json.dumps([key])}"


def for_endpoint(endpoint: str, messages: int) -> str:
    """Return what to set about a VPC endpoint that nobody declared; ``messages`` would not have been sent."""
    setting = f"trusted_vpc_endpoint_ids = {json.dumps([endpoint])}"
    return f"if {one_line(endpoint, 40)} is yours, {count(messages, 'message')} less with: {setting}"
