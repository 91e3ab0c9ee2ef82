"""What AWS asks for, checked on every plan; and each rule shown to see the mistake that it is for."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws_rules import RULES, Planned, check
from tests.aws_rules.iam import actions_of
from tests.aws_rules.keys import KEY_PATHS
from tests.aws_rules.policy import as_list
from tests.aws_rules.shapes import unmapped
from tests.harness.terraform import REPOSITORY
from tests.terraform.conftest import EXAMPLES, Plan, Planner

Raw = dict[str, Any]
Values = dict[str, Any]

WEBHOOK = "https://hooks.slack.example/services/T0/B0/this-is-the-secret-part"
WHOLE: Values = {
    "name_prefix": "watch",
    "channels": {
        "slack": {"type": "slack", "minimum_severity": "medium"},
        "team": {"type": "teams", "minimum_severity": "low", "webhook_parameter": "/team/teams-webhook"},
        "on-call": {"type": "pagerduty", "minimum_severity": "high", "webhook_parameter": "/on-call/key"},
        "bot": {
            "type": "slack_bot",
            "minimum_severity": "high",
            "webhook_parameter": "/bot/token",
            "slack_channel": "C0123456789",
        },
        "siem": {"type": "webhook", "minimum_severity": "low", "webhook_parameter": "/siem/url"},
    },
    "header_parameters": {"siem": {"Authorization": "/siem/authorization"}},
    "signing_key_parameters": {"siem": "/siem/key"},
    "expectations": [{"actor": "*", "secret": "prod/db", "until": "2999-01-31", "why": "a migration"}],
    "webhook_urls": {"slack": "${var.slack}"},
    "webhook_url_versions": {"slack": 1},
    "alert_emails": ["security@example.com"],
    "alert_phone_numbers": ["+4915112345678"],
    "operations_emails": ["operations@example.com"],
    "trail_topic_emails": ["files@example.com"],
    "working_hours": {"from": 7, "to": 19},
    "enable_composite_alarm": True,
    "deployer_role_arns": ["arn:aws:iam::123456789012:role/ci/deployer"],
    "trusted_cidrs": ["198.51.100.0/24"],
    "enable_rotation": True,
    "rotation_targets": {
        "prod/db": {
            "strategy": "generate",
            "json_keys": ["password"],
            "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        }
    },
    "enable_security_hub_findings": True,
    "log_archive_after_days": 30,
    "log_expiration_days": 400,
    "tags": {"team": "security"},
}
"""Every resource that the root makes, so that every rule has something to look at."""

KEYS = [f"arn:aws:kms:us-east-1:123456789012:key/{number * 8}-2222-3333-4444-555555555555" for number in "1234"]
CHANNEL = {"security": {"type": "slack", "minimum_severity": "medium", "webhook_parameter": "/secretwatch/slack"}}
SOMEBODY: Values = {"alert_emails": ["security@example.com"]}
VARIANTS: dict[str, Values] = {
    "defaults": SOMEBODY,
    "readme": {"trusted_cidrs": ["203.0.113.0/24"], "operations_emails": ["ops@example.com"], "channels": CHANNEL},
    "users_keys": {
        **SOMEBODY,
        "channels": CHANNEL,
        "enable_rotation": True,
        "trusted_cidrs": ["203.0.113.0/24"], "rotation_targets": {"prod/db": {"strategy": "notify_only"}},
        "create_kms_key": False,
        "kms_key_arn": KEYS[0],
        "create_alerts_topic": False,
        "alerts_topic_arn": "arn:aws:sns:us-east-1:123456789012:security",
        "alerts_topic_kms_key_arn": KEYS[1],
        "parameter_kms_key_arns": [KEYS[2]],
    },
    "longest": {**SOMEBODY, "name_prefix": "p" * 20, "deployer_role_arns": [
        f"arn:aws:iam::123456789012:role/{n * 59}" for n in "ab"], "channels": CHANNEL, "enable_rotation": True,
        "trusted_cidrs": ["203.0.113.0/24"], "rotation_targets": {"prod/db": {"strategy": "notify_only"}}},
}  # fmt: skip
"""What else a user may ask for."""
RARER: dict[str, Values] = {
    "phone": {"alert_phone_numbers": ["+4915112345678"], "channels": CHANNEL},
    "users_key": {**SOMEBODY, "create_kms_key": False, "kms_key_arn": KEYS[0]},
    "no_fast_path": {**SOMEBODY, "enable_fast_path": False},
    "no_complete_path": {**SOMEBODY, "enable_complete_path": False},
    "custom_bus": {**SOMEBODY, "event_bus_name": "secrets"},
    "quicksight": {**SOMEBODY, "quicksight_principal_arns": [
        "arn:aws:quicksight:us-east-1:123456789012:user/default/analyst"]},
    "no_alarms": {**SOMEBODY, "disabled_alarms": [
        "SecretAccessed", "SecretAccessedByRole", "DeniedReads", "RootRead", "BatchRead", "SecretTampering",
        "TrailTampering"]},
}  # fmt: skip
"""And what fewer do, for make test-full: a plan of each takes seconds."""


@pytest.fixture(scope="module")
def plans(plan: Planner) -> dict[str, Plan]:
    declared = {"slack": {"ephemeral": True, "sensitive": True}}
    instances = {"whole": WHOLE, **VARIANTS}
    return plan.together(instances, variables=declared, environment={"TF_VAR_slack": WEBHOOK})


@pytest.fixture(scope="module")
def rarer(plan: Planner) -> dict[str, Plan]:
    return plan.together(RARER)


@pytest.fixture(scope="module")
def whole(plans: dict[str, Plan]) -> Raw:
    return dict(plans["whole"].raw)


def found(plan: Raw) -> list[str]:
    return [f"{one.rule.id}: {one.address}: {one.problem}" for one in check(plan)]


# --- the plans ---------------------------------------------------------------------------


def test_with_everything_on_aws_has_nothing_to_refuse(whole: Raw) -> None:
    assert found(whole) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_nor_in_any_variant(plans: dict[str, Plan], name: str) -> None:
    assert found(dict(plans[name].raw)) == []


@pytest.mark.full
@pytest.mark.parametrize("name", RARER)
def test_nor_in_any_rarer_one(rarer: dict[str, Plan], name: str) -> None:
    assert found(dict(rarer[name].raw)) == []


@pytest.mark.full
@pytest.mark.parametrize("name", EXAMPLES)
def test_nor_in_any_example(examples: dict[str, Plan], name: str) -> None:
    assert found(dict(examples[name].raw)) == []


def test_the_functions_may_use_the_keys_that_are_the_users(plans: dict[str, Plan]) -> None:
    granted = {
        address.split(".module.")[-1].split(".")[0].split("[")[0]: as_list(statements[0]["Resource"])
        for address, statements in plans["users_keys"].policies("aws_iam_role_policy.key").items()
    }
    assert sorted(granted["notifier"]) == [KEYS[0], KEYS[2]]
    assert sorted(granted["summarizer"]) == sorted(granted["rotator"]) == KEYS[:2]


def test_channels_alone_are_refused_since_nobody_would_hear_that_they_fail(plan: Planner) -> None:
    said = plan.refusal(channels=CHANNEL)
    assert "operations_emails: is empty" in said
    assert "nobody would hear that the notifier fails" in said


def test_every_argument_is_compared_with_the_api_or_passed_over_knowingly(whole: Raw) -> None:
    assert unmapped(Planned(whole)) == set()


def test_what_the_deployer_needs_is_said_of_everything_that_has_a_key_and_exists_in_iam() -> None:
    text = (REPOSITORY / "docs" / "deploy-permissions.md").read_text(encoding="utf-8").partition("<!-- actions")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [kind for kind in KEY_PATHS if not any(f"`{kind}`" in row for row in rows)] == []
    named = {one for one in re.findall(r"`([a-z-]+:[A-Za-z]+)`", text) if not one.endswith(":ViaService")}
    assert len(named) > 20
    assert [action for action in sorted(named) if not actions_of(action)] == []


# --- the rules ---------------------------------------------------------------------------

Mutation = Callable[[Raw], None]


def after(raw: Raw, kind: str, part: str = "") -> Values:
    """The planned values of the first resource of a type, of those with a part of their address."""
    for change in raw["resource_changes"]:
        if change["mode"] == "managed" and change["type"] == kind and part in change["address"]:
            values: Values = change["change"]["after"]
            return values
    raise LookupError(f"{kind} {part}")


def put(kind: str, part: str = "", **values: Any) -> Mutation:
    def mutate(raw: Raw) -> None:
        after(raw, kind, part).update(values)

    return mutate


def take(kind: str, part: str = "") -> Mutation:
    """The resource is not there."""

    def mutate(raw: Raw) -> None:
        after(raw, kind, part)
        raw["resource_changes"] = [
            c for c in raw["resource_changes"] if not (c["type"] == kind and part in c["address"])
        ]

    return mutate


def add(kind: str, **values: Any) -> Mutation:
    """One more resource."""

    def mutate(raw: Raw) -> None:
        raw["resource_changes"].append(
            {
                "address": f"{kind}.added",
                "mode": "managed",
                "type": kind,
                "name": "added",
                "change": {"actions": ["create"], "after": values, "after_unknown": {}},
            }
        )

    return mutate


def block(kind: str, path: str, value: Any, part: str = "") -> Mutation:
    """A value inside blocks: "rule.filter"."""

    def mutate(raw: Raw) -> None:
        *steps, last = path.split(".")
        values = after(raw, kind, part)
        for step in steps:
            values = values[step][0] if isinstance(values[step], list) else values[step]
        values[last] = value

    return mutate


def statement(kind: str, sid: str, part: str = "", attribute: str = "policy", **changes: Any) -> Mutation:
    """A statement of a policy is changed, or with no changes is missing."""

    def mutate(raw: Raw) -> None:
        values = after(raw, kind, part)
        document = json.loads(values[attribute])
        statements = document["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        (meant,) = [one for one in statements if one.get("Sid", "") == sid]
        if changes:
            meant.update(changes)
        else:
            statements.remove(meant)
        document["Statement"] = statements
        values[attribute] = json.dumps(document)

    return mutate


ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
DASHBOARD = {"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"metrics": []}}]}
BIG = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "x" * 12_000}]})
TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "quicksight.amazonaws.com"}}]})
SNS = "arn:aws:sns:us-east-1:123456789012"
KEY, QUEUE, TOPIC = "aws_kms_key", "aws_sqs_queue", "aws_sns_topic"
ALARM, RULE, TARGET = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"
TRAIL, TABLE, ROLE = "aws_cloudtrail", "aws_glue_catalog_table", "aws_iam_role"
FUNCTION, POLICY, FILTER = "aws_lambda_function", "aws_iam_role_policy", "aws_cloudwatch_log_metric_filter"


def bucket_key(raw: Raw) -> None:
    block("aws_s3_bucket_server_side_encryption_configuration", "rule.bucket_key_enabled", True, "module.logging")(raw)


def another_geography(raw: Raw) -> None:
    settings = after(raw, "terraform_data", "summarizer")["input"]["settings"]
    settings["bedrock_model"] = "eu.amazon.nova-micro-v1:0"


def another_key_for_the_queue(raw: Raw) -> None:
    put(QUEUE, "accesses", kms_master_key_id="arn:aws:kms:us-east-1:123456789012:key/other")(raw)


def unknown_action(raw: Raw) -> None:
    statement(POLICY, "RecordAccesses", "summarizer", Action="dynamodb:WriteItem")(raw)


def hidden_key_of_a_view(raw: Raw) -> None:
    block(TABLE, "storage_descriptor.ser_de_info", [], "secret_calls")(raw)


def three_filters(raw: Raw) -> None:
    for number in range(2):
        add("aws_cloudwatch_log_subscription_filter", log_group_name="/watch/cloudtrail", name=f"more-{number}",
            filter_pattern="", destination_arn="arn:aws:lambda:us-east-1:123456789012:function:x")(raw)  # fmt: skip


def regexes(raw: Raw) -> None:
    for values in [
        c["change"]["after"] for c in raw["resource_changes"] if c["type"] == "aws_cloudwatch_log_metric_filter"
    ]:
        values["pattern"] = "{ $.a = %x% || $.b = %y% }"


def six_targets(raw: Raw) -> None:
    target = after(raw, TARGET)
    for _ in range(5):
        add(TARGET, **target)(raw)


def basic(kind: str, *without: str) -> Values:
    """A basic event selector."""
    return {
        "read_write_type": kind,
        "include_management_events": True,
        "exclude_management_event_sources": list(without),
    }


def selectors(*chosen: Values) -> Mutation:
    """The trail has these basic event selectors and no advanced ones."""
    return put(TRAIL, event_selector=list(chosen), advanced_event_selector=[])


def operations_without_people(raw: Raw) -> None:
    take("aws_sns_topic_subscription", "operations")(raw)


def source_with_its_role(raw: Raw) -> None:
    add(ROLE, name="watch-quicksight", assume_role_policy=TRUST)(raw)
    add("aws_quicksight_data_source", type="ATHENA", parameters=[{"athena": [{"work_group": "watch"}]}])(raw)


def unwritten_size(raw: Raw) -> None:
    _unwrite(raw, "logging", "logs", "transition_default_minimum_object_size")


def same_name(raw: Raw) -> None:
    add(ROLE, name="WATCH-Summarizer", assume_role_policy=TRUST)(raw)


def a_bus_of_our_own(raw: Raw) -> None:
    add("aws_cloudwatch_event_bus", name="secrets")(raw)
    put(RULE, "records", event_bus_name="secrets")(raw)


MUTATIONS: dict[str, Mutation] = {
    "api.model": put("aws_cloudwatch_metric_alarm", comparison_operator="GreaterThan"),
    "athena.query-size": put("aws_athena_named_query", query="x" * 262_145),
    "bedrock.geography": another_geography,
    "bedrock.permissions": statement(POLICY, "AskModel", "summarizer"),
    "cloudtrail.bucket-policy": statement("aws_s3_bucket_policy", "CloudTrailWritesLogFiles", "module.logging"),
    "cloudtrail.excluded-sources": selectors(basic("All", "rdsdata.amazonaws.com")),
    "cloudtrail.kms-writes": selectors(basic("All", "kms.amazonaws.com")),
    "cloudtrail.log-role-permissions": statement(POLICY, "WriteRecords", "delivery"),
    "cloudtrail.log-role-trust": statement(ROLE, "", "delivery", "assume_role_policy", Condition=ACCOUNT),
    "cloudtrail.name": put(TRAIL, name="watch--trail"),
    "cloudtrail.regions": put(TRAIL, is_multi_region_trail=False),
    "cloudtrail.selector-kinds": selectors(basic("ReadOnly", "kms.amazonaws.com"), basic("WriteOnly")),
    "cloudtrail.selectors": selectors(basic("WriteOnly")),
    "cloudwatch.action-region": put(ALARM, "heartbeat", alarm_actions=["arn:aws:sns:eu-west-1:123456789012:watch"]),
    "cloudwatch.alarm-actions": put(ALARM, "dead_letters", alarm_actions=None),
    "cloudwatch.alarm-window": put(ALARM, "heartbeat", evaluation_periods=200),
    "cloudwatch.anomaly-alarm": put(ALARM, "anomaly", threshold=3),
    "cloudwatch.composite": put("aws_cloudwatch_composite_alarm", alarm_rule=""),
    "cloudwatch.composite-members": put("aws_cloudwatch_composite_alarm", alarm_rule='ALARM("watch-RootReads")'),
    "cloudwatch.dashboard": put("aws_cloudwatch_dashboard", dashboard_body=json.dumps(DASHBOARD)),
    "dynamodb.attributes": block("aws_dynamodb_table", "attribute", [{"name": "pk", "type": "S"}], "audit"),
    "dynamodb.indexes": block("aws_dynamodb_table", "global_secondary_index", [{"hash_key": "pk"}] * 21),
    "events.lambda-permission": take("aws_lambda_permission", "events"),
    "events.own-account": a_bus_of_our_own,
    "events.read-only-state": put(RULE, "records", state="ENABLED"),
    "events.schedule": put(RULE, "canary", schedule_expression="rate(1 minutes)"),
    "events.source": put(RULE, "records", event_pattern=json.dumps({"detail-type": ["AWS API Call via CloudTrail"]})),
    "events.targets": six_targets,
    "glue.names": put(TABLE, "summaries", name="Summaries"),
    "glue.projection": block(TABLE, "parameters", {"projection.enabled": "true"}, "cloudtrail_logs"),
    "glue.view-serde": hidden_key_of_a_view,
    "glue.view-text": put(TABLE, "secret_calls", view_original_text="SELECT 1"),
    "hop.dead-letter-alarm": put(ALARM, "notifier[0].aws_cloudwatch_metric_alarm.dead_letters", threshold=3),
    "hop.function-destination": take("aws_lambda_function_event_invoke_config", "rotator"),
    "hop.log-subscription-alarm": put(ALARM, "delivery", alarm_actions=[f"{SNS}:watch-alerts"]),
    "hop.mapping-dead-letter": put(QUEUE, "accesses", redrive_policy=None),
    "hop.operations-reach-a-person": operations_without_people,
    "hop.subscription-dead-letter": put("aws_sns_topic_subscription", "channel", redrive_policy=None),
    "hop.target-alarm": take(ALARM, "summarization.module.trigger.aws_cloudwatch_metric_alarm.undelivered"),
    "hop.target-dead-letter": put(TARGET, dead_letter_config=[]),
    "hop.topic-alarm": take(ALARM, "alerting.aws_cloudwatch_metric_alarm.undelivered"),
    "iam.actions": unknown_action,
    "iam.condition-keys": statement(POLICY, "RecordAccesses", "summarizer",
                                    Condition={"StringEquals": {"sqs:Nothing": "x"}}),
    "iam.resources": statement(POLICY, "RecordAccesses", "summarizer", Resource="arn:aws:s3:::bucket"),
    "kms.account-administers": statement(KEY, "AccountAdministersByIam",
                                         Principal={"AWS": "arn:aws:iam::210987654321:root"}),
    "kms.foreign-root": statement(KEY, "CloudTrailPublishes", Principal={"AWS": "arn:aws:iam::210987654321:root"}),
    "kms.log-group": statement(KEY, "LogsEncryptLogGroups", Action=["kms:Encrypt", "kms:Decrypt"]),
    "kms.queue-senders": statement(KEY, "EventsAndNotificationsAreSent", Condition=ACCOUNT),
    "kms.roles-may-use": another_key_for_the_queue,
    "kms.topic-publishers": statement(KEY, "AlarmsPublish"),
    "kms.trail": statement(KEY, "CloudTrailDescribesKey"),
    "kms.trail-bucket-key": bucket_key,
    "kms.trail-topic": statement(KEY, "CloudTrailPublishes"),
    "kms.usable": put(KEY, customer_master_key_spec="RSA_2048"),
    "lambda.reserved-concurrency": put(FUNCTION, reserved_concurrent_executions=901),
    "logs.class": put("aws_cloudwatch_log_group", "logging", log_group_class="INFREQUENT_ACCESS"),
    "logs.filter-pattern": put(FILTER, pattern="{ $.a = \"" + "x" * 1024 + "\" }"),
    "logs.filters-per-group": three_filters,
    "logs.metric-filter-default": block(FILTER, "metric_transformation.dimensions", {"a": "$.a"}),
    "logs.metric-dimensions": block(FILTER, "metric_transformation.dimensions", dict.fromkeys("abcd", "$.a")),
    "logs.metric-namespace": block(FILTER, "metric_transformation.namespace", "AWS/SecretsManager"),
    "logs.regexes": regexes,
    "logs.subscription-permission": put("aws_lambda_permission", "logs", source_arn="arn:aws:logs:us-east-1:1:x"),
    "names.budget": add("aws_budgets_budget", name="watch:monthly"),
    "names.sqs-sns": put(TOPIC, name="watch alerts"),
    "names.unique": same_name,
    "quicksight.data-source-role": source_with_its_role,
    "s3.bucket-name": put("aws_s3_bucket", bucket="Watch_Bucket"),
    "s3.small-objects": unwritten_size,
    "s3.tls-only": statement("aws_s3_bucket_policy", "DenyPlainHttp", "results"),
    "size.lambda-environment": block(FUNCTION, "environment.variables.CHANNELS", "x" * 4096, "summarizer"),
    "size.lambda-zip": put(FUNCTION, timeout=901),
    "size.managed-policy": add("aws_iam_policy", policy=BIG),
    "size.resource-policy": put("aws_sns_topic_policy", policy=BIG * 3),
    "size.role-inline-policies": put(POLICY, "summarizer.aws_iam_role_policy.function", policy=BIG),
    "size.trust-policy": put(ROLE, assume_role_policy=BIG),
    "sns.aws-managed-key": put(TOPIC, "alerts", kms_master_key_id="alias/aws/sns"),
    "sns.fifo": put(ALARM, "heartbeat", alarm_actions=[f"{SNS}:watch-operations.fifo"]),
    "sns.filter-exists": put("aws_sns_topic_subscription", filter_policy='{"severity": [{"exists": false}, "high"]}'),
    "sns.filter-policy": put("aws_sns_topic_subscription", filter_policy=json.dumps({k: ["a"] for k in "abcdef"})),
    "sns.lambda-permission": add("aws_sns_topic_subscription", protocol="lambda",
                                 endpoint="arn:aws:lambda:us-east-1:123456789012:function:watch-notifiers"),
    "sns.topic-policy": statement("aws_sns_topic_policy", "AlarmsPublish", "alerts"),
    "sqs.aws-managed-key": put(QUEUE, "accesses", kms_master_key_id="alias/aws/sqs"),
    "sqs.batching": put("aws_lambda_event_source_mapping", maximum_batching_window_in_seconds=0),
    "sqs.dead-letter-retention": put(QUEUE, "summarizer.aws_sqs_queue.dead_letters", message_retention_seconds=3600),
    "sqs.queue-policy": statement(QUEUE, "EventBridgeSends", "accesses"),
    "sqs.receive-count": put(QUEUE, "accesses", redrive_policy=json.dumps({"maxReceiveCount": 4})),
    "sqs.visibility": put(QUEUE, "accesses", visibility_timeout_seconds=30),
    "ssm.name": put("aws_ssm_parameter", name="/aws-watch/freeze"),
    "ssm.size": put("aws_ssm_parameter", "freeze", value="x" * 4097),
    "tags": put(TOPIC, tags={"team": "security & more"}),
    "trust.conditions": statement(ROLE, "", "summarizer", "assume_role_policy", Condition=ACCOUNT),
}  # fmt: skip
"""Rule → a mistake that it is there to see."""


def _unwrite(raw: Raw, module: str, name: str, argument: str) -> None:
    """An argument is no longer in the configuration, and has the provider's default."""

    def visit(configuration: Raw, address: str) -> None:
        for one in configuration.get("resources", []):
            if module in address and one["name"] == name:
                one["expressions"].pop(argument, None)
        for call, child in configuration.get("module_calls", {}).items():
            visit(child["module"], f"{address}.{call}")

    visit(raw["configuration"]["root_module"], "")


def test_every_rule_has_a_mistake_to_see() -> None:
    assert sorted(MUTATIONS) == sorted(RULES)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_rule_sees_the_mistake(whole: Raw, rule: str) -> None:
    wrong = copy.deepcopy(whole)
    MUTATIONS[rule](wrong)
    assert any(RULES[rule].check(Planned(wrong))), f"{rule} sees nothing"


def test_every_rule_says_where_aws_says_so_and_what_to_do() -> None:
    for rule in RULES.values():
        assert rule.page.startswith(('"', "unproven", "AWS's API models")), rule.id
        assert rule.looks_at, rule.id
        assert rule.cure, rule.id
