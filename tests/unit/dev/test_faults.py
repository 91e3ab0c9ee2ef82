"""The fault matrix: every notice arrives once, or becomes a dead letter and arrives once after it is sent again.

``make faults`` prints it. Each cell is played with the fault at the first, second, … call of
its part, and with a fault that lasts until it is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.faults import CELLS, ONCE, WEBHOOKS, Places, cell, no_waiting
from tests.unit.conftest import aws_client


@pytest.fixture
def places(aws: None, tmp_path: Path) -> Iterator[Places]:
    with no_waiting():
        yield aws_client("dynamodb"), aws_client("ssm"), tmp_path


@pytest.mark.full
@pytest.mark.parametrize(("kind", "part"), CELLS, ids=lambda value: str(value).replace(" ", "_"))
def test_every_notice_arrives_once(places: Places, kind: str, part: str) -> None:
    outcomes, dead = cell(places, part, kind)
    if kind == "crash after send" and part in WEBHOOKS:
        # Nobody can know whether a webhook took what it was sent just before the end: better twice than never.
        assert {dict(outcome)[part] >= 1 for outcome in outcomes} == {True}
        assert all({**dict(outcome), part: 1} == ONCE for outcome in outcomes)
        return
    assert outcomes == {tuple(sorted(ONCE.items()))}
    if part in WEBHOOKS and kind in ("throttle", "timeout", "5xx", "429 Retry-After"):
        assert dead == 1, "what a webhook kept refusing is in the dead-letter queue, and an alarm says so"
