from __future__ import annotations

import pytest

from secretwatch.runtime.invocation import Invocation


class Context:
    """Lambda's context of a function with some time left."""

    aws_request_id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"

    def __init__(self, milliseconds: int) -> None:
        self._left = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._left


def test_an_invocation_lasts_as_long_as_lambda_lets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr("secretwatch.runtime.invocation.time.time", lambda: now[0])
    invocation = Invocation.of(Context(90_500))
    assert invocation == Invocation(Context.aws_request_id, 1_800_000_090.5, 1_800_000_000.0)
    now[0] += 60
    assert invocation.time_left == 30.5
    now[0] += 60
    assert invocation.time_left < 0
