"""Secrets Manager, Security Hub and records as the tests of the rotator need them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from secretwatch.functions.rotator.handler import Rotator
from tests.records import awslogs, record
from tests.unit.doubles import Topic, invocation

NOON = datetime(2026, 1, 31, 12, 10, tzinfo=UTC)
"""When the tests' clock starts, and when the reads are made."""
UNTRUSTED = {"sourceIPAddress": "203.0.113.66", "eventTime": "2026-01-31T12:10:00Z"}
OLD = {"host": "db", "username": "app", "password": "old"}


class Hub:
    """Security Hub: keeps findings by id, as BatchImportFindings does, and may refuse."""

    def __init__(self) -> None:
        self.findings: dict[str, dict[str, Any]] = {}
        self.imports = 0
        self.refuses = False

    def batch_import_findings(self, Findings: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if self.refuses:
            return {"FailedCount": 1, "FailedFindings": [{"ErrorMessage": "not enabled"}]}
        self.imports += 1
        self.findings |= {finding["Id"]: finding for finding in Findings}
        return {"FailedCount": 0}


Maker = Callable[..., Rotator]


def rotate(rotator: Rotator, *records: Any, owner: str = "r1") -> None:
    rotator.handle(awslogs(*records), invocation(owner))


def stranger(minutes: float, **changes: Any) -> Any:
    """A read from outside, some minutes after the tests' clock starts."""
    at = (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return record(**{**UNTRUSTED, "eventTime": at, **changes})


def value(secrets: Any, stage: str = "AWSCURRENT") -> dict[str, str]:
    found: dict[str, str] = json.loads(secrets.get_secret_value(SecretId="prod/db", VersionStage=stage)["SecretString"])
    return found


def versions(secrets: Any) -> int:
    return len(secrets.list_secret_version_ids(SecretId="prod/db", IncludeDeprecated=True)["Versions"])


def titles(topic: Topic) -> list[str]:
    return [notice.title for notice in topic.notices]


def facts(topic: Topic) -> dict[str, str]:
    return {fact.label: fact.value for fact in topic.notices[-1].facts}


def do_due(rotator: Rotator) -> None:
    rotator.do_due(invocation("schedule"))


class ManagedSecrets:
    """Secrets Manager, with RotateSecret as it is with a rotation function: AWSPENDING, and nothing more yet."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.started: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def rotate_secret(self, SecretId: str, ClientRequestToken: str, RotateImmediately: bool) -> None:  # noqa: N803
        assert RotateImmediately
        self.started.append(ClientRequestToken)
        self._client.put_secret_value(
            SecretId=SecretId, ClientRequestToken=ClientRequestToken, SecretString="new", VersionStages=["AWSPENDING"]
        )

    def finish(self) -> None:
        old = self._client.current("prod/db")
        self._client.update_secret_version_stage(
            SecretId="prod/db", VersionStage="AWSCURRENT", MoveToVersionId=self.started[-1], RemoveFromVersionId=old
        )


def service_event(name: str, arn: str) -> Any:
    """What CloudTrail records of a rotation's end."""
    return record(
        name, eventType="AwsServiceEvent", userIdentity={"accountId": "123456789012", "invokedBy": "secretsmanager"},
        requestParameters=None, additionalEventData={"SecretId": arn}, sourceIPAddress="secretsmanager.amazonaws.com",
    )  # fmt: skip


class DatedSecrets:
    """Secrets Manager in memory, with prod/db made a day ago. It dates versions by the test's clock; moto does not."""

    def __init__(self, client: Any, clock: Callable[[], float], value: str) -> None:
        self._client, self._clock = client, clock
        first = client.create_secret(Name="prod/db", SecretString=value)["VersionId"]
        self.created: dict[str, float] = {first: clock() - 86_400}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def list_secret_version_ids(self, **question: Any) -> Any:
        answer = self._client.list_secret_version_ids(**question)
        for version in answer["Versions"]:
            at = self.created.setdefault(version["VersionId"], self._clock() - 86_400)
            version["CreatedDate"] = datetime.fromtimestamp(at, UTC)
        return answer

    def put_secret_value(self, **value: Any) -> Any:
        """Put a version; moto moves AWSCURRENT from the version that had it first, not from the one that has it."""
        stages = value.setdefault("VersionStages", ["AWSCURRENT"])
        if stages == ["AWSCURRENT"]:
            value["VersionStages"] = ["NEW"]
        answer = self._client.put_secret_value(**value)
        self.created[answer["VersionId"]] = self._clock()
        if stages == ["AWSCURRENT"]:
            self._client.update_secret_version_stage(
                SecretId=value["SecretId"],
                VersionStage="AWSCURRENT",
                MoveToVersionId=answer["VersionId"],
                RemoveFromVersionId=self.current(value["SecretId"]),
            )
        return answer

    def current(self, secret: str) -> str:
        """Return the version that is AWSCURRENT."""
        stages = self._client.describe_secret(SecretId=secret)["VersionIdsToStages"]
        return str(next(version for version, names in stages.items() if "AWSCURRENT" in names))
