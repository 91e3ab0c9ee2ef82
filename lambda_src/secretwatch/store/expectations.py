"""Expectations that people declared with ``make expect``, and what nobody heard of because of one."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.expectations import LATEST, MOST_DAYS, Expectation, ExpectationError, check
from secretwatch.detect.signals import Finding
from secretwatch.store.table import DAY, WORK_DAYS, WRITE_SIZE, Item, Table, bounded, chunked, encode, key_part

log = logging.getLogger(__name__)
_PARTITION = "EXPECTATION"
_QUICK = 30.0
"""Seconds that what was read is good for: deliveries come many a second."""
KEPT_DAYS = 30
"""Days that an expectation stays in the table after its end, so that a digest can say what it was."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What nobody heard of on a day because of one expectation."""

    accesses: int
    worst: Severity
    """How bad the worst of it would have been."""


class Expectations:
    """The expectations of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: tuple[Expectation, ...] = ()
        self._read_at = 0.0

    def all(self) -> Iterator[Expectation]:
        """Yield those that are in the table, ended ones too: what came before the end may still be judged."""
        items = self._table.query(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues=encode({":pk": _PARTITION})
        )
        for item in items:
            try:
                expectation = _expectation(item)
                check(expectation)
            except (KeyError, TypeError, ExpectationError) as error:  # nobody's reads are silenced by it
                log.warning("an expectation does not count", extra={"id": str(item["sk"]), "reason": str(error)})
            else:
                yield expectation

    def current(self) -> tuple[Expectation, ...]:
        """Return those that are in the table, as they were half a minute ago at most."""
        if self._table.now() - self._read_at >= _QUICK:
            self._known = tuple(self.all())
            self._read_at = self._table.now()
        return self._known

    def declare(self, expectation: Expectation) -> bool:
        """Keep an expectation; return False if it is there already."""
        return self._table.put_new(
            {
                **expectation_key(expectation.id),
                "actor": expectation.actor,
                "secret": expectation.secret,
                "since": expectation.since,
                "until": expectation.until,
                "why": expectation.why,
                "by": expectation.by,
                "expires_at": expectation.until + KEPT_DAYS * DAY,
            }
        )

    def end(self, identity: str) -> bool:
        """End an expectation now: what came before stays expected. Return False if there is none that lasts."""
        now = int(self._table.now())
        try:
            self._table.update(
                expectation_key(identity),
                "SET #until = :now, expires_at = :end",
                {":now": now, ":end": now + KEPT_DAYS * DAY},
                {"#until": "until"},
                ConditionExpression="attribute_exists(pk) AND #until > :now",
            )
        except self._table.condition_failed:
            return False
        return True

    def note(self, actor: str, spared: Iterable[Finding]) -> None:
        """Keep what nobody heard of; keeping it again changes nothing."""
        items: dict[tuple[str, str], Item] = {}
        for finding in spared:
            item = _item(actor, finding, self._table.expiry(WORK_DAYS * DAY))
            known = items.setdefault((item["pk"], item["sk"]), item)
            if known["rank"] < item["rank"]:
                items[item["pk"], item["sk"]] = item
        for chunk in chunked(items.values(), WRITE_SIZE):
            self._table.write(chunk)

    def noted(self, day: str) -> dict[str, Quiet]:
        """Return expectation's id → what nobody heard of on a day (2026-01-31, UTC)."""
        items = self._table.query(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues=encode({":pk": _day_key(day)})
        )
        numbers: Counter[str] = Counter()
        ranks: dict[str, int] = {}
        for item in items:
            identity = item["sk"].partition("#")[0]
            numbers[identity] += 1
            ranks[identity] = max(ranks.get(identity, 0), item["rank"])
        return {identity: Quiet(number, list(Severity)[ranks[identity]]) for identity, number in numbers.items()}


def expectation_key(identity: str) -> Item:
    """Return the key of an expectation's item."""
    return {"pk": _PARTITION, "sk": key_part(identity)}


def _day_key(day: str) -> str:
    return f"EXPECTED#{day}"


def _expectation(item: Mapping[str, Any]) -> Expectation:
    """Return an item's expectation; raises ExpectationError for times that ``make expect`` would not have written."""
    since, until = item["since"], item["until"]
    if (
        type(since) is not int
        or type(until) is not int
        or not 0 <= since <= until <= min(since + (MOST_DAYS + 1) * DAY, LATEST)
    ):
        raise ExpectationError(f"since and until must be whole seconds, {MOST_DAYS} days apart at most")
    return Expectation(
        id=item["sk"],
        actor=item["actor"],
        secret=item["secret"],
        since=since,
        until=until,
        why=item["why"],
        by=str(item["by"]),
    )


def _item(actor: str, finding: Finding, expires: int) -> Item:
    spared = finding.spared
    assert spared is not None  # noqa: S101 -- only what was spared is noted
    day = datetime.fromtimestamp(finding.time, UTC).date().isoformat()
    return {
        "pk": _day_key(day),
        "sk": f"{spared.expectation}#{key_part(finding.event_id)}",
        **bounded({"actor": key_part(actor), "secret": finding.moment.name, "signal": finding.signal}),
        "rank": spared.severity.rank,
        "expires_at": expires,
    }
