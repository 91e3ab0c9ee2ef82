"""Every example plans as it stands, in every partition the root does, and twice in one account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws_rules import check
from tests.terraform.conftest import Plan, Planner
from tests.terraform.packaged import settings

pytestmark = pytest.mark.full


def test_every_example_plans(examples: dict[str, Plan]) -> None:
    made = {name: len(plan.raw["resource_changes"]) for name, plan in examples.items()}
    assert len(made) == 8
    assert all(number >= 4 for number in made.values()), made


def test_no_second_trail_where_there_is_one(examples: dict[str, Plan]) -> None:
    plan = examples["existing-trail"]
    assert plan.resources("aws_cloudtrail") == plan.resources("aws_kms_key") == {}
    filters = plan.resources("aws_cloudwatch_log_subscription_filter").values()
    assert {f["log_group_name"] for f in filters} == {"aws-controltower/CloudTrailLogs"}
    table = next(t for a, t in plan.resources("aws_glue_catalog_table").items() if a.endswith("cloudtrail_logs"))
    assert table["parameters"]["storage.location.template"].startswith("s3://my-company-cloudtrail/AWSLogs/")


def test_an_organizations_trail_is_seen_whole(examples: dict[str, Plan]) -> None:
    plan = examples["organization"]
    assert plan.resources("aws_cloudtrail") == {}
    rule = plan.resources("aws_cloudwatch_event_rule")[
        "module.summarization.module.trigger.aws_cloudwatch_event_rule.records[0]"
    ]
    assert (rule["event_bus_name"], rule["state"]) == ("secrets", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    member = examples["organization/member"].one("aws_cloudwatch_event_rule")
    assert member["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "or no read would be forwarded"
    table = next(t for a, t in plan.resources("aws_glue_catalog_table").items() if a.endswith("cloudtrail_logs"))
    assert "/o-a1b2c3d4e5/${account}/" in table["parameters"]["storage.location.template"]


def test_boundary_and_path_are_on_every_role(examples: dict[str, Plan]) -> None:
    plan = examples["permissions-boundary"]
    roles = plan.resources("aws_iam_role").values()
    assert len(roles) == 6
    assert {role["path"] for role in roles} == {"/security/"}
    assert {role["permissions_boundary"] for role in roles} == {"arn:aws:iam::123456789012:policy/developers"}
    own = "arn:aws:iam::123456789012:role/security/secretwatch-rotator"
    assert settings(plan, "module.rotator")["rotation_exempt_principal_arns"] == [own]
    assert settings(plan, "module.summarizer")["own_principal_arns"] == [own]


def test_alerting_alone_runs_no_function(examples: dict[str, Plan]) -> None:
    assert examples["alerting-only"].resources("aws_lambda_function") == {}
    filters = examples["alerting-only"].resources("aws_cloudwatch_log_metric_filter")
    assert len([address for address in filters if ".detection[" in address]) == 6


EVERYTHING: dict[str, Any] = {
    "enable_rotation": True,
    "rotation_targets": {"prod/db": {"strategy": "generate", "json_keys": ["password"]}},
    "trusted_cidrs": ["198.51.100.0/24"],
    "operations_emails": ["operations@example.com"],
    "channels": {"a": {"type": "slack", "minimum_severity": "info", "webhook_parameter": "/a"}},
}


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_other_partitions_plan_and_no_arn_is_of_ours(plan: Planner, partition: str, region: str) -> None:
    planned = plan(region=region, bedrock_model_id="anthropic.claude-haiku-4-5-20251001-v1:0", **EVERYTHING)
    text = json.dumps([change["change"]["after"] for change in planned.raw["resource_changes"]])
    assert f"arn:{partition}:" in text
    assert "arn:aws:" not in text.replace("arn:aws:iam::*", "")
    assert [str(one) for one in check(planned.raw)] == []
    logs = {"aws-us-gov": "logs.amazonaws.com", "aws-cn": "logs.amazonaws.com.cn"}[partition]
    assert logs in {one["principal"] for one in planned.resources("aws_lambda_permission").values()}


def test_two_instances_in_one_account_share_no_name(plan: Planner) -> None:
    planned = plan.together({name: {**EVERYTHING, "name_prefix": name} for name in ("one", "two")})
    names: dict[str, list[str]] = {}
    for change in (change for instance in planned.values() for change in instance.raw["resource_changes"]):
        after = change["change"]["after"] or {}
        name = after.get("bucket") or after.get("function_name") or after.get("name") or after.get("alarm_name")
        if change["mode"] == "managed" and name and change["type"] in (
            "aws_iam_role", "aws_lambda_function", "aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue",
            "aws_dynamodb_table", "aws_cloudtrail", "aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm",
            "aws_ssm_parameter", "aws_kms_alias", "aws_athena_workgroup", "aws_glue_catalog_database",
            "aws_cloudwatch_event_rule",
        ):  # fmt: skip
            names.setdefault(change["type"], []).append(name)
    assert all(len(set(found)) == len(found) for found in names.values())
    assert len(names["aws_lambda_function"]) == 12
