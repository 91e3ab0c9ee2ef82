"""The Glue tables, the view and the workgroup as planned by the real provider."""

from __future__ import annotations

import base64
import json
from typing import Any

import botocore.session
import pytest
import sqlglot

from tests.terraform.conftest import Plan, Planner
from tools.report.sql import MODULE, Declared, query, query_names, view

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
GROUP = "arn:aws:quicksight:us-east-1:123456789012:group/default/security"
BASE = {"trail_bucket_name": "trail", "summaries_bucket_name": "summaries", "kms_key_arn": KEY}


ORGANIZATION: dict[str, Any] = {
    "account_ids": ["123456789012", "210987654321"],
    "organization_id": "o-a1b2c3d4e5",
    "regions": ["eu-west-1"],
    "first_day": "2026/01/01",
}
QUICKSIGHT_ROLE: dict[str, Any] = {"enable_quicksight": True, "quicksight_principal_arns": [GROUP]}
QUICKSIGHT: dict[str, Any] = {**QUICKSIGHT_ROLE, "enable_quicksight_dashboard": True}


@pytest.fixture(scope="module")
def plans(plan: Planner) -> dict[str, Plan]:
    return plan.together(
        {
            "analytics": {**BASE, **ORGANIZATION},
            "quicksight_role": {**BASE, **QUICKSIGHT_ROLE},
            "quicksight": {**BASE, **QUICKSIGHT},
        },
        MODULE,
    )


@pytest.fixture(scope="module")
def analytics(plans: dict[str, Plan]) -> Plan:
    return plans["analytics"]


def test_the_table_reads_cloudtrails_files_by_account_region_and_day(analytics: Plan) -> None:
    table = analytics.resources("aws_glue_catalog_table")["aws_glue_catalog_table.cloudtrail_logs"]
    parameters = table["parameters"]
    assert [key["name"] for key in table["partition_keys"]] == ["account", "region", "day"]
    assert parameters["projection.account.values"] == "123456789012,210987654321"
    assert parameters["projection.region.values"] == "eu-west-1,us-east-1"
    assert parameters["projection.day.range"] == "2026/01/01,NOW"
    assert parameters["storage.location.template"] == (
        "s3://trail/AWSLogs/o-a1b2c3d4e5/${account}/CloudTrail/${region}/${day}"
    )
    (storage,) = table["storage_descriptor"]
    assert storage["input_format"] == "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
    columns = {column["name"] for column in storage["columns"]}
    assert not columns & {"account", "region", "day"}, "a partition is no column"


def definition_of(view: dict[str, Any]) -> dict[str, Any]:
    encoded = view["view_original_text"].removeprefix("/* Presto View: ").removesuffix(" */")
    definition: dict[str, Any] = json.loads(base64.b64decode(encoded))
    return definition


def test_the_view_is_the_reports_with_its_columns(analytics: Plan) -> None:
    table = analytics.resources("aws_glue_catalog_table")["aws_glue_catalog_table.secret_calls"]
    definition = definition_of(table)
    assert definition["originalSql"] == view()
    statement: Any = sqlglot.parse_one(view(), read="athena")
    names = statement.named_selects
    assert [column["name"] for column in definition["columns"]] == names
    assert [column["name"] for column in table["storage_descriptor"][0]["columns"]] == names


def test_the_view_has_serde_info_without_which_athena_refuses_it(analytics: Plan) -> None:
    table = analytics.resources("aws_glue_catalog_table")["aws_glue_catalog_table.secret_calls"]
    (storage,) = table["storage_descriptor"]
    (serde,) = storage["ser_de_info"]
    assert serde["serialization_library"]
    assert not table["partition_keys"]


def test_people_and_automation_are_declared_by_patterns(plan: Planner) -> None:
    people_roles, automation = ("arn:aws:iam::*:role/a.b+c",), ("arn:aws:iam::*:user/ci", "arn:*:iam::*:role/x")
    planned = plan(MODULE, **BASE, people_roles=list(people_roles), automation=list(automation))
    table = planned.resources("aws_glue_catalog_table")["aws_glue_catalog_table.secret_calls"]
    assert definition_of(table)["originalSql"] == view(Declared(people_roles, automation))


def test_patterns_that_are_no_arns_are_refused_by_name(plan: Planner) -> None:
    wrong = {"people_roles": ["okta-*", "*"], "automation": ["arn:aws:iam::*:role/[ab]", "arn:aws:iam::1:user/o'brien"]}
    message = plan.refusal(MODULE, **BASE, **wrong)
    for name, patterns in wrong.items():
        assert f"{name}: {', '.join(map(json.dumps, patterns))} matches every principal, or none." in message


def test_every_query_is_saved_with_what_it_answers(analytics: Plan) -> None:
    saved = {values["name"]: values for values in analytics.resources("aws_athena_named_query").values()}
    assert sorted(saved) == query_names()
    for name, values in saved.items():
        assert values["query"] == query(name)
        assert not values["description"].startswith("--")


