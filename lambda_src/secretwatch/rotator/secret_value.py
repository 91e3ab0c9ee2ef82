"""How a secret gets a new value. No value ever reaches a log, an error or a notice.

AWS: "PutSecretValue", "RotateSecret" (Secrets Manager API Reference). The version's
ClientRequestToken follows from the event, so a repeated rotation is the same rotation.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from dataclasses import dataclass
from typing import Any

from secretwatch.aws import error_code
from secretwatch.rotator.policy import Target
from secretwatch.secret_id import SecretId

_NAMESPACE = uuid.UUID("6f0c4f0e-6a0b-4f5e-9d0c-2f3a9f1b7c55")
_ALPHABET = string.ascii_letters + string.digits + "!#%&()*+,-.:;<=>?[]^_{|}~"


class RotationError(Exception):
    """A secret was not rotated; the message says why and what to do, never a value."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """A rotation that is confirmed (``generate``) or started (``managed``)."""

    arn: str
    new_version: str
    old_version: str | None
    confirmed: bool


class SecretStore:
    """Secrets Manager, as the rotator uses it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def arn_of(self, target: Target, read: tuple[SecretId, ...]) -> str | None:
        """Return the target's ARN if one of the secrets read is really that one, else None; raises RotationError."""
        try:
            arn: str = self._client.describe_secret(SecretId=target.secret.requested)["ARN"]
        except Exception as error:
            raise RotationError(f"cannot describe {target.secret.requested}: {_cause(error)}") from error
        name_of_arn = arn[:-7]
        region, account = arn.split(":")[3:5]
        for secret in read:
            if secret.requested in (arn, name_of_arn):
                return arn
            if not secret.is_arn and name_of_arn.endswith(f"secretsmanager:{region}:{account}:secret:{secret.name}"):
                return arn
        return None

    def rotate(self, arn: str, target: Target, event_id: str) -> Rotated:
        """Give the secret a new value; the same event gives the same version. Raises RotationError."""
        token = str(uuid.uuid5(_NAMESPACE, f"{event_id}/{arn}"))
        try:
            if target.strategy == "managed":
                return self._managed(arn, token)
            return self._generate(arn, target, token)
        except RotationError:
            raise
        except Exception as error:
            raise RotationError(_cause(error)) from error

    def _managed(self, arn: str, token: str) -> Rotated:
        self._client.rotate_secret(SecretId=arn, ClientRequestToken=token, RotateImmediately=True)
        return Rotated(arn, token, None, confirmed=False)

    def _generate(self, arn: str, target: Target, token: str) -> Rotated:
        stages = self._client.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
        if token in stages:  # an earlier attempt put it and ended before it could say so
            return Rotated(arn, token, _with_stage(stages, "AWSPREVIOUS"), confirmed=True)
        current = self._client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
        if "SecretString" not in current:
            raise RotationError("the secret is binary: only text can be generated; use strategy managed")
        value = replace_value(current["SecretString"], target)
        self._client.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=value)
        stages = self._client.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
        if "AWSCURRENT" not in stages.get(token, ()):
            raise RotationError("the new version did not become AWSCURRENT: look at the secret's versions")
        return Rotated(arn, token, current["VersionId"], confirmed=True)


def replace_value(current: str, target: Target) -> str:
    """Return ``current`` with new values: the listed keys of a JSON object, or all of a plain text."""
    try:
        document = json.loads(current)
    except ValueError:
        return new_password(target.password_length)
    if not isinstance(document, dict):
        if isinstance(document, list):
            raise RotationError("the value is a JSON list, not an object: use strategy managed")
        return new_password(target.password_length)  # a number or a quoted word is a plain password
    missing = [key for key in target.json_keys if key not in document]
    if missing or not target.json_keys:
        raise RotationError(f"the value has no key {missing[0] if missing else ''!r}: correct json_keys of this target")
    return json.dumps(
        {**document, **{key: new_password(target.password_length) for key in target.json_keys}}, ensure_ascii=False
    )


def new_password(length: int) -> str:
    """Return a random password with at least one lower-case and one capital letter, digit and mark."""
    while True:
        password = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        if all(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit)) and not (
            password.isalnum()
        ):
            return password


def _with_stage(stages: dict[str, list[str]], stage: str) -> str | None:
    return next((version for version, names in stages.items() if stage in names), None)


def _cause(error: BaseException) -> str:
    code = error_code(error)
    return _CURES.get(code, code)


_CURES = {
    "AccessDeniedException": "access denied: the rotator's role may not do this to the secret or its KMS key",
    "ResourceNotFoundException": "the secret does not exist: correct rotation_targets",
    "InvalidRequestException": "Secrets Manager refused: a rotation is under way, or the secret is being deleted, "
    "or (strategy managed) it has no rotation function",
    "DecryptionFailure": "the secret's KMS key cannot be used: give its ARN as the target's kms_key_arn",
    "EncryptionFailure": "the secret's KMS key cannot be used: give its ARN as the target's kms_key_arn",
}
