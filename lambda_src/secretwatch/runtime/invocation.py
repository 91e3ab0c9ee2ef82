"""One run of a function: what its claims are held under, and until when."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invocation:
    """One attempt of Lambda to have an event handled."""

    id: str
    """Lambda's request id: the same for every attempt at the same event."""
    lease_until: float
    """Epoch seconds; the attempt cannot outlive it, so neither can what it claims."""
    started: float
    """Epoch seconds."""

    @classmethod
    def of(cls, context: Any) -> Invocation:
        """Return the invocation of a Lambda context. AWS: "AWS Lambda context object in Python"."""
        now = time.time()
        return cls(context.aws_request_id, now + context.get_remaining_time_in_millis() / 1000, now)

    @property
    def time_left(self) -> float:
        """Seconds until the lease ends."""
        return self.lease_until - time.time()
