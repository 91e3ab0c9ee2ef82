"""Secrets Manager as the tests of the rotator need it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any


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
