from __future__ import annotations

from dataclasses import replace

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import parse_rules
from secretwatch.functions.digest.fold import Delays, hours_of, percentile
from secretwatch.functions.digest.tally import Tally
from secretwatch.record.origin import TrustPolicy, parse_networks
from tests.days import day_of, notices_of, tally_of
from tests.gallery import OUTSIDE
from tests.records import Record, record, role, user

BEFORE = "2026-01-20T09:00:00Z"
PRINCIPALS = "arn:aws:iam::123456789012:role/"


def harvest(hour: int, name: str = "ci") -> list[Record]:
    """A dozen secrets that are new to a role, within a minute."""
    return [
        record(
            userIdentity=role(name, f"run-{hour}"),
            requestParameters={"secretId": f"batch-{hour}/{n}"},
            userAgent="Boto3/1.34",
            eventTime=f"2026-01-31T{hour:02}:00:{n:02}Z",
        )
        for n in range(12)
    ]


ON_DAYS_BEFORE = [
    record(
        userIdentity=role("ci"), requestParameters={"secretId": f"batch-{day}"}, eventTime=f"2026-01-{day}T01:00:00Z"
    )
    for day in (28, 29)
]


def test_who_is_new_is_told_from_who_reads_something_new() -> None:
    digest = day_of(
        record(userIdentity=user("new")),
        record(userIdentity=user("old"), requestParameters={"secretId": "prod/api"}),
        record(userIdentity=user("old")),
        record(userIdentity=user("usual")),
        before=[record(userIdentity=user(name), eventTime=BEFORE) for name in ("old", "usual")],
    )
    assert [(each.name, each.secrets) for each in digest.new_readers] == [("user new", ("prod/db",))]
    assert [(each.name, each.secrets) for each in digest.new_secrets] == [("user old", ("prod/api",))]


def test_a_secret_named_by_its_arn_is_named_too() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-Ab12Cd"
    digest = day_of(record(requestParameters={"secretId": arn}))
    assert digest.new_readers[0].number == 1
    assert digest.new_readers[0].secrets


def test_people_services_and_automation_are_apart() -> None:
    digest = day_of(
        *(record() for _ in range(2)),
        *(record(userIdentity=role("svc")) for _ in range(3)),
        *(record(userIdentity=role("external-secrets")) for _ in range(5)),
        tuning=parse_rules('{"automation": ["arn:*:iam::*:role/external-secrets"]}'),
    )
    assert (digest.reads, digest.people, digest.services, digest.automation_reads) == (10, 2, 3, 5)
    assert digest.automation.shown == (("role external-secrets", 5),)
    assert any("5 reads of declared automation (arn:*:iam::*:role/external-secrets)" in line for line in digest.quiet)


def test_stories_are_counted_once_at_their_worst() -> None:
    reads = [
        record(eventTime="2026-01-31T12:00:00Z", userIdentity=user("mallory")),
        record(eventTime="2026-01-31T12:10:00Z", userIdentity=user("mallory"), sourceIPAddress=OUTSIDE),
    ]
    digest = day_of(*reads)
    assert digest.severities == {Severity.HIGH: 1}
    first, second = day_of(reads[0]), digest
    assert first.severities == {Severity.LOW: 1}
    assert not first.is_notable
    assert second.is_notable


def test_two_messages_of_one_story_are_one_story() -> None:
    opened = record(eventTime="2026-01-31T12:00:00Z", userIdentity=user("mallory"))
    (notice,) = notices_of(opened)
    again = replace(notice, id="f" * 32, severity=Severity.HIGH, title="worse")
    digest = day_of(opened, more_notices=[again])
    assert [(told.severity, told.title, told.messages) for told in digest.stories] == [(Severity.HIGH, "worse", 2)]


def test_what_is_switched_off_is_said() -> None:
    tuning = parse_rules(
        '{"batch": {"enabled": false}, "many_secrets": {"severity": "low"}, "root": {"severity": "critical"}}'
    )
    quiet = " ".join(day_of(record(), tuning=tuning).quiet)
    assert "off (signal_overrides): batch" in quiet
    assert "lowered (signal_overrides): many_secrets" in quiet
    assert "root" not in quiet