def test_the_workgroup_is_bounded_and_its_results_are_encrypted_and_forgotten(analytics: Plan) -> None:
    (configuration,) = analytics.one("aws_athena_workgroup")["configuration"]
    assert configuration["enforce_workgroup_configuration"]
    assert configuration["bytes_scanned_cutoff_per_query"] == 100 * 1024**3
    (result,) = configuration["result_configuration"]
    assert result["encryption_configuration"] == [{"encryption_option": "SSE_KMS", "kms_key_arn": KEY}]
    (rule,) = analytics.one("aws_s3_bucket_lifecycle_configuration")["rule"]
    assert rule["expiration"][0]["days"] == 30


@pytest.mark.parametrize(("partition", "region"), [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1")])
def test_athena_looks_into_every_region_that_has_secrets(plan: Planner, partition: str, region: str) -> None:
    table = plan(MODULE, region=region, **BASE).resources("aws_glue_catalog_table")[
        "aws_glue_catalog_table.cloudtrail_logs"
    ]
    regions = set(table["parameters"]["projection.region.values"].split(","))
    known = botocore.session.get_session().get_available_regions("secretsmanager", partition_name=partition)
    assert set(known) <= regions


@pytest.fixture(scope="module")
def quicksight(plans: dict[str, Plan]) -> Plan:
    return plans["quicksight"]


def test_quicksights_role_comes_before_what_is_tested_with_it(plans: dict[str, Plan]) -> None:
    first = plans["quicksight_role"]
    assert [name for name in first.resources("aws_iam_role") if "quicksight" in name]
    assert not [c for c in first.raw["resource_changes"] if c["type"].startswith("aws_quicksight")]


def test_quicksight_is_off_unless_asked(analytics: Plan) -> None:
    assert not [r for r in analytics.raw["resource_changes"] if "quicksight" in r["type"]]


def test_the_dataset_is_the_saved_query_in_memory(quicksight: Plan) -> None:
    dataset = quicksight.one("aws_quicksight_data_set")
    assert dataset["import_mode"] == "SPICE"
    (sql,) = next(iter(dataset["physical_table_map"]))["custom_sql"]
    assert sql["sql_query"] == query("dashboard").replace("FROM secret_calls", "FROM secretwatch.secret_calls")
    select = query("dashboard").split("FROM")[0]
    assert [column["name"] for column in sql["columns"]] == [
        line.strip(" ,") for line in select.splitlines() if line.startswith("    ")
    ]
    assert quicksight.one("aws_quicksight_refresh_schedule")["schedule"][0]["refresh_type"] == "FULL_REFRESH"


def test_the_dashboard_has_its_five_visuals_and_filters(quicksight: Plan) -> None:
    (definition,) = quicksight.one("aws_quicksight_dashboard")["definition"]
    (sheet,) = definition["sheets"]
    kinds = [next(kind for kind, value in visual.items() if value) for visual in sheet["visuals"]]
    assert kinds == ["line_chart_visual", "pie_chart_visual", "bar_chart_visual", "table_visual", "table_visual"]
    filters = {g["filters"][0]["category_filter"][0]["filter_id"] for g in definition["filter_groups"]}
    assert {c["dropdown"][0]["source_filter_id"] for c in sheet["filter_controls"]} == filters
    assert len(filters) == 5


def test_quicksight_may_ask_this_workgroup_and_read_these_buckets_only(quicksight: Plan) -> None:
    statements = [s for found in quicksight.policies().values() for s in found]
    assert {s["Sid"] for s in statements} == {"AskAthena", "ReadCatalog", "ReadLogFiles", "KeepResults", "UseKey"}
    for statement in statements:
        resources = statement["Resource"]
        assert "*" not in ([resources] if isinstance(resources, str) else resources)


def test_wrong_input_is_refused(plan: Planner) -> None:
    said = plan.refusal(
        MODULE, **{**BASE, "trail_bucket_name": "s3://my-logs"}, organization_id="acme", account_ids=["1"],
        first_day="2026-01-01", bytes_scanned_limit=1,
        result_expiration_days=0,
    )  # fmt: skip
    for part in (
        'trail_bucket_name: "s3://my-logs" is no name of a bucket',
        'organization_id: "acme" is no id of an AWS organization',
        'account_ids: "1" is no AWS account id',
        'first_day: "2026-01-01" is no day. Write YYYY/MM/DD',
        "bytes_scanned_limit: 1 is not allowed",
        "result_expiration_days: 0 is not allowed",
    ):
        assert part in said


def test_a_quicksight_principal_is_an_arn_of_this_partition(plan: Planner) -> None:
    """By itself: Terraform asks the provider for the partition once all that it can check without is right."""
    said = plan.refusal(
        MODULE, **BASE, quicksight_principal_arns=["arn:aws-cn:quicksight:us-east-1:123456789012:user/x"]
    )
    assert ':user/x" is no ARN of a QuickSight user or group' in said
