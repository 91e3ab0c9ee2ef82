"""A stand-in for aws provider 6: it serves that provider's schema, and plans against nothing.

It proves names and types only. With it ``terraform validate`` and ``terraform plan`` refuse an
argument, block or reference that provider 6 does not have, a wrong type, a missing argument, and warn
of deprecated ones. It does not know which values the real provider or AWS accept, which arguments
exclude each other, or what a change replaces; and it creates nothing. ``aws_schema.py`` says where
the schema comes from and what is missing in it.
"""

from __future__ import annotations

import functools
import json

from tests.harness.aws_schema import FIXTURE
from tests.harness.plugin import Json, Plugin, PluginError
from tests.harness.terraform import ACCOUNT, AWS, REGION

_PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


@functools.cache
def schema() -> Json:
    """Return the fixture."""
    found: Json = json.loads(FIXTURE.read_text(encoding="utf-8"))
    return found


class AwsSchemaProvider(Plugin):
    """The provider; data sources answer for the account and region that the tests use."""

    address = AWS

    def __init__(self) -> None:
        super().__init__()
        self._region = REGION

    def schemas(self) -> tuple[Json, Json, Json]:
        """Return what the fixture holds."""
        return schema()["provider"], schema()["resources"], schema()["data"]

    def configure(self, config: Json) -> None:
        """Remember the region."""
        self._region = config["region"] or REGION

    def read(self, name: str, config: Json) -> Json:
        """Answer a data source; raises PluginError for one that has no answer yet."""
        found = next((p for prefix, p in _PARTITIONS.items() if self._region.startswith(prefix)), None)
        partition, suffix = found or ("aws", "amazonaws.com")
        reverse = ".".join(reversed(suffix.split(".")))
        service = config.get("service_id")
        answers: dict[str, Json] = {
            "aws_caller_identity": {
                "account_id": ACCOUNT, "arn": f"arn:{partition}:iam::{ACCOUNT}:root", "user_id": ACCOUNT},
            "aws_lambda_functions": {"function_arns": [], "function_names": []},
            "aws_partition": {"partition": partition, "dns_suffix": suffix, "reverse_dns_prefix": reverse},
            "aws_service": {
                "partition": partition, "region": self._region, "supported": True, "reverse_dns_prefix": reverse,
                "dns_name": f"{service}.{self._region}.{suffix}",
                "reverse_dns_name": f"{reverse}.{self._region}.{service}"},
        }  # fmt: skip
        if name == "aws_iam_policy_document":
            answers[name] = {"json": json.dumps(policy_document(config), indent=2)}
        if name not in answers:
            raise PluginError(f"tests/harness/aws_schema_provider.py has no answer for the data source {name}: add one")
        block = schema()["data"][name]
        defaults = {key: "" for key, a in block["attributes"].items() if a["type"] == "string" and a.get("computed")}
        return {key: defaults.get(key) if value is None else value for key, value in config.items()} | answers[name]


def policy_document(config: Json) -> Json:
    """Return the IAM policy that the configuration of aws_iam_policy_document describes."""
    statements = [
        statement
        for source in [*(config["source_policy_documents"] or []), *(config["override_policy_documents"] or [])]
        for statement in json.loads(source)["Statement"]
    ]
    statements += [_statement(one) for one in config["statement"]]
    return {"Version": config["version"] or "2012-10-17", "Statement": statements}


def _statement(config: Json) -> Json:
    found: Json = {"Sid": config["sid"] or "", "Effect": config["effect"] or "Allow"}
    lists = {"Action": "actions", "NotAction": "not_actions", "Resource": "resources", "NotResource": "not_resources"}
    found |= {key: _one_or_all(config[name]) for key, name in lists.items() if config[name]}
    for key, name in {"Principal": "principals", "NotPrincipal": "not_principals"}.items():
        for principal in config[name]:
            if principal["type"] == "*":
                found[key] = "*"
            else:
                found.setdefault(key, {})[principal["type"]] = _one_or_all(principal["identifiers"])
    for condition in config["condition"]:
        test = found.setdefault("Condition", {}).setdefault(condition["test"], {})
        test[condition["variable"]] = _one_or_all(condition["values"])
    return found


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else sorted(values, reverse=True)
