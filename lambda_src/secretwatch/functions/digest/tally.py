"""The accesses of a day, counted one after the other: memory is bounded, whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from secretwatch.detect.advice import MANY_PEOPLE, is_endpoint
from secretwatch.detect.memory import Kind
from secretwatch.record.actor import Actor
from secretwatch.record.agent import is_by_hand, tool_of
from secretwatch.record.origin import Trust
from secretwatch.store.accesses import SHARDS, actor_of

KEPT = 20_000
"""Most different actors, secrets and pairs of them that are told apart; of a day that has more these are the first."""
_STEP = 1_000
"""Accesses between two looks at the clock."""

Seen = Mapping[str, Any]
"""An access, as the audit table keeps it."""
T = TypeVar("T")


@dataclass
class Tally:
    """What was counted of a day."""

    own: Set[str] = frozenset()
    """Principals of this system, the canary's among them: only the number of their accesses is counted."""
    accesses: int = 0
    parts: int = 0
    """How many of the day's SHARDS parts were counted as a whole."""
    in_parts: int = 0
    """Accesses of those."""
    own_accesses: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    """Actor → values that it read."""
    all_reads: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(actor, secret) → reads that were denied."""
    all_refused: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(actor, event name) → calls that changed secrets."""
    all_changes: int = 0
    actors: dict[str, Actor] = field(default_factory=dict)
    places: Counter[tuple[str | None, str | None, str]] = field(default_factory=Counter)
    """(region, account, name) of a secret → values that were read."""
    by_hand: dict[str, set[str]] = field(default_factory=dict)
    """Actor → sessions that used a tool that people type with, MANY_PEOPLE at most."""
    endpoints: Counter[str] = field(default_factory=Counter)
    """VPC endpoint that nobody declared → reads through it."""

    @property
    def estimate(self) -> int | None:
        """About how many accesses the day had; None if no part of it was counted as a whole."""
        return self.in_parts * len(SHARDS) // self.parts if self.parts else None

    @property
    def is_whole(self) -> bool:
        """Whether all of the day was counted."""
        return self.parts == len(SHARDS)

    def add_all(self, parts: Iterable[Iterator[Seen]], most: int, may_go_on: Callable[[], bool]) -> None:
        """Count the parts of a day, until there were ``most`` accesses, or ``may_go_on`` says no."""
        for part in parts:
            while chunk := list(islice(part, _STEP)):
                if self.accesses >= most or not may_go_on():
                    return
                for access in chunk:
                    self.add(access)
            self.parts += 1
            self.in_parts = self.accesses

    def add(self, access: Seen) -> None:
        """Count one access."""
        self.accesses += 1
        if access["principal"] in self.own:
            self.own_accesses += 1
            return
        actor, kind = self._actor(access), access["kind"]
        names = access.get("secrets", ())
        if kind == Kind.READ:
            self._add_read(actor.key, access, names)
        elif kind == Kind.DENIED:
            self.all_refused += 1
            count_in(self.refused, (actor.key, names[0] if names else ""))
        elif kind == Kind.CHANGED:
            self.all_changes += 1
            count_in(self.changes, (actor.key, access["event_name"]))

    def _add_read(self, actor: str, access: Seen, names: Iterable[str]) -> None:
        self.all_reads += 1
        count_in(self.reads, actor)
        for name in names:
            count_in(self.places, (access.get("region"), access.get("account"), name))
        if access["trust"] == Trust.UNKNOWN and is_endpoint(access["network"]):
            count_in(self.endpoints, access["network"])
        if is_by_hand(tool_of(access.get("user_agent"))):
            sessions = self.by_hand.get(actor)
            if sessions is None and len(self.by_hand) < KEPT:
                sessions = self.by_hand[actor] = set()
            if sessions is not None and len(sessions) < MANY_PEOPLE:
                sessions.add(access.get("session_name") or access.get("access_key_id") or "")

    def _actor(self, access: Seen) -> Actor:
        pk = access["pk"]
        known = self.actors.get(pk)
        if known is None:
            known = actor_of(access)
            if len(self.actors) < KEPT:
                self.actors[pk] = known
        return known


def count_in(counter: Counter[T], key: T) -> None:
    """Count a key, unless it is a new one and there are KEPT already."""
    if key in counter or len(counter) < KEPT:
        counter[key] += 1
