from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.memory import Kind
from secretwatch.detect.observe import kind_of, observe
from secretwatch.detect.tuning import Tuning
from secretwatch.record.actor import People
from tests.judging import judged
from tests.records import record


@pytest.mark.parametrize(
    ("name", "changes", "kind"),
    [
        ("GetSecretValue", {}, Kind.READ),
        ("GetSecretValue", {"errorCode": "AccessDenied"}, Kind.DENIED),
        ("GetSecretValue", {"errorCode": "ResourceNotFoundException"}, Kind.MISSING),
        ("GetSecretValue", {"errorCode": "InternalServiceError"}, Kind.OTHER),
        ("BatchGetSecretValue", {}, Kind.BATCH),
        ("BatchGetSecretValue", {"errorCode": "AccessDenied"}, Kind.DENIED),
        ("ListSecrets", {}, Kind.LISTED),
        ("ListSecrets", {"errorCode": "AccessDenied"}, Kind.LISTED),
        ("DescribeSecret", {}, Kind.DESCRIBED),
        ("DeleteSecret", {}, Kind.CHANGED),
        ("DeleteSecret", {"errorCode": "AccessDenied"}, Kind.OTHER),
        ("RotationFailed", {"eventType": "AwsServiceEvent"}, Kind.ROTATION),
    ],
)
def test_what_a_call_counts_as(name: str, changes: dict[str, Any], kind: Kind) -> None:
    (entry,) = judged(record(name, **changes))
    assert kind_of(entry.access.call) is kind


def test_hostile_text_stays_bounded_and_cannot_forge_a_habit() -> None:
    """The use of a key is named by key, hour and place, with @ between."""
    (entry,) = judged(record(sourceIPAddress="1@2@3" + "x" * 900, userAgent="\u202e" * 900))
    found = observe(entry.access.call, entry.origin, People().actor(entry.access), Tuning())
    use = found.use_of(entry.access, 1200)
    assert use is not None
    assert use.name.rsplit("@", 2)[1] == "2"
    assert len(use.name) < 200
    assert all(len(way.name) < 200 for way in found.ways)
