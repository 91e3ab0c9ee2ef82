"""A caller chooses long names; what is stored and sent stays within AWS's limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from secretwatch.detect.decide import decide
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import Story, group
from secretwatch.detect.tuning import Tuning
from secretwatch.notify.access_notice import access_notice
from secretwatch.notify.notice import Prose
from secretwatch.notify.publisher import Publisher
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.origin import TrustPolicy, parse_networks
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import open_store
from secretwatch.store.table import encode
from tests.records import Record, record, role

TRUST = TrustPolicy(parse_networks(["198.51.100.0/24"]))
LONG = "名" * 10_000
HOSTILE: Record = {
    "userAgent": LONG,
    "sourceIPAddress": LONG,
    "awsRegion": "us-east-1",
    "errorMessage": LONG,
    "vpcEndpointId": LONG,
    "userIdentity": {**role(), "arn": f"arn:aws:sts::1:assumed-role/{LONG}/{LONG}"},
}


def story(*records: Record) -> Story:
    accesses = [access for r in records if isinstance(access := parse(r), SecretAccess)]
    (found,) = group(TRUST.judge(accesses))
    return found


def stored_size(value: Any) -> int:
    """DynamoDB's item size in bytes: names and texts in UTF-8, 21 at most for a number, 3 around a list or map."""
    if isinstance(value, dict):
        return 3 + sum(
            1 + len(name.encode()) + stored_size(entry) for name, entry in value.items() if entry is not None
        )
    if isinstance(value, (list, tuple)):
        return 3 + sum(1 + stored_size(entry) for entry in value)
    return len(value.encode()) if isinstance(value, str) else 21


def test_a_hundred_hostile_accesses_fit_into_one_transaction() -> None:
    names = [f"{n}{LONG}" for n in range(100)]
    hostile = record(
        "BatchGetSecretValue", **{**HOSTILE, "eventID": LONG, "requestParameters": {"secretIdList": names}}
    )
    (entry,) = story(hostile).entries
    item = open_store(None, "t").accesses._item(entry, Invocation("b", 0, 0))
    assert encode(item)
    assert stored_size(item) * 100 < 4 * 1024 * 1024


def test_what_is_remembered_of_a_hostile_principal_fits_into_one_item() -> None:
    memory = Memory()
    for n in range(40):
        for name in ("GetSecretValue", "PutSecretValue"):
            batch = [
                record(
                    name,
                    **{**HOSTILE, "sourceIPAddress": f"{n}{LONG}", "requestParameters": {"secretId": f"{n}-{i}{LONG}"}},
                )
                for i in range(60)
            ]
            memory = decide(story(*batch), memory, Tuning()).memory
        refused = [record(errorCode="AccessDenied", **{**HOSTILE, "eventID": f"{n}-{i}{LONG}"}) for i in range(10)]
        memory = decide(story(*refused), memory, Tuning()).memory
    assert len(memory.secrets) == 1000
    assert stored_size(memory.to_item()) < 400 * 1024


def test_the_longest_notice_fits_into_one_message() -> None:
    class Topic:
        size = 0

        def publish(self, **message: Any) -> None:
            self.size = sum(len(str(part).encode()) for part in message.values())

    reads = [record(**{**HOSTILE, "requestParameters": {"secretId": f"{n}{LONG}"}}) for n in range(60)]
    read = story(*reads)
    topic = Topic()
    decision = decide(read, Memory(), Tuning())
    Publisher(topic, "t").publish(
        replace(access_notice(read, decision, "n", "us-east-1"), prose=Prose(LONG[:400], "m" * 100, "2", 1, 1))
    )
    assert 0 < topic.size < 256 * 1024
