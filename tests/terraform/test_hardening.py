"""The hardening module: nothing unless asked, and nobody locked out by accident."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.harness.terraform import REPOSITORY
from tests.terraform.conftest import Plan, Planner

pytestmark = pytest.mark.full  # a plan of some seconds for each test
MODULE = REPOSITORY / "modules" / "hardening"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-Ab12Cd"
APP, ADMIN = "arn:aws:iam::123456789012:role/app", "arn:aws:iam::123456789012:role/admin"
OWN = {"Sid": "Mine", "Effect": "Allow", "Principal": {"AWS": APP}, "Action": "secretsmanager:*", "Resource": "*"}


@pytest.fixture(scope="module")
def everything(plan: Planner) -> Plan:
    return plan(
        MODULE,
        protected_secrets={SECRET: {"reader_arns": [APP], "statements_json": json.dumps([OWN])}},
        administrator_arns=[ADMIN],
        vpc_endpoint={"vpc_id": "vpc-1", "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
        enable_config_rules=True,
        monthly_budget_usd=200,
        budget_emails=["finance@example.com"],
        enable_security_hub=True,
        enable_access_analyzer=True,
    )


def test_nothing_is_made_unless_asked(plan: Planner) -> None:
    assert [r["address"] for r in plan(MODULE).raw.get("resource_changes", []) if r["mode"] == "managed"] == []


def test_everybody_but_readers_and_administrators_is_denied_the_value(everything: Plan) -> None:
    policy = everything.one("aws_secretsmanager_secret_policy")
    assert policy["block_public_policy"]
    denied, own = json.loads(policy["policy"])["Statement"]
    assert own == OWN, "what the user gave is kept"
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Action"] == "secretsmanager:GetSecretValue", "the policy itself can still be changed"
    assert denied["Condition"]["ArnNotEquals"] == {"aws:PrincipalArn": [APP, ADMIN]}


def test_the_endpoint_lets_through_the_accounts_that_are_named_and_no_other(plan: Planner) -> None:
    endpoint = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    planned = plan(MODULE, vpc_endpoint=endpoint, secret_account_ids=["210987654321"])
    statements = json.loads(planned.one("aws_vpc_endpoint")["policy"])["Statement"]
    (secrets,) = [s["Resource"] for s in statements if s["Sid"] == "OurPrincipalsOnOurSecrets"]
    assert sorted(arn.split(":")[4] for arn in secrets) == ["123456789012", "210987654321"]
    assert "is no account id" in plan.refusal(MODULE, vpc_endpoint=endpoint, secret_account_ids=["123"])


def test_the_rest_is_made_as_asked(everything: Plan) -> None:
    assert everything.one("aws_vpc_endpoint")["service_name"] == "com.amazonaws.us-east-1.secretsmanager"
    rules = everything.resources("aws_config_config_rule").values()
    assert len({rule["source"][0]["source_identifier"] for rule in rules}) == 5
    budget = everything.one("aws_budgets_budget")
    assert {n["notification_type"] for n in budget["notification"]} == {"ACTUAL", "FORECASTED"}
    assert not everything.one("aws_securityhub_account")["enable_default_standards"]
    assert everything.one("aws_accessanalyzer_analyzer")["type"] == "ACCOUNT"


def test_nobody_is_locked_out_without_an_explicit_yes(plan: Planner) -> None:
    protected = {SECRET: {"reader_arns": [APP], "statements_json": "[]"}}
    assert "locks your own administrators out" in plan.refusal(MODULE, protected_secrets=protected)
    assert plan(MODULE, protected_secrets=protected, lock_administrators_out=True).one(
        "aws_secretsmanager_secret_policy"
    )


def test_wrong_input_is_refused(plan: Planner) -> None:
    arns = {"prod/db": {"reader_arns": ["app"], "statements_json": "[]"}}
    wrong = {
        "protected_secrets": {SECRET: {"reader_arns": [APP], "statements_json": "{"}},
        "lock_administrators_out": True,
        "max_days_between_rotations": 0,
        "unused_days": 0,
    }
    instances: dict[str, dict[str, Any]] = {
        "values": wrong,
        "budget": {"monthly_budget_usd": 5},
        # By themselves: rules with the own partition wait for the provider.
        "arns": {"protected_secrets": arns, "lock_administrators_out": True},
    }
    refused = plan.refusals(instances, MODULE)
    assert "monthly_budget_usd: 5 needs budget_emails" in refused["budget"]
    assert 'protected_secrets: "prod/db" is no ARN of a secret' in refused["arns"]
    assert 'reader_arns has "app", which is no ARN of an IAM role or user' in refused["arns"]
    for part in (
        f"statements_json of {SECRET} is no JSON list",
        "max_days_between_rotations: 0 is not allowed",
        "unused_days: 0 is not allowed",
    ):
        assert part in refused["values"]
