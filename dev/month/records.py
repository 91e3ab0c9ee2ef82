"""An act → a CloudTrail record, shaped as CloudTrail writes it. All of it is synthetic.

AWS: "CloudTrail record contents", "CloudTrail userIdentity element" (CloudTrail User Guide), and
"AWS CloudTrail entries for Secrets Manager" (Secrets Manager User Guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from dev.month.networks import Place

Record = dict[str, Any]
SECRETS_MANAGER = "secretsmanager.amazonaws.com"
CONSOLE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36"  # noqa: E501
CLI = "aws-cli/2.17.62 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.12.6 cfg/retry-mode#standard md/command#secretsmanager.{}"  # noqa: E501
CLI_LINUX = "aws-cli/2.15.30 Python/3.11.8 Linux/5.15.0-1053-aws exe/x86_64.ubuntu.22 prompt/off command/secretsmanager.get-secret-value"  # noqa: E501
CLOUDSHELL = "aws-cli/2.17.40 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.102 lang/python#3.11.9 exec-env/CloudShell"
BOTO3 = "Boto3/1.35.20 md/Botocore#1.35.20 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.12.6"
BOTO3_LINUX = "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.2"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.67.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.5 ua/2.1 os/linux lang/go#1.22.6 md/GOARCH#amd64 md/GOOS#linux api/secretsmanager#1.32.8"  # noqa: E501
EXTERNAL_SECRETS = "aws-sdk-go/1.55.5 (go1.22.6; linux; amd64) external-secrets"
SCANNER = "Boto3/1.35.2 md/Botocore#1.35.2 ua/2.0 os/linux#5.10.223 md/arch#x86_64 lang/python#3.12.5 Prowler/4.3.5"
RUNTIMES = {
    "ecs-java": "aws-sdk-java/2.27.17 Linux/5.10.223 OpenJDK_64-Bit_Server_VM/21.0.4 Java/21.0.4 exec-env/AWS_ECS_FARGATE",  # noqa: E501
    "ecs-python": "Boto3/1.35.10 md/Botocore#1.35.10 ua/2.0 os/linux#5.10.223 md/arch#x86_64 lang/python#3.12.5 exec-env/AWS_ECS_FARGATE",  # noqa: E501
    "ecs-go": "aws-sdk-go-v2/1.30.4 ua/2.1 os/linux lang/go#1.22.5 md/GOARCH#amd64 exec-env/AWS_ECS_FARGATE api/secretsmanager#1.32.7",  # noqa: E501
    "lambda-node": "aws-sdk-js/3.637.0 ua/2.0 os/linux#5.10.223 lang/js md/nodejs#20.16.0 api/secrets-manager#3.637.0 exec-env/AWS_Lambda_nodejs20.x",  # noqa: E501
    "lambda-python": "Boto3/1.34.145 md/Botocore#1.34.145 ua/2.0 os/linux#5.10.223 lang/python#3.12.5 exec-env/AWS_Lambda_python3.12",  # noqa: E501
    "ec2-php": "aws-sdk-php/3.320.2 ua/2.0 OS/Linux#5.15.0-1053-aws lang/php#8.2.7 GuzzleHttp/7",
}
READS = frozenset({"GetSecretValue", "BatchGetSecretValue"})
_READ_ONLY = READS | {"ListSecrets", "DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials a call is made with."""

    type: str
    """``userIdentity.type``."""
    account: str
    name: str = ""
    """Of the user or the role."""
    session: str = ""
    """Of a role's session."""
    key: str = ""
    """What tells one set of temporary credentials from another."""
    path: str = "/"
    invoked_by: str | None = None
    provider: str | None = None
    """Of a web identity: who signed it in."""

    @property
    def arn(self) -> str:
        """The ARN of the user or role (not of the session)."""
        kind = "user" if self.type == "IAMUser" else "role"
        return f"arn:aws:iam::{self.account}:{kind}{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Label:
    """What a record is part of: an attack, or something that a careful engineer would review."""

    kind: str
    """``attack`` or ``review``."""
    name: str


