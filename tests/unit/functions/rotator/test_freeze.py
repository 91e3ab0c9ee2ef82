from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.record.intake import IntakeError
from tests.documents import FREEZE
from tests.records import record
from tests.unit.conftest import aws_client
from tests.unit.doubles import Topic, throttled
from tests.unit.functions.rotator.doubles import (
    UNTRUSTED,
    Maker,
    facts,
    rotate,
    versions,
)


@pytest.mark.parametrize(("value", "rotated"), [("on", 1), ("ON", 1), ("nonsense", 1), ("off", 2), (" Off ", 2)])
def test_the_freeze_stops_rotations(make: Maker, secrets: Any, topic: Topic, value: str, rotated: int) -> None:
    aws_client("ssm").put_parameter(Name=FREEZE, Value=value, Type="String")
    rotate(make(), record(**UNTRUSTED))
    assert versions(secrets) == rotated
    if rotated == 1:
        assert "rotations are frozen" in facts(topic)["What was done"]


def test_a_freeze_that_cannot_be_read_is_tried_again(
    make: Maker, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotator = make()
    monkeypatch.setattr(Freeze, "is_on", lambda _: (_ for _ in ()).throw(throttled()))
    with pytest.raises(IntakeError):
        rotate(rotator, record(**UNTRUSTED))
    assert versions(secrets) == 1


def test_without_a_freeze_parameter_nothing_is_frozen() -> None:
    assert not Freeze(None, None).is_on()
