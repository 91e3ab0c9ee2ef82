"""Into the audit table: the habits of the past, united with what the deployment has learnt meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from secretwatch.detect.memory import Memory, unite
from secretwatch.runtime.text import count
from secretwatch.store.store import Store
from secretwatch.store.table import StoreError, back_off, chunked
from tools.seed.past import Say

_AT_ONCE = 50
"""Actors whose memories are read together."""
_ATTEMPTS = 8


@dataclass
class Stored:
    """What was stored, or would have been."""

    actors: int = 0
    changed: int = 0
    """Actors that something was learnt about."""
    secrets: set[str] = field(default_factory=set)
    since: int | None = None
    """When the first read of any actor was, epoch seconds."""

    def count(self, memory: Memory) -> None:
        """Count an actor."""
        self.actors += 1
        self.secrets.update(memory.names("secret"))
        times = [time for time in (self.since, memory.since()) if time is not None]
        self.since = min(times, default=None)

    def __str__(self) -> str:
        """Return "41 actors, 212 secrets"."""
        return f"{count(self.actors, 'actor')}, {count(len(self.secrets), 'secret')}"


def store_all(store: Store | None, past: Iterable[tuple[str, Memory]], history_days: int, say: Say) -> Stored:
    """Store the memories of actors (by key); without a store only count them. Raises StoreError.

    Storing them again changes nothing, so that an interrupted run is simply run again.
    """
    stored = Stored()
    for entries in chunked(past, _AT_ONCE):
        known = {} if store is None else store.memories.of(actor for actor, _ in entries)
        for actor, memory in entries:
            stored.count(memory)
            if store is not None:
                stored.changed += _store(store, actor, memory, known[actor], history_days)
        say(f"{stored.actors:,} actors stored" if store else f"{stored.actors:,} actors")
    if store is not None and stored.since is not None:
        store.memories.note_history(stored.since)
    return stored


def _store(store: Store, actor: str, past: Memory, known: Memory, history_days: int) -> bool:
    """Unite what is known of an actor with its past; return whether that was anything new."""
    for attempt in range(_ATTEMPTS):
        united = unite(known, past, history_days)
        if united is known:
            return False
        if store.memories.remember(actor, united, history_days):
            return True
        back_off(attempt)  # the deployed function has learnt something in this very moment
        (known,) = store.memories.of([actor]).values()
    raise StoreError(f"what is remembered of {actor} kept changing: run it again")
