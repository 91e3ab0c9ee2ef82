from __future__ import annotations

import re
from typing import Any

import pytest

from secretwatch.functions.rotator.handler import Rotator
from secretwatch.record.intake import IntakeError
from secretwatch.store.table import decode
from tests.documents import TABLE
from tests.records import record
from tests.unit.doubles import Clock, Topic
from tests.unit.functions.rotator.doubles import (
    UNTRUSTED,
    Hub,
    Maker,
    facts,
    rotate,
    stranger,
    versions,
)


def test_the_evidence_is_in_the_table_and_in_the_notice(
    rotator: Rotator, secrets: Any, dynamodb: Any, topic: Topic
) -> None:
    exposed = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    rotate(rotator, record(eventID="e1", **UNTRUSTED))
    (item,) = dynamodb.query(
        TableName=TABLE, KeyConditionExpression="pk = :k", ExpressionAttributeValues={":k": {"S": f"ROTATION#{arn}"}}
    )["Items"]
    kept = decode(item)
    new = secrets.current("prod/db")
    assert kept["principal"] == "arn:aws:iam::123456789012:user/alice"
    assert (kept["exposed_version"], kept["new_version"], kept["done"]) == (exposed, new, "rotated")
    assert kept["source_address"] == "203.0.113.66"
    assert kept["milliseconds_from_arrival"] >= 0
    assert facts(topic)["Exposed version"] == exposed
    assert facts(topic)["New version"] == new
    assert re.search(r"\d+ s after the read, \d+\.\d s after its record arrived", facts(topic)["What was done"])


def test_the_version_that_the_record_names_is_the_exposed_one(rotator: Rotator, topic: Topic) -> None:
    rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": "prod/db", "versionId": "the-read-version"}))
    assert facts(topic)["Exposed version"] == "the-read-version"


def test_a_story_has_one_finding_that_is_updated(make: Maker, hub: Hub, later: Clock) -> None:
    rotator = make(enable_security_hub_findings=True)
    for minute in (0, 16, 32):
        later.later = minute * 60
        rotate(rotator, stranger(minute), owner=f"r{minute}")
    assert hub.imports == 3
    (finding,) = hub.findings.values()
    assert finding["CreatedAt"] == "2026-01-31T12:10:00Z"
    assert finding["Severity"] == {"Label": "HIGH"}
    assert finding["Resources"][0]["Type"] == "AwsSecretsManagerSecret"
    assert finding["ProductArn"] == "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default"
    assert finding["Network"] == {"Direction": "IN", "SourceIpV4": "203.0.113.66"}
    assert len(finding["Description"]) <= 1024


def test_a_finding_that_was_refused_is_tried_again_and_the_notice_is_not(
    make: Maker, hub: Hub, topic: Topic, secrets: Any
) -> None:
    rotator, read = make(enable_security_hub_findings=True), record(**UNTRUSTED)
    hub.refuses = True
    with pytest.raises(IntakeError, match="Security Hub: not enabled"):
        rotate(rotator, read)
    hub.refuses = False
    rotate(rotator, read)
    assert (len(topic.published), hub.imports, versions(secrets)) == (1, 1, 2)
