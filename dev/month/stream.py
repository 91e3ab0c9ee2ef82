"""The month as a stream: every record with its label, in order of time, a day at a time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random

from dev.month.attacks import ATTACKS, attacks_on
from dev.month.lives import LIVES
from dev.month.organisation import DAYS, HISTORY_DAYS, Organisation, organisations
from dev.month.records import Act, Made, event_id, record_of

_LATE_SECONDS = 900
"""CloudTrail delivers within about a quarter of an hour."""


def month(size: str, seed: int, first: int = -HISTORY_DAYS, last: int = DAYS) -> Iterator[Made]:
    """Yield the records of the days from ``first`` up to ``last``, in order of ``eventTime``.

    A day is the same whichever others are asked for. No more than the acts of one day are in memory.
    """
    accounts = organisations(size, seed)
    for day in range(first, last):
        acts = sorted(_acts(accounts, day), key=_time)
        for number, act in enumerate(acts):
            yield Made(record_of(act, event_id(f"{size}/{seed}/{day}", number)), act.label)


def _time(act: Act) -> int:
    return act.time


def _acts(accounts: tuple[Organisation, ...], day: int) -> Iterator[Act]:
    for number, org in enumerate(accounts):
        for life in LIVES:
            yield from life(org, day)
        if day >= 0:
            # Of several accounts each has its share: twelve attacks in all.
            yield from attacks_on(org, day, ATTACKS[number :: len(accounts)])


def delivered(records: Iterable[Made], seed: int, late: int = _LATE_SECONDS) -> Iterator[Made]:
    """Yield records as deliveries bring them: each up to ``late`` seconds after others, some twice."""
    dice, waiting = Random(f"delivery/{seed}"), list[tuple[float, int, Made]]()
    for number, made in enumerate(records):
        time = _seconds(made)
        for copy in range(2 if dice.random() < 0.1 else 1):
            heapq.heappush(waiting, (time + dice.uniform(0, late), 2 * number + copy, made))
        while waiting[0][0] < time:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _seconds(made: Made) -> float:
    return datetime.fromisoformat(made.record["eventTime"]).timestamp()
