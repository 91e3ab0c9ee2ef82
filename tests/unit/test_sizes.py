"""A caller chooses long names; what is stored and sent stays within AWS's limits."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from secretwatch.detect.memory import Memory
from secretwatch.notify.notice import Prose
from secretwatch.notify.publisher import Publisher
from secretwatch.record.actor import People
from secretwatch.store import accesses, memories
from secretwatch.store.table import encode
from tests.judging import decided, judged
from tests.records import Record, record, role

LONG = "名" * 10_000
HOSTILE: Record = {
    "userAgent": LONG,
    "sourceIPAddress": LONG,
    "awsRegion": "us-east-1",
    "errorMessage": LONG,
    "vpcEndpointId": LONG,
    "userIdentity": {**role(), "arn": f"arn:aws:sts::1:assumed-role/{LONG}/{LONG}"},
}


def stored_size(value: Any) -> int:
    """DynamoDB's item size in bytes: names and texts in UTF-8, 21 at most for a number, 3 around a list or map."""
    if isinstance(value, dict):
        return 3 + sum(
            1 + len(name.encode()) + stored_size(entry) for name, entry in value.items() if entry is not None
        )
    if isinstance(value, (list, tuple)):
        return 3 + sum(1 + stored_size(entry) for entry in value)
    return len(value.encode()) if isinstance(value, str) else 21


def test_twenty_five_hostile_accesses_fit_into_one_write() -> None:
    """A BatchWriteItem takes 16 MB, an item 400 KB; a key 2,048 and 1,024 bytes."""
    names = [f"{n}{LONG}" for n in range(100)]
    hostile = record(
        "BatchGetSecretValue", **{**HOSTILE, "eventID": LONG, "requestParameters": {"secretIdList": names}}
    )
    (entry,) = judged(hostile)
    item = accesses.item_of(entry, People().actor(entry.access), 0)
    assert encode(item)
    assert stored_size(item) < 40 * 1024
    assert (len(item["pk"].encode()), len(item["sk"].encode())) < (2048, 1024)


def test_an_access_as_services_make_them_is_one_write_unit() -> None:
    (entry,) = judged(record(userIdentity=role("payments-production-service", "1653634800072213448")))
    assert stored_size(accesses.item_of(entry, People().actor(entry.access), 1_800_000_000)) < 1024


def test_what_is_remembered_of_a_hostile_actor_fits_into_one_item() -> None:
    memory: dict[str, Memory] = {}
    for delivery in range(4):
        batch = []
        for n, i in product(range(delivery * 10, delivery * 10 + 10), range(60)):
            changes = {**HOSTILE, "sourceIPAddress": f"{n}{LONG}", "userAgent": f"{n}-{i}{LONG}"}
            named = {**changes, "eventID": f"{n}-{i}{LONG}", "requestParameters": {"secretId": f"{n}-{i}{LONG}"}}
            batch += [record(**named), record("PutSecretValue", **named), record(errorCode="AccessDenied", **named)]
        (found,) = decided(*batch, memories=memory)
        memory[found.actor.key] = found.decision.memory
    (remembered,) = memory.values()
    assert len(remembered.names("secret")) == 2400
    assert len(memories.dump(remembered)) < 380 * 1024


def test_the_longest_notice_fits_into_one_message() -> None:
    class Topic:
        size = 0

        def publish(self, **message: Any) -> None:
            self.size = sum(len(str(part).encode()) for part in message.values())

    (found,) = decided(*(record(**{**HOSTILE, "requestParameters": {"secretId": f"{n}{LONG}"}}) for n in range(60)))
    (notice,) = found.notices()
    topic = Topic()
    Publisher(topic, "t").publish(replace(notice, prose=Prose(LONG[:400], "m" * 100, "2", 1, 1)))
    assert 0 < topic.size < 256 * 1024
