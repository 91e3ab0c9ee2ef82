"""How a secret gets a new value. No value ever reaches a log, an error or a notice.

AWS: "PutSecretValue", "RotateSecret" (Secrets Manager API Reference). The version's
ClientRequestToken follows from the event and the version that is replaced, so a repeated
rotation is the same rotation.
"""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass, replace
from typing import Any

from secretwatch.functions.rotator.policy import Generation, Target
from secretwatch.functions.rotator.secret import Secret
from secretwatch.functions.rotator.values import ValueRefusedError, replace_value
from secretwatch.runtime.aws import error_code

_NAMESPACE = uuid.UUID("6f0c4f0e-6a0b-4f5e-9d0c-2f3a9f1b7c55")
_LABEL = "SECRETWATCH"
"""The label of a new version until it becomes the current one, so that AWS keeps it that long."""


class RotationError(Exception):
    """A secret was not rotated and will not be; the message says why and what to do, never a value."""


class ChangedMeanwhileError(Exception):
    """Somebody else gave the secret a new value while it was being rotated: theirs stays."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """A rotation that is confirmed (``generate``) or started (``managed``)."""

    arn: str
    new_version: str
    old_version: str | None
    confirmed: bool


class SecretStore:
    """Secrets Manager, as the rotator uses it. What may pass by itself (throttling, say) is raised as it is."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def describe(self, secret: str) -> Secret:
        """Return a secret by name or ARN; raises RotationError."""
        with _Causes(f"cannot describe {secret}: "):
            found = self._client.describe_secret(SecretId=secret)
        arn, primary = str(found["ARN"]), found.get("PrimaryRegion")
        if primary not in (None, "", arn.split(":")[3]):
            raise RotationError(
                f"{secret} is a replica, whose value only its primary can change: watch {primary} with a "
                "deployment there, and make it that one's target"
            )
        stages = found.get("VersionIdsToStages") or {}
        replicas = tuple(str(replica["Region"]) for replica in found.get("ReplicationStatus") or ())
        return Secret(arn, {version: tuple(names) for version, names in stages.items()}, {}, replicas)

    def dated(self, secret: Secret) -> Secret:
        """Return a secret with the times at which its versions were made; raises RotationError."""
        created: dict[str, float] = {}
        more: dict[str, str] = {}
        with _Causes():
            while True:
                page = self._client.list_secret_version_ids(SecretId=secret.arn, MaxResults=100, **more)
                created |= {v["VersionId"]: v["CreatedDate"].timestamp() for v in page.get("Versions", ())}
                if not page.get("NextToken"):
                    return replace(secret, created=created)
                more = {"NextToken": page["NextToken"]}

    def rotate(self, secret: Secret, target: Target, token: str) -> Rotated:
        """Give the secret a new value; the same token gives the same version. Raises RotationError."""
        with _Causes():
            if target.strategy == "managed":
                return self._managed(secret, token)
            if target.generation is None:
                raise RotationError(f"strategy {target.strategy} changes no value")
            return self._generate(secret, target.generation, token)

    def _managed(self, secret: Secret, token: str) -> Rotated:
        if token not in secret.stages:
            self._client.rotate_secret(SecretId=secret.arn, ClientRequestToken=token, RotateImmediately=True)
        return Rotated(secret.arn, token, secret.version("AWSCURRENT"), confirmed=False)

    def _generate(self, secret: Secret, generation: Generation, token: str) -> Rotated:
        """Put the new version beside the current one, then move AWSCURRENT from the version that was read to it.

        AWS moves a label only from where the caller says that it is, so that a value which somebody
        put in between stays. AWS: "UpdateSecretVersionStage" (Secrets Manager API Reference).
        """
        if "AWSCURRENT" in secret.stages.get(token, ()):  # an earlier attempt ended before it could say so
            if _LABEL in secret.stages[token]:
                self._unlabel(secret.arn, token)
            return Rotated(secret.arn, token, secret.version("AWSPREVIOUS"), confirmed=True)
        current = self._client.get_secret_value(SecretId=secret.arn, VersionStage="AWSCURRENT")
        read = str(current["VersionId"])
        if read != secret.version("AWSCURRENT"):
            raise ChangedMeanwhileError
        if token not in secret.stages:
            if "SecretString" not in current:
                raise RotationError("the secret is binary: only text can be generated; use strategy managed")
            try:
                value = replace_value(current["SecretString"], generation)
            except (ValueRefusedError, ValueError) as error:
                raise RotationError(str(error)) from None
            self._client.put_secret_value(
                SecretId=secret.arn, ClientRequestToken=token, SecretString=value, VersionStages=[_LABEL]
            )
        self._make_current(secret.arn, token, read)
        return Rotated(secret.arn, token, read, confirmed=True)

    def _make_current(self, arn: str, version: str, read: str) -> None:
        try:
            self._client.update_secret_version_stage(
                SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=read
            )
        except self._client.exceptions.InvalidParameterException:
            if self.describe(arn).version("AWSCURRENT") == read:
                raise
            self._unlabel(arn, version)
            raise ChangedMeanwhileError from None
        if "AWSCURRENT" not in self.describe(arn).stages.get(version, ()):
            raise RotationError("the new version did not become AWSCURRENT: look at the secret's versions")
        self._unlabel(arn, version)

    def _unlabel(self, arn: str, version: str) -> None:
        """Take our label off a version: one without any label is removed by AWS in time."""
        with contextlib.suppress(self._client.exceptions.InvalidParameterException):
            self._client.update_secret_version_stage(SecretId=arn, VersionStage=_LABEL, RemoveFromVersionId=version)


def version_token(event_id: str, secret: str, current: str | None) -> str:
    """Return the new version's id: it follows from the event, the secret's ARN and the version that it replaces."""
    return str(uuid.uuid5(_NAMESPACE, f"{event_id}/{secret}/{current}"))


class _Causes:
    """Turns what Secrets Manager refuses into RotationError; what may pass by itself stays as it is."""

    def __init__(self, before: str = "") -> None:
        self._before = before

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and (cause := _CURES.get(error_code(error))):
            raise RotationError(self._before + cause) from error


_CURES = {
    "AccessDeniedException": "access denied: the rotator's role may not do this to the secret or its KMS key",
    "ResourceNotFoundException": "the secret does not exist: correct rotation_targets",
    "InvalidRequestException": "Secrets Manager refused: a rotation is under way, or the secret is being deleted, "
    "or (strategy managed) it has no rotation function",
    "InvalidParameterException": "Secrets Manager refused the request: look at the secret's rotation settings",
    "LimitExceededException": "the secret has too many versions: look at its version stages",
    "ResourceExistsException": "this version exists with another value: look at the secret's versions",
    "DecryptionFailure": "the secret's KMS key cannot be used: give its ARN as the target's kms_key_arn",
    "EncryptionFailure": "the secret's KMS key cannot be used: give its ARN as the target's kms_key_arn",
}
