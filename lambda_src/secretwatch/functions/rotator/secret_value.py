"""How a secret gets a new value. No value ever reaches a log, an error or a notice.

AWS: "PutSecretValue", "RotateSecret" (Secrets Manager API Reference). The version's
ClientRequestToken follows from the event, so a repeated rotation is the same rotation.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from secretwatch.functions.rotator.policy import Generation, Target
from secretwatch.record.access import Call
from secretwatch.record.secret_id import SecretId
from secretwatch.runtime.aws import error_code

_NAMESPACE = uuid.UUID("6f0c4f0e-6a0b-4f5e-9d0c-2f3a9f1b7c55")
_CLASSES = {
    "lowercase": string.ascii_lowercase,
    "uppercase": string.ascii_uppercase,
    "digits": string.digits,
    "symbols": "!#%&()*+,-.:;<=>?[]^_{|}~",
}

LEAST_BITS = 40
"""What a password has to have at least: its length times the binary logarithm of the number of characters."""


class RotationError(Exception):
    """A secret was not rotated and will not be; the message says why and what to do, never a value."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A target as Secrets Manager knows it."""

    arn: str
    stages: Mapping[str, tuple[str, ...]]
    """Version id → stages."""

    def version(self, stage: str) -> str | None:
        """Return the version that has a stage."""
        return next((version for version, stages in self.stages.items() if stage in stages), None)

    def is_rotating(self, token: str) -> bool:
        """Return whether a rotation other than ``token`` is under way: AWSPENDING without AWSCURRENT."""
        pending = [v for v, stages in self.stages.items() if "AWSPENDING" in stages and "AWSCURRENT" not in stages]
        return any(version != token for version in pending)

    @property
    def place(self) -> tuple[str, str]:
        """The region and the account that the secret is in."""
        region, account = self.arn.split(":")[3:5]
        return region, account

    def is_read_by(self, call: Call) -> bool:
        """Return whether a call names this very secret: another one may have its name elsewhere."""
        region, account = self.place
        if call.region not in (None, region) or call.account not in (None, account):
            return False
        return self._is_one_of(call.secrets)

    def _is_one_of(self, read: tuple[SecretId, ...]) -> bool:
        without_suffix = self.arn[:-7]
        start = without_suffix[: without_suffix.index(":secret:") + len(":secret:")]
        return any(
            secret.requested in (self.arn, without_suffix)
            or (not secret.is_arn and without_suffix == f"{start}{secret.name}")
            for secret in read
        )


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
        stages = found.get("VersionIdsToStages") or {}
        return Secret(found["ARN"], {version: tuple(names) for version, names in stages.items()})

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
        if token in secret.stages:  # an earlier attempt put it and ended before it could say so
            return Rotated(secret.arn, token, secret.version("AWSPREVIOUS"), confirmed=True)
        current = self._client.get_secret_value(SecretId=secret.arn, VersionStage="AWSCURRENT")
        if "SecretString" not in current:
            raise RotationError("the secret is binary: only text can be generated; use strategy managed")
        value = replace_value(current["SecretString"], generation)
        self._client.put_secret_value(SecretId=secret.arn, ClientRequestToken=token, SecretString=value)
        if "AWSCURRENT" not in self.describe(secret.arn).stages.get(token, ()):
            raise RotationError("the new version did not become AWSCURRENT: look at the secret's versions")
        return Rotated(secret.arn, token, current["VersionId"], confirmed=True)


def version_token(event_id: str, secret: str) -> str:
    """Return the new version's id: it follows from the event and the target's name or ARN."""
    return str(uuid.uuid5(_NAMESPACE, f"{event_id}/{secret}"))


def replace_value(current: str, generation: Generation) -> str:
    """Return ``current`` with new values: the listed keys of a JSON object, or all of a plain text.

    Everything else of an object is kept byte for byte: spaces, order, numbers as they were written.
    Raises RotationError.
    """
    try:
        document = json.loads(current)
    except (ValueError, RecursionError):
        return new_password(generation)
    if isinstance(document, list):
        raise RotationError("the value is a JSON list, not an object: use strategy managed")
    if not isinstance(document, dict):
        return new_password(generation)  # a number or a quoted word is a plain password
    missing = [key for key in generation.json_keys if key not in document]
    if missing or not generation.json_keys:
        raise RotationError(f"the value has no key {missing[0] if missing else ''!r}: correct json_keys of this target")
    new = {key: json.dumps(new_password(generation)) for key in generation.json_keys}
    parts, end = [], 0
    for key, start, stop in _members(current):
        if key in new:
            parts += [current[end:start], new[key]]
            end = stop
    return "".join([*parts, current[end:]])


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield key, start and end of each value of the JSON object ``text``, which is known to be one."""
    decoder = JSONDecoder()
    position = text.index("{") + 1
    while True:
        position = _skip(text, position, " \t\r\n,")
        if text[position] == "}":
            return
        key, position = decoder.raw_decode(text, position)
        start = _skip(text, position, " \t\r\n:")
        _, position = decoder.raw_decode(text, start)
        yield key, start, position


def _skip(text: str, position: int, characters: str) -> int:
    while text[position] in characters:
        position += 1
    return position


def alphabets(generation: Generation) -> list[str]:
    """Return the characters of each class that are not excluded."""
    return [
        "".join(c for c in _CLASSES[name] if c not in generation.exclude_characters)
        for name in generation.character_classes
    ]


def is_guessable(generation: Generation) -> bool:
    """Return whether a password has less than LEAST_BITS bits, so that a new one may be the old one."""
    characters = len(set("".join(alphabets(generation))))
    return bool(characters**generation.password_length < 2**LEAST_BITS)


def new_password(generation: Generation) -> str:
    """Return a random password with at least one character of each class; raises RotationError if none is left."""
    classes = alphabets(generation)
    if not all(classes) or generation.password_length < len(classes):
        raise RotationError("exclude_characters leaves nothing of a character class: correct this target")
    chosen = [secrets.choice(characters) for characters in classes]
    chosen += [secrets.choice("".join(classes)) for _ in range(generation.password_length - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


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