class Act(NamedTuple):
    """One call, before it is written as a record."""

    time: int
    """Epoch seconds."""
    caller: Caller
    event: str
    parameters: Mapping[str, Any] | None
    place: Place
    agent: str
    account: str
    """Whose record it is."""
    region: str
    error: tuple[str, str] | None = None
    extra: Mapping[str, Any] | None = None
    """Fields of the record that only some have."""
    label: Label | None = None


class Made(NamedTuple):
    """A record with its label."""

    record: Record
    label: Label | None


def digits(*parts: object, length: int = 16) -> str:
    """Return hexadecimal digits that stand for some parts, always the same."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()[:length]


def capitals(*parts: object, length: int = 17) -> str:
    """Return capital letters and digits that stand for some parts, as AWS's ids have them."""
    number, found = int(digits(*parts, length=32), 16), ""
    for _ in range(length):
        number, rest = divmod(number, 32)
        found += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[rest]
    return found


def record_of(act: Act, identity: str) -> Record:
    """Return the record of an act; ``identity`` becomes its event id."""
    record: Record = {
        "eventVersion": "1.11",
        "userIdentity": _identity(act.caller),
        "eventTime": _iso(act.time),
        "eventSource": SECRETS_MANAGER,
        "eventName": act.event,
        "awsRegion": act.region,
        "sourceIPAddress": act.place.address,
        "userAgent": act.agent,
        "requestParameters": act.parameters,
        "responseElements": None,
        "requestID": _uuid(f"r{identity}"),
        "eventID": identity,
        "readOnly": act.event in _READ_ONLY,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": act.account,
        "eventCategory": "Management",
    }
    if act.error is not None:
        record["errorCode"], record["errorMessage"] = act.error
    if act.place.endpoint is not None:
        record["vpcEndpointId"], record["vpcEndpointAccountId"] = act.place.endpoint, act.account
    if act.extra is not None:
        record.update(act.extra)
    return record


def event_id(seed: str, number: int) -> str:
    """Return the event id of a record of a month."""
    return _uuid(f"{seed}/{number}")


def _uuid(text: str) -> str:
    h = blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


@lru_cache(maxsize=4096)
def _iso(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=20_000)
def _identity(caller: Caller) -> Record:
    """Return the userIdentity element; nobody may change it, records share it."""
    kind, account, name = caller.type, caller.account, caller.name
    if kind == "AWSService":
        return {"type": kind, "invokedBy": caller.invoked_by}
    if kind == "AWSAccount":  # what the owner of a secret sees of another account's caller
        return {"type": kind, "principalId": f"AROA{capitals(account, name)}:{caller.session}", "accountId": account}
    if kind == "Root":
        return {"type": kind, "principalId": account, "arn": f"arn:aws:iam::{account}:root", "accountId": account}
    if kind == "IAMUser":
        return {
            "type": kind,
            "principalId": f"AIDA{capitals(account, name)}",
            "arn": caller.arn,
            "accountId": account,
            "accessKeyId": f"AKIA{capitals('key', account, name, caller.key, length=16)}",
            "userName": name,
        }
    identity: Record = {
        "type": "AssumedRole",
        "principalId": f"AROA{capitals(account, name)}:{caller.session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{caller.session}",
        "accountId": account,
        "accessKeyId": f"ASIA{capitals('session', account, name, caller.session, caller.key, length=16)}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": f"AROA{capitals(account, name)}",
                "arn": caller.arn,
                "accountId": account,
                "userName": name,
            },
            "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"},
        },
    }
    if caller.provider is not None:
        federated = {"federatedProvider": f"arn:aws:iam::{account}:oidc-provider/{caller.provider}", "attributes": {}}
        identity["sessionContext"]["webIdFederationData"] = federated
    if caller.invoked_by is not None:
        identity["invokedBy"] = caller.invoked_by
    return identity
