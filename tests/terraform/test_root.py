"""Plans of the root module: what a user gets with defaults, with everything on, and with wrong input."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import hcl2
import pytest

from secretwatch.detect.tuning import DEFAULTS, RulesError, parse_rules
from secretwatch.functions.notifier.routes import parse_sinks
from secretwatch.functions.rotator.handler import Settings
from secretwatch.functions.rotator.policy import Policy
from secretwatch.notify.notice import Severity
from secretwatch.record.access import ACTIVITIES
from tests.harness.filter_pattern import compile_pattern
from tests.harness.policies import findings
from tests.harness.terraform import REPOSITORY
from tests.records import record, role, user
from tests.terraform.conftest import Plan, Planner

WEBHOOK = "https://hooks.slack.example/services/T0/B0/this-is-the-secret-part"
EVERYTHING: dict[str, Any] = {
    "name_prefix": "watch",
    "channels": {
        "slack": {"type": "slack"},
        "team": {"type": "teams", "webhook_parameter": "/team/teams-webhook", "secrets": ["team/*"]},
        "pager": {
            "type": "webhook",
            "webhook_parameter": "/pager/url",
            "minimum_severity": "high",
            "signing_key_parameter": "/pager/key",
        },
    },
    "webhook_urls": {"slack": "${var.slack}"},
    "webhook_urls_version": 1,
    "tell_recoveries": True,
    "summaries": {"language": "German", "calls_per_hour": 50, "guardrail_id": "abc123", "guardrail_version": "1"},
    "alert_emails": ["security@example.com"],
    "alert_phone_numbers": ["+4915112345678"],
    "trusted_cidrs": ["198.51.100.0/24", "2001:db8:10::/48"],
    "trusted_vpc_endpoint_ids": ["vpce-0123456789abcdef0"],
    "enable_rotation": True,
    "rotation_targets": {
        "prod/db": {"kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"},
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/api-Ab12Cd": {
            "strategy": "managed",
            "rotation_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:rotate-api",
            "rotation_role_arn": "arn:aws:iam::123456789012:role/rotate-api",
        },
    },
    "rotation_mode": "rotate",
    "rotation_limits": {"cooldown_minutes": 30, "per_hour": 5, "unknown": True},
    "enable_security_hub_findings": True,
    "rotation_exempt_principal_arns": ["arn:aws:iam::123456789012:role/deploy"],
    "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/boundary",
    "log_archive_after_days": 30,
    "log_expiration_days": 400,
    "tags": {"team": "security"},
    "rules": {"many_secrets": {"threshold": 25}, "decoys": ["honey/*"], "batch": {"enabled": False}, "history_days": 7},
}


ROTATION = {"enable_rotation": True, "rotation_targets": {"prod/db": {}}, "trusted_cidrs": ["198.51.100.0/24"]}
KEY = "arn:aws:kms:us-east-1:123456789012:key/mine"
INSTANCES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything": EVERYTHING,
    "rotation": ROTATION,
    "own_key": {"existing": {"kms_key_arn": KEY}, "log_archive_after_days": None, "enable_analytics": False},
    "no_fast_path": {**ROTATION, "enable_fast_path": False},
    "no_complete_path": {**ROTATION, "enable_complete_path": False},
}


@pytest.fixture(scope="module")
def plans(plan: Planner) -> dict[str, Plan]:
    return plan.together(
        INSTANCES,
        variables={"slack": {"ephemeral": True, "sensitive": True}},
        environment={"TF_VAR_slack": WEBHOOK},
    )


@pytest.fixture(scope="module")
def defaults(plans: dict[str, Plan]) -> Plan:
    return plans["defaults"]


@pytest.fixture(scope="module")
def everything(plans: dict[str, Plan]) -> Plan:
    return plans["everything"]


@pytest.fixture(scope="module")
def rotation(plans: dict[str, Plan]) -> Plan:
    return plans["rotation"]


def test_the_trail_records_management_events_of_all_regions(defaults: Plan) -> None:
    trail = defaults.one("aws_cloudtrail")
    assert trail["name"] == "secretwatch-secrets-manager-trail"
    assert trail["is_multi_region_trail"]
    assert trail["enable_log_file_validation"]
    excluded = {s["read_write_type"]: sorted(s["exclude_management_event_sources"]) for s in trail["event_selector"]}
    # Decrypt is a read and comes by the thousand; DisableKey is a write and would blind the whole watch.
    assert excluded == {
        "ReadOnly": ["kms.amazonaws.com", "rdsdata.amazonaws.com"],
        "WriteOnly": ["rdsdata.amazonaws.com"],
    }
    assert all(selector["include_management_events"] for selector in trail["event_selector"])


def test_every_bucket_is_private_encrypted_versioned_and_tls_only(everything: Plan) -> None:
    buckets = len(everything.resources("aws_s3_bucket"))
    assert buckets == 3
    for kind in ("aws_s3_bucket_versioning", "aws_s3_bucket_server_side_encryption_configuration"):
        assert len(everything.resources(kind)) == buckets
    blocks = everything.resources("aws_s3_bucket_public_access_block").values()
    assert [all(value for name, value in block.items() if name.startswith(("block_", "ignore_", "restrict_")))
            for block in blocks] == [True] * buckets  # fmt: skip
    for values in everything.resources("aws_s3_bucket_policy").values():
        (denial,) = [s for s in json.loads(values["policy"])["Statement"] if s["Sid"] == "DenyPlainHttp"]
        assert (denial["Effect"], denial["Action"]) == ("Deny", "s3:*")
        assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_lifecycle_is_as_asked(everything: Plan) -> None:
    lifecycles = everything.resources("aws_s3_bucket_lifecycle_configuration")
    (rule,) = lifecycles["module.logging[0].aws_s3_bucket_lifecycle_configuration.logs[0]"]["rule"]
    assert rule["transition"][0]["days"] == 30
    assert rule["expiration"][0]["days"] == 400


def test_your_own_key_is_used_and_no_lifecycle_means_none(plans: dict[str, Plan]) -> None:
    own = plans["own_key"]
    assert own.resources("aws_kms_key") == {}
    assert own.one("aws_cloudtrail")["kms_key_id"] == KEY
    assert own.resources("aws_s3_bucket_lifecycle_configuration") == {}


def test_the_band_alarm_and_the_static_alarm(defaults: Plan) -> None:
    alarms = defaults.resources("aws_cloudwatch_metric_alarm")
    band = alarms['module.alerting.aws_cloudwatch_metric_alarm.anomaly["SecretAccessed"]']
    assert band["comparison_operator"] == "GreaterThanUpperThreshold"
    assert band["threshold_metric_id"] == "band"
    assert "ANOMALY_DETECTION_BAND(reads, 3)" in {query["expression"] for query in band["metric_query"]}
    static = alarms['module.alerting.aws_cloudwatch_metric_alarm.static["SecretAccessedByRole"]']
    assert (static["comparison_operator"], static["threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
    for alarm in (band, static):
        assert alarm["alarm_actions"] == ["arn:aws:sns:us-east-1:123456789012:secretwatch-alerts"]


def test_what_the_metric_filters_count(everything: Plan) -> None:
    filters = everything.resources("aws_cloudwatch_log_metric_filter")
    patterns = {re.search(r'"(\w+)"', address)[1]: values["pattern"] for address, values in filters.items()}  # type: ignore[index]
    any_read, by_role = (compile_pattern(patterns[name]) for name in ("SecretAccessed", "SecretAccessedByRole"))
    told = {
        "by a user": (record(), True, False),
        "by a role": (record(userIdentity=role()), True, True),
        "in a batch": (record("BatchGetSecretValue", userIdentity=role()), True, True),
        "by a role without issuer": (record(userIdentity={"type": "AssumedRole"}), True, True),
        "by our rotator": (record(userIdentity=role("watch-rotator")), True, False),
        "denied": (record(errorCode="AccessDenied", userIdentity=role()), False, False),
        "another call": (record("ListSecrets", userIdentity=role()), False, False),
        "from another service": (record(eventSource="ssm.amazonaws.com"), False, False),
    }
    found = {name: (any_read(json.dumps(r)), by_role(json.dumps(r))) for name, (r, _, _) in told.items()}
    assert found == {name: (read, role_read) for name, (_, read, role_read) in told.items()}
    for values in filters.values():
        assert values["metric_transformation"][0]["default_value"] == "0"


def test_the_subscriptions_pass_what_their_functions_watch(everything: Plan) -> None:
    filters = everything.resources("aws_cloudwatch_log_subscription_filter")
    matches = {values["name"]: compile_pattern(values["filter_pattern"]) for values in filters.values()}
    assert matches.keys() == {"watch-summarizer", "watch-rotator"}
    denied, listing = record(errorCode="AccessDenied"), record("ListSecrets", userIdentity=user())
    for read in (record(), record("BatchGetSecretValue")):
        assert all(match(json.dumps(read)) for match in matches.values())
    for other in (denied, listing):
        assert matches["watch-summarizer"](json.dumps(other))
        assert not matches["watch-rotator"](json.dumps(other))


def test_the_fast_path_sees_reads_and_only_what_aws_itself_sends(everything: Plan) -> None:
    rules = everything.resources("aws_cloudwatch_event_rule")
    assert {rule["name"] for rule in rules.values()} == {"watch-summarizer", "watch-rotator"}
    for rule in rules.values():
        # Reads are read-only management events: a rule that is merely ENABLED does not see them.
        assert rule["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        pattern = json.loads(rule["event_pattern"])
        assert pattern["source"] == ["aws.secretsmanager"]
        assert "AWS API Call via CloudTrail" in pattern["detail-type"]
    passed = {rule["name"]: set(json.loads(rule["event_pattern"])["detail"]["eventName"]) for rule in rules.values()}
    ends = {"RotationSucceeded", "RotationFailed", "RotationAbandoned"}
    reads = {"GetSecretValue", "BatchGetSecretValue"}
    assert passed == {"watch-summarizer": set(ACTIVITIES), "watch-rotator": reads | ends}


def test_the_queue_gathers_hands_back_and_parks(everything: Plan) -> None:
    mapping = everything.one("aws_lambda_event_source_mapping")
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert mapping["maximum_batching_window_in_seconds"] == 15
    (queue,) = [q for q in everything.resources("aws_sqs_queue").values() if q["name"] == "watch-accesses"]
    assert json.loads(queue["redrive_policy"])["deadLetterTargetArn"].endswith(":watch-summarizer-dead-letters")
    timeouts = everything.resources("aws_lambda_function")[
        "module.summarization.module.summarizer.aws_lambda_function.function"
    ]
    assert queue["visibility_timeout_seconds"] == 6 * timeouts["timeout"]
    (sender,) = json.loads(queue["policy"])["Statement"]
    assert sender["Principal"] == {"Service": "events.amazonaws.com"}
    assert sender["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(":rule/watch-summarizer")


PATHS = [
    ("no_fast_path", "aws_cloudwatch_event_rule"),
    ("no_complete_path", "aws_cloudwatch_log_subscription_filter"),
]


@pytest.mark.parametrize(("instance", "kind"), PATHS, ids=["fast", "complete"])
def test_a_path_that_is_off_leaves_nothing_behind(plans: dict[str, Plan], instance: str, kind: str) -> None:
    assert len(plans[instance].resources("aws_lambda_function")) == 2
    assert plans[instance].resources(kind) == {}


def test_rules_reach_the_summarizer_and_are_what_it_understands(everything: Plan) -> None:
    function = everything.resources("aws_lambda_function")[
        "module.summarization.module.summarizer.aws_lambda_function.function"
    ]
    rules = parse_rules(function["environment"][0]["variables"]["RULES"])
    assert rules.signals["many_secrets"].threshold == 25
    assert rules.decoys == ("honey/*",)


def test_plan_and_function_know_the_same_signals() -> None:
    with (REPOSITORY / "locals.tf").open() as file:
        (local,) = hcl2.load(file)["locals"]
    assert [name.strip('"') for name in local["signals"]] == list(DEFAULTS)
    counting = {name for name, rule in DEFAULTS.items() if rule.threshold}
    assert {name.strip('"') for name in local["counting_signals"]} == counting


def test_no_function_policy_has_a_wildcard_resource(everything: Plan) -> None:
    policies = everything.policies()
    assert len(policies) == 7  # three functions with two policies known at plan each, and the delivery role
    for address, statements in policies.items():
        for statement in statements:
            resources = statement["Resource"]
            assert "*" not in ([resources] if isinstance(resources, str) else resources), address
            assert "*" not in statement["Action"], address


def test_the_rotator_may_touch_its_targets_only(everything: Plan) -> None:
    (statements,) = everything.policies("module.rotator.aws_iam_role_policy.function").values()
    by_sid = {statement["Sid"]: statement for statement in statements}
    assert by_sid["GenerateValues"]["Resource"] == "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-??????"
    assert by_sid["StartRotations"]["Resource"] == EVERYTHING_MANAGED
    assert by_sid["InvokeRotationFunctions"]["Resource"].endswith(":function:rotate-api")
    assert by_sid["UseSecretsKeys"]["Resource"] == "arn:aws:kms:us-east-1:123456789012:key/1"


EVERYTHING_MANAGED = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/api-Ab12Cd"


def test_a_strategy_that_is_not_used_gives_no_permission(rotation: Plan) -> None:
    (statements,) = rotation.policies("module.rotator.aws_iam_role_policy.function").values()
    sids = {statement["Sid"] for statement in statements}
    assert sids == {"DescribeTargets", "GenerateValues", "ClaimRotations", "PublishNotices", "LookForFreeze"}


def test_rotation_begins_as_a_dry_run_and_its_settings_reach_the_rotator(rotation: Plan, everything: Plan) -> None:
    address = "module.rotation[0].module.rotator.aws_lambda_function.function"
    first, set_up = (
        Settings.read(plan.resources("aws_lambda_function")[address]["environment"][0]["variables"])
        for plan in (rotation, everything)
    )
    assert replace(first.policy, exempt=frozenset()) == Policy(dry_run=True)
    assert replace(set_up.policy, exempt=frozenset()) == Policy(
        dry_run=False, cooldown_minutes=30, rotations_per_hour=5, rotate_unknown=True
    )
    assert set_up.security_hub
    exempt = {role for target in set_up.targets for role in target.exempt}
    assert exempt == {"arn:aws:iam::123456789012:role/rotate-api"}
    assert everything.resources("aws_ssm_parameter")["module.rotation[0].aws_ssm_parameter.freeze"]["value"] == "off"


def test_the_rotator_exempts_itself_first(everything: Plan) -> None:
    function = everything.resources("aws_lambda_function")[
        "module.rotation[0].module.rotator.aws_lambda_function.function"
    ]
    exempt = json.loads(function["environment"][0]["variables"]["EXEMPT_PRINCIPALS"])
    assert exempt == ["arn:aws:iam::123456789012:role/watch-rotator", "arn:aws:iam::123456789012:role/deploy"]


def test_rotation_is_off_by_default(defaults: Plan) -> None:
    assert not any("rotation" in address for address in defaults.resources("aws_lambda_function"))


def test_no_webhook_is_in_the_plan(everything: Plan) -> None:
    assert "this-is-the-secret-part" not in everything.text
    notifier = everything.resources("aws_lambda_function")[
        "module.alerting.module.notifier[0].aws_lambda_function.function"
    ]
    channels = json.loads(notifier["environment"][0]["variables"]["CHANNELS"])
    assert {name: channel["webhook_parameter"] for name, channel in channels.items()} == {
        "slack": "/watch/webhooks/slack",
        "team": "/team/teams-webhook",
        "pager": "/pager/url",
    }
    assert parse_sinks(channels)[0].minimum is Severity.HIGH
    (statements,) = everything.policies("module.notifier[0].aws_iam_role_policy.function").values()
    (read,) = [s["Resource"] for s in statements if s["Sid"] == "ReadWebhooks"]
    start = "arn:aws:ssm:us-east-1:123456789012:parameter"
    assert sorted(read) == [
        f"{start}/{p}" for p in ("pager/key", "pager/url", "team/teams-webhook", "watch/webhooks/slack")
    ]


def test_phones_and_inboxes_get_what_matters(everything: Plan) -> None:
    wanted = {"severity": [{"exists": False}, "high", "critical"]}
    subscriptions = everything.resources("aws_sns_topic_subscription")
    for address, values in subscriptions.items():
        if ".email[" in address or ".sms[" in address:
            assert json.loads(values["filter_policy"]) == wanted
    assert sorted(values["protocol"] for values in subscriptions.values()) == ["email", "email", "lambda", "sms"]


VISIBLE = "ApproximateNumberOfMessagesVisible"


def test_every_role_has_the_boundary_and_every_function_its_queue_and_alarm(everything: Plan) -> None:
    roles = everything.resources("aws_iam_role").values()
    assert {values["permissions_boundary"] for values in roles} == {"arn:aws:iam::123456789012:policy/boundary"}
    functions = {values["function_name"] for values in everything.resources("aws_lambda_function").values()}
    assert functions == {"watch-notifier", "watch-summarizer", "watch-rotator"}
    assert {values["name"] for values in everything.resources("aws_sqs_queue").values()} == {
        "watch-accesses",
        *(f"{f}-dead-letters" for f in functions),
    }
    alarms = everything.resources("aws_cloudwatch_metric_alarm").values()
    watched = {a["dimensions"]["QueueName"]: a["alarm_actions"] for a in alarms if a["metric_name"] == VISIBLE}
    assert watched == {f"{f}-dead-letters": ["arn:aws:sns:us-east-1:123456789012:watch-operations"] for f in functions}


def test_every_role_is_assumed_for_this_account_only(everything: Plan) -> None:
    roles = everything.resources("aws_iam_role")
    assert len(roles) == 4
    for address, values in roles.items():
        for statement in json.loads(values["assume_role_policy"])["Statement"]:
            keys = {key for test in statement["Condition"].values() for key in test}
            assert keys & {"aws:SourceAccount", "aws:SourceArn"}, address


def test_log_groups_forget_and_stores_are_encrypted(everything: Plan) -> None:
    assert {values["retention_in_days"] for values in everything.resources("aws_cloudwatch_log_group").values()} == {90}
    table = everything.resources("aws_dynamodb_table")["module.audit.aws_dynamodb_table.audit"]
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    assert table["ttl"] == [{"attribute_name": "expires_at", "enabled": True}]
    assert table["point_in_time_recovery"][0]["enabled"]
    assert table["server_side_encryption"][0]["enabled"]
    assert {index["name"] for index in table["global_secondary_index"]} == {"by_secret", "by_principal", "by_day"}


def test_bedrock_may_be_asked_for_the_one_model_only(defaults: Plan) -> None:
    (statements,) = defaults.policies("module.summarizer.aws_iam_role_policy.function").values()
    (ask,) = [statement for statement in statements if statement["Sid"] == "AskModel"]
    assert ask["Action"] == "bedrock:InvokeModel"
    assert all("claude-haiku-4-5" in arn for arn in ask["Resource"])


def test_the_model_is_asked_as_set(everything: Plan) -> None:
    function = everything.resources("aws_lambda_function")[
        "module.summarization.module.summarizer.aws_lambda_function.function"
    ]
    variables = function["environment"][0]["variables"]
    assert (variables["SUMMARY_LANGUAGE"], variables["MODEL_CALLS_PER_HOUR"]) == ("German", "50")
    (statements,) = everything.policies("module.summarizer.aws_iam_role_policy.function").values()
    (guard,) = [statement for statement in statements if statement["Sid"] == "ApplyGuardrail"]
    assert guard["Resource"] == "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123"


def test_recoveries_are_told_only_if_asked(defaults: Plan, everything: Plan) -> None:
    for planned, actions in ((defaults, None), (everything, ["arn:aws:sns:us-east-1:123456789012:watch-alerts"])):
        for alarm in planned.resources("aws_cloudwatch_metric_alarm").values():
            if alarm["alarm_actions"] == ["arn:aws:sns:us-east-1:123456789012:watch-alerts"] or actions is None:
                assert (alarm["ok_actions"] or None) == (alarm["insufficient_data_actions"] or None) == actions


# Terraform reports all wrong variables of one plan, except those whose rule refers to a wrong one.
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "channels": (
        {
            "channels": {
                "a b": {
                    "type": "pager",
                    "webhook_parameter": "https://hooks.slack.example/x",
                    "minimum_severity": "loud",
                },
                "c": {"type": "slack", "signing_key_parameter": "/k"},
            },
            "webhook_urls": {"x": "http://plain.example"},
            "summaries": {"language": "en<b>", "calls_per_hour": 0, "guardrail_id": "!", "guardrail_version": "x"},
        },
        [
            "must be names of SSM parameters",
            "Names of channels must be 1 to 40 letters",
            "type of a channel must be slack, teams or webhook",
            "minimum_severity of a channel must be info",
            "signing_key_parameter is for channels of type webhook",
            "needs its URL in webhook_urls",
            "must be a language's English name",
            "calls_per_hour must be a whole number",
            "guardrail_id must be the id or the ARN",
            "guardrail_version must be a number or DRAFT",
        ],
    ),
    "urls": (
        {"channels": {"a": {"type": "slack"}}, "webhook_urls": {"b": "http://x.example"}, "webhook_urls_version": 1},
        ["webhook_urls must start with https://", "webhook_urls must have the URL of every channel"],
    ),
    "values": (
        {
            "name_prefix": "A-name-that-is-too-long-for-aws",
            "trusted_cidrs": ["198.51.100.7/24"],
            "trusted_vpc_endpoint_ids": ["endpoint"],
            "log_retention_in_days": 42,
            "audit_retention_days": 0,
            "summaries": {"langauge": "English"},
            "monitoring": {"hartbeat": 1},
            "rotation_mode": "maybe",
            "rotation_limits": {"cooldown": 1},
            "alert_emails": ["security"],
            "alert_phone_numbers": ["0151"],
            "bedrock_model_id": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "permissions_boundary_arn": "boundary",
            "rotation_exempt_principal_arns": ["arn:aws:sts::123456789012:assumed-role/deploy/s1"],
            "existing": {"kms_key_arn": "alias/mine", "trail_bucket_name": "b", "bucket": "x"},
            "iam_path": "security",
        },
        [
            "name_prefix must be 2 to 20 lower-case letters",
            "write 203.0.113.0/24, not 203.0.113.7/24",
            "must be ids of VPC endpoints",
            "must be a number that CloudWatch Logs knows: 1, 3, 5",
            "audit_retention_days must be from 1 to 3650",
            "summaries is an object with any of language",
            "monitoring is an object with any of working_hours",
            "rotation_mode must be dry_run or rotate",
            "rotation_limits is an object with any of",
            "alert_emails must be email addresses",
            "must be in E.164 form",
            "belongs into bedrock_inference_profile_id",
            "must be the ARN of an IAM policy",
            "for an assumed role write the role's ARN",
            "kms_key_arn of existing must be the ARN of a key",
            "trail_bucket_name of existing goes with log_group_name",
            "existing is an object with any of",
            "iam_path must begin and end with a slash",
        ],
    ),
    "combinations": (
        {
            "enable_rotation": True,
            "enable_fast_path": False,
            "enable_complete_path": False,
            "log_archive_after_days": 90,
            "log_expiration_days": 30,
            "bedrock_inference_profile_id": "us.amazon.nova-micro-v1:0",
        },
        [
            "enable_rotation needs rotation_targets",
            "enable_complete_path and enable_fast_path cannot both be false",
            "log_expiration_days must be greater than log_archive_after_days",
            "without a trusted network no read can be told to be untrusted",
            "must be a profile of bedrock_model_id",
        ],
    ),
    "targets": (
        {
            "enable_rotation": True,
            "trusted_cidrs": ["198.51.100.0/24"],
            "rotation_targets": {
                "prod/*": {"strategy": "magic", "password_length": 4, "character_classes": ["runes"]},
                "x": {"strategy": "managed"},
            },
            "rotation_limits": {"per_hour": 0, "cooldown_minutes": 0.5},
        },
        [
            "strategy of a rotation target must be generate, managed or notify_only",
            "needs rotation_role_arn",
            "character_classes of a rotation target must be some of",
            "per_hour of rotations must be a whole number",
            "cooldown_minutes of rotations must be a whole number",
            "password_length of a rotation target must be from 8 to 4096",
            "no wildcard",
            "needs rotation_function_arn",
        ],
    ),
    "rules": (
        {
            "trusted_cidrs": ["office"],
            "rules": {"first_raeder": {}},
        },
        ["trusted_cidrs must be networks in CIDR notation", "neither a signal nor a setting"],
    ),
}

WRONG_RULES: list[tuple[Any, str]] = [
    ("loud", "rules must be an object"),
    ({"root": {"threshold": 5}}, "A signal in rules is an object with enabled and severity"),
    ({"root": False}, "A signal in rules is an object with enabled and severity"),
    ({"root": {"severity": "urgent"}}, "severity of a signal in rules must be info"),
    ({"many_secrets": {"threshold": 0}}, "threshold a whole number from 1 to 1000"),
    ({"many_secrets": {"window_minutes": "soon"}}, "window_minutes a whole number from 1 to 1440"),
    ({"root": {"enabled": "perhaps"}}, "enabled must be true or false"),
    ({"history_days": 0}, "history_days of rules must be from 1 to 365"),
    ({"quiet_minutes": "long"}, "quiet_minutes from 0 to 1440"),
    ({"decoys": "honey"}, "must be lists of patterns"),
    ({"automation": ["*"]}, "match less than everything"),
]


@pytest.fixture(scope="module")
def refused(plan: Planner) -> dict[str, str]:
    """All in one run, each in an instance of the module of its own."""
    rules = {f"rules_{number}": {"rules": rules} for number, (rules, _) in enumerate(WRONG_RULES)}
    return plan.refusals({name: arguments for name, (arguments, _) in WRONG.items()} | rules)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_at_plan_with_what_to_write(refused: dict[str, str], name: str) -> None:
    _, said = WRONG[name]
    assert [part for part in said if part not in refused[name]] == []


@pytest.mark.parametrize("rules", [rules for rules, _ in WRONG_RULES], ids=[said for _, said in WRONG_RULES])
def test_wrong_rules_are_refused_at_cold_start(rules: Any) -> None:
    with pytest.raises(RulesError):
        parse_rules(json.dumps(rules))


@pytest.mark.parametrize("number", range(len(WRONG_RULES)), ids=[said for _, said in WRONG_RULES])
def test_wrong_rules_are_refused_at_plan(refused: dict[str, str], number: int) -> None:
    output = refused[f"rules_{number}"]
    assert WRONG_RULES[number][1] in output
    assert output.count("Invalid value for variable") == 1


def test_a_policy_linter_finds_nothing_in_the_functions_policies(everything: Plan) -> None:
    found = {address: findings(statements) for address, statements in everything.policies().items()}
    # A model behind a global inference profile has an ARN without a region, which the linter does not know.
    said = [f"{address}: {text}" for address, texts in found.items() for text in texts]
    assert [text for text in said if "bedrock:InvokeModel" not in text] == []


def test_the_linter_finds_a_wrong_action() -> None:
    wrong = {"Effect": "Allow", "Action": ["s3:PutObjct"], "Resource": "arn:aws:s3:::x/y"}
    assert any("UNKNOWN_ACTION" in said for said in findings([wrong]))
