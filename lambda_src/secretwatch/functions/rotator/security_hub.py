"""A Security Hub finding for each story that touched a rotation target: updated, not repeated.

AWS: "AWS Security Finding Format (ASFF)", "BatchImportFindings" (Security Hub). The same id
updates the finding; what an analyst set on it stays.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator.notices import Exposure
from secretwatch.notify.notice import Notice
from secretwatch.runtime.text import one_line, short_hash

_LABELS = {Severity.INFO: "INFORMATIONAL"}
GENERATOR = "secretwatch/rotator"


class SecurityHubError(Exception):
    """Security Hub refused a finding; the message says why."""


class SecurityHub:
    """Imports findings into the account that the rotator runs in."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def report(self, notice: Notice, exposure: Exposure, arn: str, created_at: str) -> None:
        """Import or update the finding of a notice; raises SecurityHubError."""
        answer = self._client.batch_import_findings(Findings=[self.finding(notice, exposure, arn, created_at)])
        if answer.get("FailedCount"):
            raise SecurityHubError(f"Security Hub: {answer['FailedFindings'][0].get('ErrorMessage', 'refused')}")

    def finding(self, notice: Notice, exposure: Exposure, arn: str, created_at: str) -> dict[str, Any]:
        """Return the finding in ASFF."""
        address = exposure.lead.access.call.source_address
        # Where the secret is: targets are of the rotator's own account, the alerts topic need not be.
        _, partition, _, region, account = arn.split(":")[:5]
        return {
            "SchemaVersion": "2018-10-08",
            "Id": finding_id(exposure, arn),
            "ProductArn": f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default",
            "GeneratorId": GENERATOR,
            "AwsAccountId": account,
            "Types": ["TTPs/Credential Access"],
            "CreatedAt": created_at,
            "UpdatedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "Severity": {"Label": _LABELS.get(notice.severity, notice.severity.upper())},
            "Title": one_line(notice.title, 256),
            "Description": one_line("; ".join(f"{fact.label}: {fact.value}" for fact in notice.facts), 1024),
            "Resources": [{"Type": "AwsSecretsManagerSecret", "Id": arn, "Partition": partition, "Region": region}],
            "ProductFields": {
                "secretwatch/notice": notice.id,
                "secretwatch/event": one_line(exposure.lead.access.event_id, 200),
                "secretwatch/principal": one_line(exposure.lead.access.call.principal.key, 500),
            },
            "RecordState": "ACTIVE",
            **_network(address),
        }


def finding_id(exposure: Exposure, arn: str) -> str:
    """Return the id of a story's finding: the same secret, principal and network give the same one."""
    access, origin = exposure.lead
    return f"secretwatch/{short_hash(arn, access.call.principal.key, origin.network)}"


def _network(address: str | None) -> dict[str, Any]:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return {}
    return {"Network": {"Direction": "IN", f"SourceIpV{parsed.version}": str(parsed)}}
