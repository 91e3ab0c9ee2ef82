"""The fault matrix: every notice arrives once, or is parked and arrives once after it is sent again.

``make faults`` prints it. Each cell is played with the fault at the first, second, … call of
its part, and with a fault that lasts until it is mended.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from secretwatch import audit
from tests.harness.audit_table import make_table
from tests.harness.faults import FAULTS, PARTS, WEBHOOKS, Fault, System
from tests.harness.webhooks import WebhookReceiver
from tests.unit.conftest import TABLE, aws_client

ONCE = dict.fromkeys(WEBHOOKS, 1)
MOST_CALLS = 12
CELLS = [(fault, part) for fault in FAULTS for part in PARTS if fault != "429 Retry-After" or part in WEBHOOKS]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_waiting(monkeypatch)


def stop_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secretwatch.channels.webhook.clock.sleep", lambda _: None)
    monkeypatch.setattr(audit, "PATIENCE", 0.0)
    monkeypatch.setattr(audit, "WORKERS", 1)


@pytest.fixture
def places(aws: None, tmp_path: Path) -> tuple[Any, Any, Path]:
    return aws_client("dynamodb"), aws_client("ssm"), tmp_path


def play(places: tuple[Any, Any, Path], part: str, fault: Fault) -> tuple[dict[str, int], int, int]:
    """Return how often each webhook was told, how many events were parked, and how many calls the part had."""
    dynamodb, ssm, folder = places
    make_table(dynamodb, TABLE)
    with WebhookReceiver(folder / "notices.jsonl") as receiver:
        system = System(dynamodb, ssm, TABLE, receiver, part, fault)
        system.read()
        parked = system.parked
        system.mend()
        return dict(system.told()), parked, fault.calls


def cell(places: tuple[Any, Any, Path], part: str, kind: str) -> tuple[set[tuple[tuple[str, int], ...]], int]:
    """Return every outcome of a cell, and how many events were parked at most."""
    outcomes, most_parked = set(), 0
    for at in range(MOST_CALLS + 1):
        told, parked, calls = play(places, part, Fault(kind, at))
        outcomes.add(tuple(sorted(told.items())))
        most_parked = max(most_parked, parked)
        if at and (calls < at or kind == "duplicate delivery" or (part in WEBHOOKS and kind != "crash after send")):
            break
    return outcomes, most_parked


@pytest.mark.full
@pytest.mark.parametrize(("kind", "part"), CELLS, ids=lambda value: str(value).replace(" ", "_"))
def test_every_notice_arrives_once(places: tuple[Any, Any, Path], kind: str, part: str) -> None:
    outcomes, parked = cell(places, part, kind)
    if kind == "crash after send" and part in WEBHOOKS:
        # Nobody can know whether a webhook took what it was sent just before the end: better twice than never.
        assert {dict(outcome)[part] >= 1 for outcome in outcomes} == {True}
        assert all({**dict(outcome), part: 1} == ONCE for outcome in outcomes)
        return
    assert outcomes == {tuple(sorted(ONCE.items()))}
    if part in WEBHOOKS and kind in ("throttle", "timeout", "5xx", "429 Retry-After"):
        assert parked == 1, "what a webhook kept refusing is parked, and an alarm says so"


def main() -> None:
    """Print the matrix."""
    logging.disable()
    print("What becomes of one notice when one part fails: (attempts, then parked, then sent again)")
    print(f"{'':20}" + "".join(f"{part:>14}" for part in PARTS))
    with pytest.MonkeyPatch.context() as patch, mock_aws(), tempfile.TemporaryDirectory() as folder:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        stop_waiting(patch)
        clients = boto3.client("dynamodb"), boto3.client("ssm"), Path(folder)
        for kind in FAULTS:
            shown = [_shown(clients, kind, part) if (kind, part) in CELLS else "–" for part in PARTS]
            print(f"{kind:20}" + "".join(f"{text:>14}" for text in shown), flush=True)
    print("once: each channel got it once, whichever call the fault hit; +parked: a lasting fault parked it first.")
    print("again: a webhook that took a message in the instant before the function ended gets it again (same id).")


def _shown(places: tuple[Any, Any, Path], kind: str, part: str) -> str:
    outcomes, parked = cell(places, part, kind)
    once = outcomes == {tuple(sorted(ONCE.items()))}
    again = all({**dict(outcome), part: 1} == ONCE for outcome in outcomes)
    return ("once" if once else "again" if again else "WRONG") + ("+parked" if parked else "")


if __name__ == "__main__":
    main()
