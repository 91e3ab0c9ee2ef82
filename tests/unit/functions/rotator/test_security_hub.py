from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator.notices import failed_notice
from secretwatch.functions.rotator.security_hub import SecurityHub, SecurityHubError, finding_id
from tests.judging import judged
from tests.records import record, role, secret_arn
from tests.unit.functions.rotator.test_notices import EXPOSURE, TARGET

ARN = secret_arn("prod/db", region="us-gov-west-1").replace("arn:aws:", "arn:aws-us-gov:")
NOTICE = failed_notice(EXPOSURE, TARGET, "access denied")
HUB = SecurityHub(None)


def of(**changes: Any) -> Any:
    (read,) = judged(record(**{"sourceIPAddress": "203.0.113.66", **changes}))
    return replace(EXPOSURE, lead=read)


def test_a_finding_is_of_the_account_region_and_partition_of_the_rotator() -> None:
    finding = HUB.finding(NOTICE, EXPOSURE, ARN, "2026-01-31T12:00:00Z")
    place = "arn:aws-us-gov:securityhub:us-gov-west-1:123456789012"
    assert finding["ProductArn"] == f"{place}:product/123456789012/default"
    assert finding["AwsAccountId"] == "123456789012"
    (resource,) = finding["Resources"]
    assert resource == {
        "Type": "AwsSecretsManagerSecret", "Id": ARN, "Partition": "aws-us-gov", "Region": "us-gov-west-1"
    }  # fmt: skip
    assert finding["CreatedAt"] == "2026-01-31T12:00:00Z" <= finding["UpdatedAt"]


@pytest.mark.parametrize(
    ("severity", "label"),
    [
        (Severity.INFO, "INFORMATIONAL"),
        (Severity.LOW, "LOW"),
        (Severity.MEDIUM, "MEDIUM"),
        (Severity.HIGH, "HIGH"),
        (Severity.CRITICAL, "CRITICAL"),
    ],
)
def test_a_severity_has_the_name_that_security_hub_has_for_it(severity: Severity, label: str) -> None:
    finding = HUB.finding(replace(NOTICE, severity=severity), EXPOSURE, ARN, "t")
    assert finding["Severity"] == {"Label": label}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.66", {"Direction": "IN", "SourceIpV4": "203.0.113.66"}),
        ("2001:db8::1", {"Direction": "IN", "SourceIpV6": "2001:db8::1"}),
        ("rds.amazonaws.com", None),
        (None, None),
    ],
)
def test_only_an_address_is_a_network(address: str | None, network: dict[str, str] | None) -> None:
    assert HUB.finding(NOTICE, of(sourceIPAddress=address), ARN, "t").get("Network") == network


def test_the_same_secret_principal_and_network_are_one_finding() -> None:
    first = finding_id(of(), ARN)
    assert finding_id(of(eventTime="2026-02-01T00:00:00Z", userAgent="x"), ARN) == first
    others = (finding_id(of(userIdentity=role()), ARN), finding_id(of(sourceIPAddress="203.0.113.67"), ARN),
              finding_id(of(), secret_arn("other")))  # fmt: skip
    assert first not in others
    assert len(set(others)) == 3


def test_texts_fit_into_a_finding() -> None:
    endless = replace(NOTICE, title="t" * 5000, facts=NOTICE.facts * 200)
    finding = HUB.finding(endless, of(userIdentity=role("x" * 2000)), ARN, "t")
    assert len(finding["Title"]) == 256
    assert len(finding["Description"]) == 1024
    assert max(map(len, finding["ProductFields"].values())) <= 500


def test_a_refused_finding_is_an_error_with_its_reason() -> None:
    class Refusing:
        def batch_import_findings(self, **_: Any) -> dict[str, Any]:
            return {"FailedCount": 1, "FailedFindings": [{"ErrorMessage": "not enabled"}]}

    with pytest.raises(SecurityHubError, match=r"^Security Hub: not enabled$"):
        SecurityHub(Refusing()).report(NOTICE, EXPOSURE, ARN, "t")
