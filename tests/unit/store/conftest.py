from __future__ import annotations

from typing import Any

import pytest

from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import Store, open_store
from tests.documents import TABLE

NOW = 1_800_000_000.0


class Clock:
    """A time that passes only when somebody sleeps or a test says so."""

    now = NOW

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FaultyClient:
    """DynamoDB, that answers some calls with what a test wants before it does its work."""

    def __init__(self, client: Any, waits: list[float]) -> None:
        self._client = client
        self._answers: dict[str, list[Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.waits = waits
        """Seconds waited between attempts, which did not pass."""

    def fails(self, operation: str, *responses: dict[str, Any]) -> None:
        """Let the next calls of an operation fail with error responses."""
        code = "".join(part.capitalize() for part in operation.split("_"))
        failed = [getattr(self._client.exceptions, r["Error"]["Code"])(r, code) for r in responses]
        self._answers.setdefault(operation, []).extend(failed)

    def answers(self, operation: str, *answers: Any) -> None:
        """Let the next calls of an operation be answered by these functions of client and request."""
        self._answers.setdefault(operation, []).extend(answers)

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """Return the requests of an operation, in order."""
        return [request for name, request in self.calls if name == operation]

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute) or name == "exceptions":
            return attribute

        def call(**request: Any) -> Any:
            self.calls.append((name, request))
            waiting = self._answers.get(name)
            answer = waiting.pop(0) if waiting else None
            if isinstance(answer, Exception):
                raise answer
            return attribute(**request) if answer is None else answer(self._client, request)

        return call


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def faulty(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> FaultyClient:
    waits: list[float] = []
    monkeypatch.setattr("secretwatch.store.table.clock.sleep", waits.append)
    return FaultyClient(dynamodb, waits)


@pytest.fixture
def store(faulty: FaultyClient, clock: Clock) -> Store:
    return open_store(faulty, TABLE, retention_days=30, now=clock)


def holding(identity: str = "i1", clock: Clock | None = None, seconds: float = 60) -> Invocation:
    """Return an invocation that lasts some seconds from the clock's time on."""
    now = NOW if clock is None else clock.now
    return Invocation(identity, now + seconds, now)
