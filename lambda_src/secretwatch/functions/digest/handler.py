"""Lambda: on a schedule, say on the alerts topic what the day before was like.

count → fold → keep → publish. The message is kept before it is published, under an id that
follows from the day: whoever is late, or tries again, publishes those very bytes, once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from heapq import nsmallest
from typing import Any

from secretwatch.detect.memory import Memory
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.digest.fold import Digest, fold, hours_of
from secretwatch.functions.digest.message import digest_notice
from secretwatch.functions.digest.settings import DigestSettings
from secretwatch.functions.digest.tally import Tally
from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import short_hash
from secretwatch.store.claims import Claim
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import StoreError, chunked

log = logging.getLogger(__name__)
MOST_ACCESSES = 1_000_000
"""Most accesses that are counted: reading them takes minutes and costs a cent or two."""
TIME_FOR_THE_REST = 60.0
"""Seconds that are kept back of the function's time when counting."""
READERS_LOOKED_UP = 5_000
"""Most readers of a day whose memories are looked at for what is new: those that read least, as newcomers do."""
_MEMORIES_AT_ONCE = 50


class DigestError(Exception):
    """The event says no day; the message says what it should look like."""


@dataclass(frozen=True, slots=True)
class Digester:
    """Makes one message a day."""

    settings: DigestSettings
    store: Store
    publisher: Publisher

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        return {"canary_paths": list(self.settings.canary_paths), "model": self.settings.model}

    def run(self, event: object, invocation: Invocation) -> None:
        """Publish the digest of the day before the event's time, unless that was done."""
        day = day_of(event)
        # With the table's name: the digests of two systems are two messages.
        identity = short_hash("digest", self.settings.table, day)
        notice, published = self._kept(identity) or (None, False)
        if notice is None:
            self.store.outbox.keep(digest_notice(self.digest(day, invocation), identity, self.settings.region))
            notice, published = self._kept(identity) or (None, False)
        if notice is None:
            raise StoreError(f"the digest of {day} was kept and is not there")
        if not published:
            self._publish(notice, invocation)
        log.info("digest", extra={"day": day, "notice": identity, "published_before": published})

    def digest(self, day: str, invocation: Invocation) -> Digest:
        """Return the digest of a day (2026-01-31, UTC)."""
        settings, store = self.settings, self.store
        tally = Tally(settings.own_principals)
        tally.add_all(store.accesses.parts(day), MOST_ACCESSES, lambda: invocation.time_left > TIME_FOR_THE_REST)
        readers = nsmallest(READERS_LOOKED_UP, tally.reads, key=tally.reads.__getitem__)
        model = settings.model
        calls = store.limits.used("model", hours_of(day)) if model else []
        return fold(
            day,
            tally,
            self._memories(readers),
            store.outbox.of_day(day),
            {path: store.sightings.delays(path, day) for path in settings.canary_paths},
            None if model is None else (model, calls, settings.model_calls_per_hour),
            self._tuning(),
            store.expectations.noted(day),
        )

    def _tuning(self) -> Tuning:
        """Return the tuning with what people have declared, and until when everything is new."""
        tuning, store = self.settings.tuning, self.store
        since = store.start.since()
        learning = tuning if since is None else tuning.learning_since(since)
        return replace(learning, expectations=(*tuning.expectations, *store.expectations.all()))

    def _memories(self, actors: Iterable[str]) -> dict[str, Memory]:
        """Return what is remembered of some actors; of one whose memory cannot be read nothing is new."""
        found: dict[str, Memory] = {}
        for chunk in chunked(actors, _MEMORIES_AT_ONCE):
            try:
                found |= self.store.memories.of(chunk)
            except StoreError:
                for actor in chunk:
                    try:
                        found |= self.store.memories.of([actor])
                    except StoreError as error:
                        log.warning("not looked at", extra={"actor": actor, "reason": str(error)})
        return found

    def _kept(self, identity: str) -> tuple[Notice, bool] | None:
        return self.store.outbox.kept([identity]).get(identity)

    def _publish(self, notice: Notice, invocation: Invocation) -> None:
        claim = self.store.claims.claim("publish", notice.id, invocation)
        if claim is Claim.BUSY:
            raise StoreError(f"notice {notice.id} is being published by another invocation")
        if claim is Claim.TAKEN:
            with self.store.claims.acting("publish", [notice.id], invocation):
                self.publisher.publish(notice)
        self.store.outbox.mark_published(notice.id)


def day_of(event: object) -> str:
    """Return the day before the time of a scheduled event, so that a repeated or late one is about the same day.

    Raises DigestError. AWS: "Amazon EventBridge event structure".
    """
    time = event.get("time") if isinstance(event, Mapping) else None
    try:
        day: date = datetime.fromisoformat(str(time)).astimezone(UTC).date() - timedelta(days=1)
    except (ValueError, OverflowError):
        raise DigestError(f'the event needs a "time", such as "2026-02-01T07:00:00Z", not {time!r:.50}') from None
    return day.isoformat()


@cache
def _digest() -> Digester:
    configure()
    settings = DigestSettings.read(Environment(os.environ), packaged_settings())
    return Digester(settings, open_store(client("dynamodb"), settings.table), Publisher(Lazy("sns"), settings.topic))


def handler(event: object, context: Any) -> dict[str, Any] | None:
    """Lambda's entry point."""
    digester = _digest()
    probed = answer(event, digester.about(), {})
    if probed is None:
        digester.run(event, Invocation.of(context))
    return probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _digest()
