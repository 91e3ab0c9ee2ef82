"""What was announced is counted and told to nobody; a thief who comes meanwhile is heard."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.decide import Decision
from secretwatch.detect.expectations import Expectation, ExpectationError, end_of, expectation_of
from secretwatch.detect.tuning import Tuning, TuningError, parse_rules
from secretwatch.record.origin import TrustPolicy
from tests.records import Record, role, user
from tests.unit.detect.situations import DAY, OFFICE, OUTSIDE, START, TUNING, call, decided, listing, read

MOVER = "arn:aws:iam::123456789012:role/mover"
MINE: dict[str, Any] = {"userIdentity": role("mover", "run-1"), "sourceIPAddress": OFFICE}


def expecting(
    actor: str = MOVER, secret: str = "prod/*", hours: float = 2, since: float = -1, tuning: Tuning = TUNING
) -> Tuning:
    """Return a tuning with one expectation, from some hours after START to others."""
    begin = int((START + timedelta(hours=since)).timestamp())
    until = (START + timedelta(hours=hours)).isoformat()
    given = {"actor": actor, "secret": secret, "until": until, "why": "we move to Aurora"}
    return replace(tuning, expectations=(expectation_of(given, "ann", begin),))


def harvest(number: int = 12, folder: str = "prod", minute: float = 0, **changes: Any) -> list[Record]:
    return [read(minute + n * 0.1, f"{folder}/s{n}", eventID=f"{folder}-{n}", **MINE | changes) for n in range(number)]


def change(name: str, minute: float = 0, secret: str = "prod/db", policy: str | None = None, **changes: Any) -> Record:
    return call(name, minute, requestParameters={"secretId": secret, "resourcePolicy": policy}, **MINE | changes)


def told(decision: Decision) -> set[tuple[str, str]]:
    return {(finding.signal, finding.severity) for news in decision.news for finding in news.fresh}


def test_what_was_announced_is_counted_and_nobody_hears() -> None:
    assert ("many_secrets", "high") in told(decided(*harvest()))
    decision = decided(*harvest(), tuning=expecting())
    assert not decision.news
    assert {f.event_id for f in decision.spared} == {f"prod-{n}" for n in range(12)}
    assert {f.severity for f in decision.spared} == {Severity.INFO}


@pytest.mark.parametrize(
    "tuning",
    [
        expecting(actor="arn:aws:iam::123456789012:role/other"),
        expecting(actor=f"{MOVER} ann@example.com"),
        expecting(secret="test/*"),
        expecting(hours=-0.5),
        expecting(since=1),
    ],
    ids=["another actor", "a person behind it", "other secrets", "it is over", "declared later"],
)
def test_what_was_not_announced_is_told(tuning: Tuning) -> None:
    decision = decided(*harvest(), tuning=tuning)
    assert ("many_secrets", "high") in told(decision)
    assert not decision.spared


def test_it_ends_by_itself_between_two_reads() -> None:
    deletions = [change("DeleteSecret", minute, eventID=f"d{minute}") for minute in (10, 70)]
    decision = decided(*deletions, tuning=expecting(hours=1))
    assert [finding.event_id for news in decision.news for finding in news.fresh] == ["d70"]
    assert [finding.event_id for finding in decision.spared] == ["d10"]


def test_an_expectation_of_whoever_it_is_covers_a_secret_of_everybody() -> None:
    tuning = expecting(actor="*", secret="prod/db")
    for identity in (user("bob"), role("mover", "x")):
        assert not decided(change("DeleteSecret", userIdentity=identity), tuning=tuning).news
    assert decided(change("DeleteSecret", secret="prod/other"), tuning=tuning).news


def test_a_person_behind_a_role_is_named_behind_it() -> None:
    ann = role("AWSReservedSSO_dev_0123456789abcdef", "ann@example.com")
    ben = role("AWSReservedSSO_dev_0123456789abcdef", "ben@example.com")
    tuning = expecting(actor="arn:*:role/*AWSReservedSSO_dev_* ann@*")
    for identity, heard in ((ann, False), (ben, True)):
        decision = decided(change("DeleteSecret", userIdentity=identity), tuning=tuning)
        assert bool(decision.news) is heard


# --- what no expectation covers ---------------------------------------------------------------


def test_a_new_place_that_is_not_trusted_is_told_with_all_that_comes_from_there() -> None:
    tuning = expecting(secret="*", hours=72)
    known = [read(-2 * DAY, "prod/s0", eventID="k", **MINE)]
    stolen = harvest(sourceIPAddress=OUTSIDE)
    decision = decided(*known, *stolen, tuning=tuning, now=int(START.timestamp()) + 600)
    assert {"untrusted_network", "many_secrets"} <= {signal for signal, _ in told(decision)}
    assert not decision.spared


def test_where_nothing_is_trusted_a_workload_elsewhere_is_told() -> None:
    nothing = TrustPolicy()
    known = [read(-2 * DAY, "prod/s0", eventID="k", **MINE)]
    stolen = harvest(sourceIPAddress=OUTSIDE)
    decision = decided(*known, *stolen, tuning=expecting(secret="*"), trust=nothing, now=int(START.timestamp()) + 600)
    assert {"elsewhere", "many_secrets"} <= {signal for signal, _ in told(decision)}


def test_where_nothing_is_trusted_a_newcomer_that_was_announced_is_quiet() -> None:
    assert not decided(*harvest(), tuning=expecting(), trust=TrustPolicy()).news


def test_a_tampering_from_outside_is_told() -> None:
    decision = decided(change("DeleteSecret", sourceIPAddress=OUTSIDE), tuning=expecting())
    assert ("deletion", "medium") in told(decision)


ROOT = {"type": "Root", "arn": "arn:aws:iam::123456789012:root", "accountId": "123456789012"}
CRITICAL = [
    read(0, "honey/pot", **MINE),
    change("PutResourcePolicy", policy='{"Statement": {"Effect": "Allow", "Principal": "*"}}'),
    change("DeleteSecret", userIdentity=ROOT),
]


@pytest.mark.parametrize("record", CRITICAL, ids=["decoy", "grant", "root"])
def test_what_is_critical_is_told_whatever_was_announced(record: Record) -> None:
    by_actor, by_secret = expecting(secret="*"), expecting(actor="*", secret=record["requestParameters"]["secretId"])
    for tuning in (by_actor, by_secret):
        assert decided(record, tuning=tuning).news


def test_a_severity_raised_to_critical_counts_as_critical() -> None:
    loud = parse_rules('{"many_secrets": {"severity": "critical"}}')
    crowd = harvest(10, "test") + harvest(1, "prod", minute=5)
    assert ("many_secrets", "critical") in told(decided(*crowd, tuning=expecting(tuning=loud)))


def test_reads_that_were_announced_hide_no_others() -> None:
    """The announced ones are not counted into a burst, nor does the last of one being announced hide it."""
    quiet = decided(*harvest(5, "prod"), *harvest(5, "test", minute=1), tuning=expecting())
    assert "many_secrets" not in {signal for signal, _ in told(quiet)}
    loud = decided(*harvest(9, "prod"), *harvest(10, "test", minute=1), tuning=expecting())
    assert ("many_secrets", "high") in told(loud)


def test_a_batch_names_many_secrets_and_is_covered_only_where_all_are() -> None:
    batch = call("BatchGetSecretValue", requestParameters={"secretIdList": ["prod/a", "payments/b"]}, **MINE)
    everything = call("BatchGetSecretValue", requestParameters={"filters": []}, **MINE)
    for record in (batch, everything):
        assert decided(record, tuning=expecting()).news
        assert not decided(record, tuning=expecting(secret="*")).news


def test_a_call_that_names_no_secret_is_covered_only_where_all_are() -> None:
    denied = {"errorCode": "AccessDenied", "requestParameters": None}
    calls = [call("GetSecretValue", n * 0.1, eventID=f"x{n}", **MINE | denied) for n in range(6)]
    assert ("denied_burst", "high") in told(decided(*calls, tuning=expecting()))
    assert not decided(listing(**MINE), *calls, tuning=expecting(secret="*")).news


# --- what may be declared ------------------------------------------------------------------------

RIGHT = {"actor": MOVER, "secret": "prod/*", "until": "2026-01-31", "why": "we move"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"actor": "*", "secret": "*"}, "cannot both be"),
        ({"actor": "arn:*", "secret": "*"}, "actor must be a role or user ARN"),
        ({"actor": "**"}, "actor must be a role or user ARN"),
        ({"actor": ""}, "actor must be a role or user ARN"),
        ({"actor": f"{MOVER} ann\n"}, None),
        ({"actor": f"{MOVER} a\nb"}, "actor must be a role or user ARN"),
        ({"secret": "?*"}, "secret must be the name of a secret"),
        ({"secret": "**"}, "secret must be the name of a secret"),
        ({"secret": ["prod/db"]}, "secret must be the name of a secret"),
        ({"until": "tomorrow"}, 'until must be a day, such as "2026-01-31"'),
        ({"until": "2026-02-30"}, 'until must be a day, such as "2026-01-31"'),
        ({"until": "2026-W05-6"}, 'until must be a day, such as "2026-01-31"'),
        ({"until": "9999-12-31T23:59:59-14:00"}, 'until must be a day, such as "2026-01-31"'),
        ({"until": "2026-01-31T18:00:00"}, 'until must be a day, such as "2026-01-31"'),
        ({"until": 20260131}, 'until must be a day, such as "2026-01-31"'),
        ({"why": " "}, "why must say why"),
        ({"why": "x" * 201}, "why must say why"),
        ({"reason": "x"}, "has no 'reason'; it has actor, secret, until, why"),
    ],
)
def test_what_is_wrong_is_refused_by_name(changes: dict[str, Any], said: str | None) -> None:
    if said is None:
        assert expectation_of({**RIGHT, **changes}, "ann").actor == f"{MOVER} ann"
        return
    with pytest.raises(ExpectationError) as error:
        expectation_of({**RIGHT, **changes}, "ann")
    assert said in str(error.value)
    with pytest.raises(TuningError, match=r"expectations\[0\]"):
        parse_rules(json.dumps({"expectations": [{**RIGHT, **changes}]}))


def test_a_day_lasts_to_its_end_and_a_time_to_the_second() -> None:
    assert end_of("2026-01-31") == end_of("2026-02-01T00:00:00Z") == end_of("2026-02-01T01:00:00+01:00")
    assert expectation_of(RIGHT, "ann").end == "2026-01-31"
    assert expectation_of({**RIGHT, "until": "2026-01-31T18:00:00Z"}, "ann").end == "2026-01-31T18:00:00Z"


def test_the_rules_carry_expectations() -> None:
    (expectation,) = parse_rules(json.dumps({"expectations": [RIGHT]})).expectations
    assert isinstance(expectation, Expectation)
    assert (expectation.actor, expectation.secret, expectation.by) == (MOVER, "prod/*", "the settings")
