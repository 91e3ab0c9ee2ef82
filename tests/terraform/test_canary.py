"""The canary's module: its secret has no reader but the function, and what it may look at is named."""

from __future__ import annotations

import re
from typing import Any

import pytest
import tftest

from tests.harness.terraform import REPOSITORY
from tests.terraform.conftest import Plan, Planner

pytestmark = pytest.mark.full  # a plan of some seconds for each test
MODULE = REPOSITORY / "modules" / "canary"
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
OPERATIONS = ARN.format("sns", "watch-operations")
REQUIRED: dict[str, Any] = {
    "name_prefix": "watch",
    "audit_table_name": "watch-audit",
    "summarizer_function_name": "watch-summarizer",
    "metric_namespace": "SecretWatch/watch",
    "operations_topic_arn": OPERATIONS,
    "kms_key_arn": ARN.format("kms", "key/00000000-0000-4000-8000-000000000000"),
}
KNOWN = {
    "trail_name": "watch-trail",
    "log_group_name": "/watch/trail",
    "event_rule_name": "watch-summarizer",
    "access_queue_name": "watch-accesses",
}


@pytest.fixture(scope="module")
def everything(plan: Planner) -> Plan:
    return plan(MODULE, **REQUIRED, **KNOWN, iam_path="/security/")


@pytest.fixture(scope="module")
def little(plan: Planner) -> Plan:
    """With a trail of the user's own and one path."""
    return plan(MODULE, **REQUIRED, enable_fast_path=False, canary_schedule_minutes=30)


def statements(plan: Plan) -> dict[str, dict[str, Any]]:
    (found,) = plan.policies(".function").values()
    return {statement["Sid"]: statement for statement in found}


def test_terraform_reads_no_value_and_changes_no_policy_of_the_secret(everything: Plan) -> None:
    """Whoever does so and is not the canary is reported."""
    kinds = {change["type"] for change in everything.raw["resource_changes"] if "secretsmanager" in change["type"]}
    assert kinds == {"aws_secretsmanager_secret"}
    secret = everything.one("aws_secretsmanager_secret")
    assert secret["name"] == "watch/canary"
    assert secret["recovery_window_in_days"] == 0, "the name can be used again at once"
    assert secret["kms_key_id"] == REQUIRED["kms_key_arn"]


def test_it_may_use_its_own_secret_and_look_at_named_parts_only(everything: Plan) -> None:
    found = statements(everything)
    assert found["ReadOwnSecret"]["Resource"] == ARN.format("secretsmanager", "secret:watch/canary-??????")
    assert all("*" not in statement["Action"] for statement in found.values())
    # A log group's ARN ends in :*, which is its streams.
    resources = [
        r for s in found.values() for r in ([s["Resource"]] if isinstance(s["Resource"], str) else s["Resource"])
    ]
    assert [resource for resource in resources if "*" in resource.removesuffix(":*")] == []
    assert found["LookAtTrail"]["Resource"] == ARN.format("cloudtrail", "trail/watch-trail")
    assert found["LookAtRule"]["Resource"] == ARN.format("events", "rule/watch-summarizer")
    assert found["LookAtQueue"]["Resource"] == ARN.format("sqs", "watch-accesses")
    assert found["KeepWatch"]["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["NOTE#canary *", "SIGHTING#*"]}
    }


def test_what_has_no_name_is_not_looked_at(little: Plan) -> None:
    assert {"LookAtTrail", "LookAtRule", "LookAtQueue"} & statements(little).keys() == set()
    assert all("None" not in str(statement) for statement in statements(little).values())


def test_a_rule_on_a_bus_of_ones_own_has_the_bus_in_its_arn(plan: Planner) -> None:
    found = statements(plan(MODULE, **REQUIRED, **KNOWN, event_bus_name="central"))
    assert found["LookAtRule"]["Resource"] == ARN.format("events", "rule/central/watch-summarizer")


def test_the_schedule_may_start_it_and_what_it_cannot_start_is_kept_and_raises_an_alarm(everything: Plan) -> None:
    assert everything.one("aws_cloudwatch_event_rule")["schedule_expression"] == "rate(60 minutes)"
    permission = everything.one("aws_lambda_permission")
    assert permission["source_arn"] == ARN.format("events", "rule/watch-canary")
    (dead_letters,) = everything.one("aws_cloudwatch_event_target")["dead_letter_config"]
    assert dead_letters["arn"] == ARN.format("sqs", "watch-canary-dead-letters")
    alarms = everything.resources("aws_cloudwatch_metric_alarm")
    alarm = alarms["module.canary.aws_cloudwatch_metric_alarm.undelivered[0]"]
    assert (alarm["metric_name"], alarm["threshold"]) == ("FailedInvocations", 1)


def test_each_path_and_the_canary_itself_have_an_alarm_for_three_periods_without(
    everything: Plan, little: Plan
) -> None:
    def silent(found: Plan) -> dict[str, tuple[float, float]]:
        alarms = found.resources("aws_cloudwatch_metric_alarm").values()
        return {
            alarm["alarm_name"]: (alarm["period"], alarm["evaluation_periods"])
            for alarm in alarms
            if alarm["treat_missing_data"] == "breaching"
        }

    assert silent(everything) == dict.fromkeys(
        ("watch-canary-not-run", "watch-canary-path-events", "watch-canary-path-logs"), (3600, 3)
    )
    assert silent(little) == dict.fromkeys(("watch-canary-not-run", "watch-canary-path-logs"), (1800, 3))


def test_every_alarm_reaches_the_operations_topic(everything: Plan) -> None:
    for alarm in everything.resources("aws_cloudwatch_metric_alarm").values():
        assert alarm["alarm_actions"] == [OPERATIONS]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"canary_schedule_minutes": 14},
            "canary_schedule_minutes: 14 is not allowed. Write a whole number of minutes from 15 to 480.",
        ),
        ({"canary_schedule_minutes": 500}, "canary_schedule_minutes: 500 is not allowed."),
        ({"canary_schedule_minutes": 60.5}, "canary_schedule_minutes: 60.5 is not allowed."),
        (
            {"enable_fast_path": False, "enable_complete_path": False},
            "the canary would watch nothing. Set one of them to true.",
        ),
    ],
)
def test_what_is_wrong_is_named(plan: Planner, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(tftest.TerraformTestError) as error:
        plan(MODULE, **{**REQUIRED, **changes})
    assert message in re.sub(r"[\s│]+", " ", str(error.value.cmd_error))