@pytest.mark.parametrize(
    ("values", "p50", "p95"), [([], None, None), ([7], 7, 7), (range(1, 101), 50, 95), ([1, 2], 1, 2)]
)
def test_percentiles_are_values_that_were_seen(values: list[float], p50: float | None, p95: float | None) -> None:
    assert percentile(list(values), 50) == p50
    assert percentile(list(values), 95) == p95


def test_a_path_without_a_read_is_there() -> None:
    digest = day_of(delays={"logs": [9.0, 3.0, 4.0], "events": []})
    assert digest.delays == (Delays("logs", 3, 4.0, 9.0), Delays("events", 0, None, None))


def test_what_the_model_cost_counts_the_answers_that_were_dropped() -> None:
    digest = day_of(record(), calls=[3, 1])
    assert digest.model is not None
    assert (digest.model.calls, digest.model.sentences, digest.model.tokens) == (4, 1, (412, 38))
    # Four calls of 412 tokens at 1 USD and 38 at 5 USD for a million.
    assert digest.model.usd == pytest.approx(4 * (412 + 5 * 38) / 1e6)


def test_a_noisy_job_is_proposed_as_automation_and_is_quiet_then() -> None:
    records = [each for hour in (1, 4, 7) for each in harvest(hour)]
    assert day_of(*records).advice == (), "once is no habit"
    (line,) = day_of(*records, before=ON_DAYS_BEFORE).advice
    assert line == f'role ci, 3 messages: if it is automation, 0 are left with: automation = ["{PRINCIPALS}ci"]'
    declared = day_of(*records, tuning=parse_rules(f'{{"automation": ["{PRINCIPALS}ci"]}}'))
    assert (declared.severities, declared.advice) == ({}, ())


def test_what_is_high_for_a_place_is_never_proposed_to_be_silent() -> None:
    records = [each for hour in (1, 4, 7, 10) for each in harvest(hour)]
    stolen = record(userIdentity=role("ci"), sourceIPAddress=OUTSIDE, eventTime="2026-01-31T20:00:00Z")
    assert day_of(*records, stolen, before=ON_DAYS_BEFORE).advice == ()


def test_what_reaches_nobody_needs_no_setting() -> None:
    low = [record(userIdentity=role("ci"), userAgent="Boto3/1.34", requestParameters={"secretId": f"s{hour}"},
                  eventTime=f"2026-01-31T{hour:02}:00:00Z") for hour in range(0, 9, 3)]  # fmt: skip
    digest = day_of(*low)
    assert digest.severities == {Severity.LOW: 3}
    assert digest.advice == ()
    assert any("3 stories of severity low" in line for line in digest.quiet)


def test_an_endpoint_that_nobody_declared_is_proposed() -> None:
    tuning = parse_rules('{"unknown_network": {"severity": "medium"}, "first_reader": {"enabled": false}}')
    read = record(userIdentity=role("svc"), sourceIPAddress="10.0.0.1", vpcEndpointId="vpce-0fedcba9876543210")
    only_addresses = TrustPolicy(parse_networks(["198.51.100.0/24"]), frozenset())
    (line,) = day_of(read, tuning=tuning, trust=only_addresses).advice
    setting = 'trusted_vpc_endpoint_ids = ["vpce-0fedcba9876543210"]'
    assert line == f"if vpce-0fedcba9876543210 is yours, 1 message less with: {setting}"


def test_a_budget_that_was_used_up_is_proposed_to_be_raised() -> None:
    assert day_of(record(), calls=[12, 199]).advice == ()
    (line,) = day_of(record(), calls=[12, 200]).advice
    assert line.endswith("model_calls_per_hour = 400")


def test_a_day_that_was_cut_says_so() -> None:
    tally = tally_of(record())
    assert day_of(tally=tally).cut is None
    part = Tally(accesses=900_000, in_parts=800_000, parts=2)
    assert "only 900,000 of about 6,400,000 accesses were counted" in str(day_of(tally=part).cut)
    assert "only 900,000 accesses were counted" in str(day_of(tally=Tally(accesses=900_000)).cut)


def test_the_hours_of_a_day_are_its_own() -> None:
    hours = hours_of("2026-01-31")
    assert (len(hours), hours[0], hours[-1] - hours[0]) == (24, 1_769_817_600, 23 * 3_600)
