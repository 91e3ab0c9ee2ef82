"""The digest over an audit table: once a day, whoever tries how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secretwatch.detect.expectations import expectation_of
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.digest import handler as handlers
from secretwatch.functions.digest.handler import Digester, DigestError, day_of
from secretwatch.functions.digest.message import digest_notice
from secretwatch.functions.digest.settings import DigestSettings
from secretwatch.notify.notice import Kind
from secretwatch.notify.publisher import Publisher
from secretwatch.record.actor import People
from secretwatch.store.memories import actor_key
from secretwatch.store.store import Store, open_store
from tests.days import CANARY
from tests.documents import TABLE, document, environment
from tests.gallery import OUTSIDE
from tests.judging import decided, judged
from tests.records import Record, record, role, user
from tests.unit.doubles import Topic, invocation, throttled

SCHEDULED = {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-02-01T07:00:00Z"}
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def store(dynamodb: Any) -> Store:
    return open_store(dynamodb, TABLE, now=NOON.timestamp)


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def digester(store: Store, topic: Topic) -> Digester:
    settings = DigestSettings.read(environment("digest"), document("digest", own_principal_arns=[CANARY]))
    return Digester(settings, store, Publisher(topic, settings.topic))


def recorded(store: Store, *records: Record) -> None:
    entries = judged(*records)
    store.accesses.record(zip(entries, People().actors(entry.access for entry in entries), strict=True))


def happen(store: Store, *records: Record) -> None:
    """Do with records what the summarizer does."""
    recorded(store, *records)
    for each in decided(*records):
        store.memories.remember(each.actor.key, each.decision.memory, 30, each.notices())


def test_a_day_is_said_once_however_often_it_is_tried(digester: Digester, store: Store, topic: Topic) -> None:
    happen(store, record(), record(userIdentity=user("mallory"), sourceIPAddress=OUTSIDE))
    recorded(store, record(userIdentity=user("of the next day"), eventTime="2026-02-01T00:00:00Z"))
    store.limits.spend("model", 200)
    store.sightings.keep_delay("logs", NOON, 312.5)
    for attempt in range(3):
        digester.run(SCHEDULED, invocation(f"r{attempt}", 300))
    (notice,) = topic.notices
    assert (notice.kind, notice.severity) == (Kind.DIGEST, "info")
    assert notice.title == "Digest of 2026-01-31: 1 high, 1 low; 2 reads by 2 readers"
    assert notice.fact("New readers") == "user alice (prod/db), user mallory (prod/db)"
    assert "p50 312 s" in str(notice.fact("The canary's reads"))
    assert "none came by the fast path" in str(notice.fact("The canary's reads"))
    assert str(notice.fact("Model")).startswith("1 call, 0 sentences used")
    (sent,) = topic.published
    assert sent["MessageAttributes"]["kind"]["StringValue"] == "digest"
    assert sent["MessageAttributes"]["severity"]["StringValue"] == "info"


def test_what_was_announced_is_listed_with_who_and_why(digester: Digester, store: Store, topic: Topic) -> None:
    given = {"actor": "arn:*:user/alice", "secret": "prod/*", "until": "2026-02-02", "why": "we move to Aurora"}
    expectation = expectation_of(given, "user ben", int(NOON.timestamp()))
    store.expectations.declare(expectation)
    tuning = Tuning(expectations=(expectation,))
    for each in decided(record(), record(requestParameters={"secretId": "prod/api"}), tuning=tuning):
        store.expectations.note(each.actor.key, each.decision.spared)
    digester.run(SCHEDULED, invocation(seconds=300))
    (notice,) = topic.notices
    assert notice.fact("Expected") == (
        "2 accesses, low at worst: arn:*:user/alice on prod/* until 2026-02-02, by user ben: we move to Aurora "
        f"({expectation.id})"
    )


def test_what_was_announced_and_has_not_come_yet_is_listed_and_what_is_over_is_not(
    digester: Digester, store: Store, topic: Topic
) -> None:
    for until in ("2026-01-30", "2026-02-28"):
        given = {"actor": "arn:*:user/alice", "secret": "prod/*", "until": until, "why": "we move"}
        store.expectations.declare(expectation_of(given, "user ben", int(NOON.timestamp()) - 86_400 * 3))
    digester.run(SCHEDULED, invocation(seconds=300))
    assert [fact.value[:40] for fact in topic.notices[0].facts if fact.label == "Expected"] == [
        "nothing yet: arn:*:user/alice on prod/* "
    ]
    assert "until 2026-02-28" in str(topic.notices[0].fact("Expected"))


def test_while_it_learns_it_says_until_when(store: Store, topic: Topic) -> None:
    store.start.begun()
    for days, said in ((7, "what is new alone, until 2026-02-07T12:00:00Z (learning_days)"), (0, None)):
        settings = DigestSettings.read(environment("digest"), document("digest", rules={"learning_days": days}))
        notice = digest_notice(Digester(settings, store, Publisher(topic, "")).digest("2026-01-31", invocation()), "x")
        quiet = str(notice.fact("Not notified"))
        assert (said in quiet) if said else "learning_days" not in quiet


def test_a_quiet_day_is_said_too(digester: Digester, topic: Topic) -> None:
    digester.run(SCHEDULED, invocation(seconds=300))
    (notice,) = topic.notices
    assert notice.title == "Digest of 2026-01-31: nothing notable; no secret was read"


def test_the_next_day_does_not_count_the_digest(digester: Digester, store: Store, topic: Topic) -> None:
    digester.run({"time": "2026-01-31T07:00:00Z"}, invocation("r1", 300))
    digester.run(SCHEDULED, invocation("r2", 300))
    assert [notice.title.partition(":")[0] for notice in topic.notices] == [
        "Digest of 2026-01-30",
        "Digest of 2026-01-31",
    ]
    assert topic.notices[1].reasons == ()


def test_a_topic_that_fails_gets_the_same_message_later(digester: Digester, store: Store, topic: Topic) -> None:
    topic.failures.append(throttled())
    with pytest.raises(type(throttled())):
        digester.run(SCHEDULED, invocation("r1", 300))
    happen(store, record())
    digester.run(SCHEDULED, invocation("r2", 300))
    (notice,) = topic.notices
    assert notice.title.endswith("no secret was read"), "as it was kept at first"


def test_a_memory_that_cannot_be_read_holds_nothing_back(
    digester: Digester, store: Store, topic: Topic, dynamodb: Any
) -> None:
    happen(store, record(), record(userIdentity=role("ci")))
    key = {name: {"S": value} for name, value in actor_key("arn:aws:iam::123456789012:user/alice").items()}
    dynamodb.put_item(TableName=TABLE, Item={**key, "format": {"N": "2"}, "memory": {"B": b"x"}, "version": {"N": "9"}})
    digester.run(SCHEDULED, invocation(seconds=300))
    (notice,) = topic.notices
    assert notice.fact("New readers") == "role ci (prod/db)"


def test_counting_ends_in_time(digester: Digester, store: Store, topic: Topic) -> None:
    happen(store, record())
    digester.run(SCHEDULED, invocation(seconds=handlers.TIME_FOR_THE_REST - 1))
    assert "accesses were counted" in str(topic.notices[0].fact("Not counted"))


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2026-02-01T07:00:00Z", "2026-01-31"),
        ("2026-02-01T23:59:59Z", "2026-01-31"),
        ("2026-02-01T01:00:00+02:00", "2026-01-30"),
    ],
)
def test_the_day_is_the_one_before_the_events_time(time: str, day: str) -> None:
    assert day_of({"time": time}) == day


@pytest.mark.parametrize("event", [{}, None, [], {"time": 7}, {"time": "yesterday"}, {"time": "0001-01-01T00:00:00Z"}])
def test_an_event_without_a_time_is_refused(event: object) -> None:
    with pytest.raises(DigestError, match="needs a"):
        day_of(event)


def test_a_day_is_read_in_all_its_parts(store: Store) -> None:
    happen(
        store,
        *(record(eventID=f"e{n}", eventTime=f"{NOON + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}") for n in range(40)),
    )
    parts = [list(part) for part in store.accesses.parts("2026-01-31")]
    assert (len(parts), sum(map(len, parts))) == (16, 40)
    assert sum(1 for part in parts if part) > 8
