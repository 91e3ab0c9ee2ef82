"""Each signal, on a story that must and stories that must not set it off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from secretwatch.detect import signals
from secretwatch.detect.memory import Memory
from secretwatch.detect.tuning import DEFAULTS, Tuning, parse_rules
from secretwatch.record.origin import TrustPolicy
from tests.records import ACCOUNT, Record, record, role
from tests.unit.detect.situations import DAY, KEY, KNOWN, NOW, TUNING, story


def ids(records: Sequence[Record], memory: Memory = KNOWN, tuning: Tuning = TUNING) -> set[str]:
    return {signal.id for signal in signals.find(story(*records), memory, tuning)}


def put(name: str, **parameters: Any) -> Record:
    return record(name, requestParameters={"secretId": "prod/db", **parameters})


def policy(principal: Any, effect: str = "Allow") -> str:
    return json.dumps({"Statement": {"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*"}})


def reads(number: int, **changes: Any) -> list[Record]:
    return [record(requestParameters={"secretId": f"s{n}"}, **changes) for n in range(number)]


DENIED = {"errorCode": "AccessDenied"}
LISTED = Memory(secrets=KNOWN.secrets, networks=KNOWN.networks, regions=KNOWN.regions, listed=NOW - 60)
OTHER_ACCOUNT = {"type": "AWSAccount", "accountId": "999999999999", "principalId": "AROAX:x"}

FIRES: list[tuple[str, list[Record], Memory]] = [
    ("decoy_touched", [record(requestParameters={"secretId": "honey/pot"})], KNOWN),
    ("decoy_touched", [record(requestParameters={"secretId": "honey/pot"}, **DENIED)], KNOWN),
    ("root", [record(userIdentity={"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"})], KNOWN),
    ("cross_account", [record(userIdentity=OTHER_ACCOUNT)], KNOWN),
    ("untrusted_network", [record(sourceIPAddress="203.0.113.66")], KNOWN),
    ("unknown_network", [record(sourceIPAddress="10.0.0.1")], KNOWN),
    ("unknown_network", [record(sourceIPAddress="HIDDEN")], KNOWN),
    ("many_secrets", reads(10), KNOWN),
    ("many_secrets", reads(1), Memory(secrets={f"k{n}": NOW - 200 for n in range(9)})),
    ("first_reader", [record(requestParameters={"secretId": "new"})], KNOWN),
    ("first_reader", [record()], Memory()),
    ("first_reader", [record()], Memory(secrets={KEY: NOW - 31 * DAY})),
    ("first_network", [record(sourceIPAddress="198.51.100.99")], KNOWN),
    ("new_region", [record(awsRegion="eu-west-1")], KNOWN),
    ("console_read", [record(sessionCredentialFromConsole="true")], KNOWN),
    ("cloudshell", [record(userAgent="aws-cli/2.0 exec-env/CloudShell")], KNOWN),
    ("batch", [record("BatchGetSecretValue", requestParameters={"secretIdList": ["prod/db"]})], KNOWN),
    ("batch_catch_all", [record("BatchGetSecretValue", requestParameters={"filters": []})], KNOWN),
    ("batch_catch_all", [record("BatchGetSecretValue", requestParameters=None)], KNOWN),
    (
        "batch_catch_all",
        [record("BatchGetSecretValue", requestParameters={"filters": [{"key": "tag-key", "values": ["!x", "!y"]}]})],
        KNOWN,
    ),
    ("denied_burst", reads(5, **DENIED), KNOWN),
    ("denied_burst", reads(1, **DENIED), Memory(denials={f"e{n}": NOW - 300 for n in range(4)})),
    ("enumerate_then_read", [record()], LISTED),
    ("secret_shared", [put("PutResourcePolicy", resourcePolicy=policy("*"))], KNOWN),
    ("secret_shared", [put("PutResourcePolicy", resourcePolicy=policy({"AWS": ["*"]}))], KNOWN),
    (
        "secret_shared",
        [put("PutResourcePolicy", resourcePolicy=policy({"AWS": "arn:aws:iam::999999999999:root"}))],
        KNOWN,
    ),
    ("secret_shared", [put("PutResourcePolicy", resourcePolicy=policy({"AWS": "999999999999"}))], KNOWN),
    ("secret_shared", [put("PutResourcePolicy", resourcePolicy="{broken")], KNOWN),
    ("policy_removed", [put("DeleteResourcePolicy")], KNOWN),
    ("rotation_cancelled", [put("CancelRotateSecret")], KNOWN),
    ("replica_created", [put("ReplicateSecretToRegions", addReplicaRegions=[{"region": "eu-west-1"}])], KNOWN),
    ("deletion", [put("DeleteSecret", recoveryWindowInDays=7)], KNOWN),
    ("deletion_forced", [put("DeleteSecret", forceDeleteWithoutRecovery=True)], KNOWN),
    ("restored", [put("RestoreSecret")], KNOWN),
    ("kms_key_changed", [put("UpdateSecret", kmsKeyId="alias/mine")], KNOWN),
    ("version_stage_moved", [put("UpdateSecretVersionStage", versionStage="AWSCURRENT")], KNOWN),
    ("first_writer", [put("PutSecretValue")], Memory()),
    ("rotation_failed", [record("RotationFailed", eventType="AwsServiceEvent")], KNOWN),
]


@pytest.mark.parametrize(("signal", "records", "memory"), FIRES, ids=[f"{n}-{f[0]}" for n, f in enumerate(FIRES)])
def test_a_signal_fires(signal: str, records: list[Record], memory: Memory) -> None:
    assert signal in ids(records, memory)


def test_every_signal_is_tested() -> None:
    assert {signal for signal, _, _ in FIRES} == DEFAULTS.keys()


SILENT: list[tuple[str, list[Record], Memory]] = [
    ("nothing at all", [record()], KNOWN),
    ("a role of ours", [record(userIdentity=role())], KNOWN),
    ("an AWS service", [record(sourceIPAddress="rds.amazonaws.com")], KNOWN),
    (
        "nine secrets",
        reads(9),
        Memory(
            secrets={f"us-east-1/{ACCOUNT}/s{n}": NOW - DAY for n in range(9)},
            networks=KNOWN.networks,
            regions=KNOWN.regions,
        ),
    ),
    ("four denials", reads(4, **DENIED), KNOWN),
    ("failures that are no denials", reads(9, errorCode="ResourceNotFoundException"), KNOWN),
    ("a denied read from elsewhere", [record(sourceIPAddress="203.0.113.66", **DENIED)], KNOWN),
    (
        "a listing long ago",
        [record()],
        Memory(secrets=KNOWN.secrets, networks=KNOWN.networks, regions=KNOWN.regions, listed=NOW - 3600),
    ),
    ("a policy for ourselves", [put("PutResourcePolicy", resourcePolicy=policy({"AWS": ACCOUNT}))], KNOWN),
    ("a policy that denies", [put("PutResourcePolicy", resourcePolicy=policy("*", "Deny"))], KNOWN),
    ("an update without a key", [put("UpdateSecret", description="x")], KNOWN),
    ("a value by a known writer", [put("PutSecretValue")], KNOWN),
    ("a rotation that worked", [record("RotationSucceeded", eventType="AwsServiceEvent")], KNOWN),
]


@pytest.mark.parametrize(("_what", "records", "memory"), SILENT, ids=[s[0] for s in SILENT])
def test_no_signal_fires_on_what_is_normal(_what: str, records: list[Record], memory: Memory) -> None:
    assert ids(records, memory) <= {"first_reader"} if _what == "nothing at all" else ids(records, memory) == set()


def test_a_new_principal_is_new_once_and_not_in_every_way() -> None:
    assert ids([record()], Memory()) == {"first_reader"}


def test_a_signal_that_is_off_is_silent_and_a_severity_is_as_set() -> None:
    tuning = parse_rules('{"untrusted_network": {"enabled": false}, "first_reader": {"severity": "high"}}')
    found = signals.find(story(record(sourceIPAddress="203.0.113.66")), Memory(), tuning)
    assert [(signal.id, signal.severity) for signal in found] == [("first_reader", "high")]


def test_the_most_severe_signal_comes_first() -> None:
    found = signals.find(
        story(record(sourceIPAddress="203.0.113.66", sessionCredentialFromConsole="true")), KNOWN, TUNING
    )
    assert found[0].id == "untrusted_network"


def test_without_trusted_networks_no_network_is_notable() -> None:
    found = signals.find(story(record(sourceIPAddress="203.0.113.66"), trust=TrustPolicy()), KNOWN, TUNING)
    assert {signal.id for signal in found} == {"first_network"}


def test_hostile_parameters_do_no_harm() -> None:
    hostile = [
        5,
        "x",
        [],
        {"filters": 5},
        {"filters": [5, {"values": 7}]},
        {"resourcePolicy": 9},
        {"addReplicaRegions": "x"},
    ]
    for name in (
        "BatchGetSecretValue",
        "PutResourcePolicy",
        "ReplicateSecretToRegions",
        "UpdateSecret",
        "DeleteSecret",
    ):
        for parameters in hostile:
            signals.find(story(record(name, requestParameters=parameters)), KNOWN, TUNING)
