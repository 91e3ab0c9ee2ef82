"""Plans of the root module: what a user gets with defaults, with everything on, and with wrong input."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import parse_rules
from secretwatch.functions.digest.settings import DigestSettings
from secretwatch.functions.notifier.settings import NotifierSettings
from secretwatch.functions.rotator.policy import Policy
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.record.ranges import PUBLISHERS, published_key
from secretwatch.runtime.data import read_data
from secretwatch.runtime.settings import Document, Environment
from tests import documents
from tests.harness.filter_pattern import compile_pattern
from tests.harness.policies import findings
from tests.records import record, role, user
from tests.terraform.conftest import Plan, Planner
from tests.terraform.packaged import environment, settings
from tools.verify.names import FUNCTIONS, Names

WEBHOOK = "https://hooks.slack.example/services/T0/B0/this-is-the-secret-part"
EVERYTHING: dict[str, Any] = {
    "name_prefix": "watch",
    "channels": {
        "slack": {"type": "slack", "minimum_severity": "info"},
        "team": {"type": "teams", "minimum_severity": "info", "webhook_parameter": "/team/teams-webhook"},
        "pager": {"type": "webhook", "minimum_severity": "high", "webhook_parameter": "/pager/url"},
    },
    "channel_secrets": {"team": ["team/*"]},
    "signing_key_parameters": {"pager": "/pager/key"},
    "webhook_urls": {"slack": "${var.slack}"},
    "webhook_url_versions": {"slack": 1},
    "notify_recoveries": True,
    "summary_language": "German",
    "model_calls_per_hour": 50,
    "guardrail_id": "abc123",
    "guardrail_version": "1",
    "expected_readers": {"payments/*": ["arn:*:iam::*:role/payments-*"]},
    "expectations": [
        {"actor": "arn:*:iam::*:role/migration", "secret": "prod/*", "until": "2999-01-31", "why": "a migration"},
    ],
    "alert_emails": ["security@example.com"],
    "alert_phone_numbers": ["+4915112345678"],
    "digest_emails": ["security@example.com", "manager@example.com"],
    "digest_at": "06:05",
    "trusted_cidrs": ["198.51.100.0/24", "2001:db8:10::/48"],
    "trusted_vpc_endpoint_ids": ["vpce-0123456789abcdef0"],
    "network_names": {"203.0.113.0/24": "office", "2001:db8::/32": "office"},
    "enable_rotation": True,
    "rotation_targets": {
        "prod/db": {
            "strategy": "generate",
            "json_keys": ["password"],
            "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1",
        },
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/api-Ab12Cd": {
            "strategy": "managed",
            "rotation_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:rotate-api",
            "rotation_role_arn": "arn:aws:iam::123456789012:role/rotate-api",
        },
    },
    "rotation_mode": "rotate",
    "rotation_cooldown_minutes": 30,
    "rotations_per_hour": 5,
    "rotate_unknown": True,
    "enable_security_hub_findings": True,
    "rotation_exempt_principal_arns": ["arn:aws:iam::123456789012:role/deploy"],
    "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/boundary",
    "log_archive_after_days": 30,
    "log_expiration_days": 400,
    "tags": {"team": "security"},
    "signal_overrides": {"many_secrets": {"threshold": 25}, "batch": {"enabled": False}},
    "decoys": ["honey/*"],
    "history_days": 7,
}
ROTATION: dict[str, Any] = {
    "enable_rotation": True,
    "rotation_targets": {"prod/db": {"strategy": "generate", "json_keys": ["password"]}},
    "trusted_cidrs": ["198.51.100.0/24"],
}


KEY = "arn:aws:kms:us-east-1:123456789012:key/mine"
INSTANCES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything": EVERYTHING,
    "rotation": ROTATION,
    "own_key": {
        "create_kms_key": False,
        "kms_key_arn": KEY,
        "log_archive_after_days": None,
        "enable_analytics": False,
        "enable_digest": False,
        "expectations": [{"actor": "*", "secret": "prod/db", "until": "2020-01-31", "why": "a migration"}],
    },
    "no_fast_path": {**ROTATION, "enable_fast_path": False, "refresh_published_ranges": False},
    "no_complete_path": {**ROTATION, "enable_complete_path": False, "refresh_published_ranges": False},
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
    # Decrypt is a read and comes by the thousand; DisableKey is a write and would blind the whole watch.
    taken = [
        {field["field"]: field["equals"] or [f"not {one}" for one in field["not_equals"]] for field in fields}
        for fields in (selector["field_selector"] for selector in trail["advanced_event_selector"])
    ]
    assert taken == [
        {"eventCategory": ["Management"], "readOnly": ["true"], "eventSource": ["not kms.amazonaws.com"]},
        {"eventCategory": ["Management"], "readOnly": ["false"]},
    ]


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
    assert band["alarm_actions"] == ["arn:aws:sns:us-east-1:123456789012:secretwatch-alerts-minor"]
    assert (static["actions_enabled"], static["alarm_actions"] or None) == (False, None), "stories tell it"


def test_alarms_notify_of_what_stories_do_not_tell(plans: dict[str, Plan]) -> None:
    def notifying(planned: Plan) -> set[str]:
        found = re.compile(r'module.alerting.aws_cloudwatch_metric_alarm.(?:static|anomaly)\["(.+)"\]').fullmatch
        alarms = planned.resources("aws_cloudwatch_metric_alarm").items()
        return {named[1] for address, alarm in alarms if (named := found(address)) and alarm["actions_enabled"]}

    assert notifying(plans["defaults"]) == {"SecretAccessed", "TrailTampering"}
    # Other regions' calls come by the complete path only: without it there is no story of them.
    assert notifying(plans["no_complete_path"]) >= {"RootRead", "SecretTampering", "DeniedReads"}


def test_what_the_metric_filters_count(everything: Plan) -> None:
    filters = everything.resources("aws_cloudwatch_log_metric_filter")
    patterns = {
        address.split('"')[1]: values["pattern"] for address, values in filters.items() if ".detection[" in address
    }
    any_read, by_role = (compile_pattern(patterns[name]) for name in ("SecretAccessed", "SecretAccessedByRole"))
    cases = {
        "by a user": (record(), True, False),
        "by a role": (record(userIdentity=role()), True, True),
        "in a batch": (record("BatchGetSecretValue", userIdentity=role()), True, True),
        "by a role without issuer": (record(userIdentity={"type": "AssumedRole"}), True, True),
        "by our rotator": (record(userIdentity=role("watch-rotator")), True, False),
        "denied": (record(errorCode="AccessDenied", userIdentity=role()), False, False),
        "another call": (record("ListSecrets", userIdentity=role()), False, False),
        "from another service": (record(eventSource="ssm.amazonaws.com"), False, False),
    }
    found = {name: (any_read(json.dumps(r)), by_role(json.dumps(r))) for name, (r, _, _) in cases.items()}
    assert found == {name: (read, role_read) for name, (_, read, role_read) in cases.items()}
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
    all_rules = everything.resources("aws_cloudwatch_event_rule")
    rules = {address: rule for address, rule in all_rules.items() if not rule["schedule_expression"]}
    assert {rule["name"] for rule in rules.values()} == {"watch-summarizer", "watch-rotator"}
    schedules = {r["name"]: r["schedule_expression"] for address, r in all_rules.items() if address not in rules}
    assert schedules == {
        "watch-canary": "rate(60 minutes)",
        "watch-digest": "cron(5 6 * * ? *)",
        "watch-ranges": "rate(1 day)",
        "watch-rotator-due": "rate(1 minute)",
    }
    for rule in rules.values():
        # Reads are read-only management events: a rule that is merely ENABLED does not see them.
        assert rule["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        pattern = json.loads(rule["event_pattern"])
        assert pattern["source"] == ["aws.secretsmanager"]
        assert "AWS API Call via CloudTrail" in pattern["detail-type"]
    passed = {rule["name"]: set(json.loads(rule["event_pattern"])["detail"]["eventName"]) for rule in rules.values()}
    assert passed["watch-summarizer"] == set(read_data("record/event_names.json"))
    ends = {"RotationSucceeded", "RotationFailed", "RotationAbandoned"}
    assert passed["watch-rotator"] == {"GetSecretValue", "BatchGetSecretValue", "RotationStarted"} | ends


def test_make_verify_knows_every_alarm_queue_function_and_bucket_by_its_name(everything: Plan) -> None:
    names = Names("watch", "aws", "us-east-1", "123456789012")
    planned = {
        kind: {values[name] for values in everything.resources(kind).values()}
        for kind, name in (
            ("aws_cloudwatch_metric_alarm", "alarm_name"),
            ("aws_cloudwatch_composite_alarm", "alarm_name"),
            ("aws_sqs_queue", "name"),
            ("aws_lambda_function", "function_name"),
            ("aws_s3_bucket", "bucket"),
        )
    }
    alarms = planned["aws_cloudwatch_metric_alarm"] | planned["aws_cloudwatch_composite_alarm"]
    assert [alarm for alarm in alarms if not names.has_alarm(alarm)] == []
    assert planned["aws_lambda_function"] - {names.function(part) for part in FUNCTIONS} == set()
    channels = [names.channel_queue(channel) for channel in filter(None, map(names.channel_of, alarms))]
    assert sorted(channels) == [f"watch-channel-{channel}" for channel in ("pager", "slack", "team")]
    of_channels = {*channels, *(f"{queue}-dead-letters" for queue in channels)}
    assert planned["aws_sqs_queue"] - {names.queue, *map(names.dead_letters, FUNCTIONS)} == of_channels
    assert planned["aws_s3_bucket"] == {names.bucket(what) for what in ("cloudtrail", "summaries", "athena")}
    functions = [part for part in FUNCTIONS if names.function(part) in planned["aws_lambda_function"]]
    assert {alarm for part in functions for alarm in names.standing_alarms(part)} <= alarms


def test_the_queue_gathers_hands_back_and_has_a_dead_letter_queue(everything: Plan) -> None:
    mapping = everything.resources("aws_lambda_event_source_mapping")[
        "module.summarization.aws_lambda_event_source_mapping.accesses[0]"
    ]
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert mapping["maximum_batching_window_in_seconds"] == 15
    (queue,) = [q for q in everything.resources("aws_sqs_queue").values() if q["name"] == "watch-accesses"]
    assert json.loads(queue["redrive_policy"])["deadLetterTargetArn"].split(":")[-1] in dead_letter_queues(everything)
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
    assert len(plans[instance].resources("aws_lambda_function")) == 4
    left = plans[instance].resources(kind)
    assert [address for address in left if not address.endswith(".schedule[0]")] == []


def test_published_ranges_are_fetched_each_day_into_one_place_of_the_bucket(everything: Plan) -> None:
    (rule,) = [r for r in everything.resources("aws_cloudwatch_event_rule").values() if r["name"] == "watch-ranges"]
    assert rule["schedule_expression"] == "rate(1 day)"
    (statements,) = [found for address, found in everything.policies(".function").items() if ".ranges[0]." in address]
    (keep,) = statements
    assert keep["Action"] == ["s3:PutObject", "s3:GetObject"]
    assert keep["Resource"].endswith("-us-east-1/ranges/*")
    assert all(published_key(publisher).startswith("ranges/") for publisher in PUBLISHERS)


def test_without_the_refresh_nothing_of_it_is_left(plans: dict[str, Plan]) -> None:
    off = plans["no_fast_path"]
    left = {rule["name"] for rule in off.resources("aws_cloudwatch_event_rule").values()}
    assert left == {"secretwatch-digest", "secretwatch-canary", "secretwatch-rotator-due"}
    assert not summarizer(off, "secretwatch").refreshed
    assert "ReadRanges" not in {s["Sid"] for found in off.policies(".function").values() for s in found}


def test_names_of_networks_reach_the_summarizer(everything: Plan) -> None:
    trust = summarizer(everything).trust
    assert trust.origin("203.0.113.7").place == "office"
    assert summarizer(everything).refreshed


def summarizer(plan: Plan, prefix: str = "watch") -> SummarizerSettings:
    given = Environment(environment(plan, f"{prefix}-summarizer"))
    return SummarizerSettings.read(given, Document(settings(plan, "module.summarizer")))


def test_the_tuning_reaches_the_summarizer_and_is_what_the_backtest_takes(everything: Plan) -> None:
    tuning = summarizer(everything).tuning
    assert tuning.signals["many_secrets"].threshold == 25
    assert not tuning.signals["batch"].enabled
    assert (tuning.decoys, tuning.history_days) == (("honey/*",), 7)
    assert parse_rules(json.dumps(settings(everything, "module.summarizer")["rules"])) == replace(
        tuning, canary_secret=None, own_principals=frozenset()
    )


def test_what_is_announced_reaches_the_summarizer_and_the_plan_warns_of_what_is_over(plans: dict[str, Plan]) -> None:
    (lasting,) = summarizer(plans["everything"]).tuning.expectations
    assert (lasting.actor, lasting.secret, lasting.end) == ("arn:*:iam::*:role/migration", "prod/*", "2999-01-31")
    (over,) = summarizer(plans["own_key"], "secretwatch").tuning.expectations
    assert over.end == "2020-01-31"
    said = {
        check["address"]["to_display"].split(".")[1]: [
            problem["message"] for instance in check.get("instances", ()) for problem in instance.get("problems", ())
        ]
        for check in plans["everything"].raw["checks"]
        if check["address"]["to_display"].endswith("check.expectations_last")
    }
    assert said["everything"] == []
    (warning,) = said["own_key"]
    assert "* on prod/db until 2020-01-31 is over and does nothing any more" in warning


def test_the_summarizer_knows_the_canary_by_names_that_the_plan_knows(everything: Plan) -> None:
    set_up = summarizer(everything)
    assert set_up.canary is not None
    role = everything.resources("aws_iam_role")["module.canary[0].module.canary.aws_iam_role.function"]
    assert set_up.canary.principal == f"arn:aws:iam::123456789012:role{role['path']}{role['name']}"
    secret = everything.one("aws_secretsmanager_secret")["name"]
    assert set_up.canary.secret.requested == f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{secret}"
    assert set_up.tuning.canary_secret == set_up.canary.secret
    assert set_up.metric_namespace == "SecretWatch/watch"


def test_no_function_policy_has_a_wildcard_resource(everything: Plan) -> None:
    policies = everything.policies()
    assert len(policies) == 13  # six functions with two policies known at plan each, and the delivery role
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
    assert sids == {"GenerateValues", "ClaimRotations", "DoWhatIsDue", "PublishNotices", "LookForFreeze"}


def rotator(plan: Plan, prefix: str) -> RotatorSettings:
    given = Environment(environment(plan, f"{prefix}-rotator"))
    return RotatorSettings.read(given, Document(settings(plan, "module.rotator")))


def test_rotation_begins_as_a_dry_run_and_its_settings_reach_the_rotator(rotation: Plan, everything: Plan) -> None:
    first, set_up = rotator(rotation, "secretwatch"), rotator(everything, "watch")
    assert replace(first.policy, exempt=frozenset()) == Policy(frozenset(), dry_run=True, rotate_unknown=False)
    assert replace(set_up.policy, exempt=frozenset()) == Policy(frozenset(), dry_run=False, rotate_unknown=True)
    assert (set_up.cooldown_minutes, set_up.rotations_per_hour, set_up.security_hub) == (30, 5, True)
    exempt = {role for target in set_up.targets for role in target.exempt}
    assert exempt == {"arn:aws:iam::123456789012:role/rotate-api"}
    assert everything.resources("aws_ssm_parameter")["module.rotation[0].aws_ssm_parameter.freeze"]["value"] == "off"


def test_the_rotator_exempts_itself(everything: Plan) -> None:
    own, named = "arn:aws:iam::123456789012:role/watch-rotator", "arn:aws:iam::123456789012:role/deploy"
    assert rotator(everything, "watch").policy.exempt == {own, named}
    assert summarizer(everything).tuning.own_principals == {own}


def test_rotation_is_off_by_default(defaults: Plan) -> None:
    assert not any("rotation" in address for address in defaults.resources("aws_lambda_function"))


def test_each_channel_has_a_queue_that_holds_for_days_and_is_read_at_a_pace(everything: Plan) -> None:
    topics = [f"arn:aws:sns:us-east-1:123456789012:watch-{name}" for name in ("alerts", "alerts-minor")]
    subscriptions = [
        (values["endpoint"].rsplit(":", 1)[-1], values["topic_arn"], values.get("filter_policy"))
        for values in everything.resources("aws_sns_topic_subscription").values()
        if values["protocol"] == "sqs"
    ]
    queues = {values["name"]: values for values in everything.resources("aws_sqs_queue").values()}
    for name in ("watch-channel-slack", "watch-channel-team", "watch-channel-pager"):
        queue = queues[name]
        redrive = json.loads(queue["redrive_policy"])
        assert redrive["deadLetterTargetArn"].endswith(f":{name}-dead-letters")
        assert redrive["maxReceiveCount"] * queue["visibility_timeout_seconds"] == 48 * 3600
        assert queue["message_retention_seconds"] == 14 * 86400
        assert sorted(entry for entry in subscriptions if entry[0] == name) == [(name, topic, None) for topic in topics]
        for policy in (queue["policy"], queues[f"{name}-dead-letters"]["policy"]):
            (statement,) = json.loads(policy)["Statement"]
            assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topics}}
    mappings = everything.resources("aws_lambda_event_source_mapping")
    for channel in ("slack", "team", "pager"):
        mapping = mappings[f'module.alerting.aws_lambda_event_source_mapping.channel["{channel}"]']
        assert mapping["scaling_config"] == [{"maximum_concurrency": 2}]
        assert mapping["function_response_types"] == ["ReportBatchItemFailures"]


def test_no_webhook_is_in_the_plan(everything: Plan) -> None:
    assert "this-is-the-secret-part" not in everything.text
    # Its environment is hidden until the key is made, whose ARN is in it.
    given = documents.environment("notifier")
    routes = NotifierSettings.read(given, Document(settings(everything, "module.notifier"))).routes
    assert {route.name: (route.parameter, route.secrets, route.signing_key_parameter) for route in routes} == {
        "slack": ("/watch/webhooks/slack", (), None),
        "team": ("/team/teams-webhook", ("team/*",), None),
        "pager": ("/pager/url", (), "/pager/key"),
    }
    assert {route.name for route in routes if route.minimum is Severity.HIGH} == {"pager"}
    assert {route.name for route in routes if route.digest} == {"slack", "team"}, "a pager is not woken by it"
    (statements,) = everything.policies("module.notifier[0].aws_iam_role_policy.function").values()
    (read,) = [s["Resource"] for s in statements if s["Sid"] == "ReadWebhooks"]
    start = "arn:aws:ssm:us-east-1:123456789012:parameter"
    assert sorted(read) == [
        f"{start}/{p}" for p in ("pager/key", "pager/url", "team/teams-webhook", "watch/webhooks/slack")
    ]


def test_phones_and_inboxes_get_what_matters(everything: Plan) -> None:
    wanted = {"severity": ["high", "critical"]}
    subscriptions = everything.resources("aws_sns_topic_subscription")
    policies = {
        values["endpoint"]: json.loads(values["filter_policy"])
        for address, values in subscriptions.items()
        if ".email[" in address or ".sms[" in address
    }
    assert policies == {
        "+4915112345678": wanted,
        "manager@example.com": {"kind": ["digest"]},
        "security@example.com": {"$or": [wanted, {"kind": ["digest"]}]},
    }
    assert sorted(values["protocol"] for values in subscriptions.values()) == ["email"] * 4 + ["sms"] * 2 + ["sqs"] * 6


def test_the_digest_reads_figures_and_publishes_and_may_do_nothing_else(everything: Plan) -> None:
    given = Environment(environment(everything, "watch-digest"))
    set_up = DigestSettings.read(given, Document(settings(everything, "module.digest")))
    assert set_up.tuning.history_days == 7
    start = "arn:aws:iam::123456789012:role/watch-"
    assert set_up.own_principals == {f"{start}rotator", f"{start}canary"}
    assert list(set_up.canary_paths) == ["logs", "events"]
    (statements,) = everything.policies("module.digest[0].aws_iam_role_policy.function").values()
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/watch-audit"
    assert {s["Sid"]: s["Resource"] for s in statements} == {
        "ReadDay": f"{table}/index/by_day",
        "ReadFigures": table,
        "KeepDigest": table,
        "PublishDigest": "arn:aws:sns:us-east-1:123456789012:watch-alerts",
    }
    keys = {s["Sid"]: s["Condition"]["ForAllValues:StringLike"] for s in statements if "Condition" in s}
    assert keys["KeepDigest"] == {"dynamodb:LeadingKeys": ["NOTICE#*", "CLAIM#*"]}


def test_without_the_digest_nothing_of_it_is_there(plans: dict[str, Plan]) -> None:
    left = [change["address"] for change in plans["own_key"].raw["resource_changes"] if "digest" in change["address"]]
    assert [address for address in left if ".data." not in address] == []


VISIBLE = "ApproximateNumberOfMessagesVisible"


def dead_letter_queues(plan: Plan) -> set[str]:
    return {q["name"] for q in plan.resources("aws_sqs_queue").values() if not q.get("redrive_policy")}


def test_every_role_has_the_boundary_and_every_function_its_queue_and_alarm(everything: Plan) -> None:
    roles = everything.resources("aws_iam_role").values()
    assert {values["permissions_boundary"] for values in roles} == {"arn:aws:iam::123456789012:policy/boundary"}
    functions = {values["function_name"] for values in everything.resources("aws_lambda_function").values()}
    assert functions == {
        f"watch-{name}" for name in ("notifier", "summarizer", "rotator", "digest", "canary", "ranges")
    }
    queues = dead_letter_queues(everything)
    channels = {f"watch-channel-{channel}" for channel in ("pager", "slack", "team")}
    assert queues == {f"{name}-dead-letters" for name in functions | channels}
    alarms = everything.resources("aws_cloudwatch_metric_alarm").values()
    watched = {a["dimensions"]["QueueName"]: a["alarm_actions"] for a in alarms if a["metric_name"] == VISIBLE}
    assert watched == {queue: ["arn:aws:sns:us-east-1:123456789012:watch-operations"] for queue in queues}


def test_every_role_is_assumed_for_this_account_only(everything: Plan) -> None:
    roles = everything.resources("aws_iam_role")
    assert len(roles) == 7
    for address, values in roles.items():
        for statement in json.loads(values["assume_role_policy"])["Statement"]:
            if address.endswith("aws_iam_role.delivery"):
                # CloudTrail sends neither key there: with a condition it could not assume the role.
                assert "Condition" not in statement
                continue
            keys = {key for test in statement["Condition"].values() for key in test}
            assert keys & {"aws:SourceAccount", "aws:SourceArn"}, address


def test_log_groups_forget_and_stores_are_encrypted(everything: Plan) -> None:
    assert {values["retention_in_days"] for values in everything.resources("aws_cloudwatch_log_group").values()} == {90}
    table = everything.resources("aws_dynamodb_table")["module.audit.aws_dynamodb_table.audit"]
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    assert table["ttl"] == [{"attribute_name": "expires_at", "enabled": True}]
    assert table["point_in_time_recovery"][0]["enabled"]
    assert table["server_side_encryption"][0]["enabled"]
    assert {index["name"] for index in table["global_secondary_index"]} == {"by_day"}


def test_every_topic_and_queue_is_encrypted_but_the_one_that_reports_a_lost_key(plans: dict[str, Plan]) -> None:
    own = plans["own_key"]
    keys = {a: values["kms_master_key_id"] for kind in ("aws_sns_topic", "aws_sqs_queue")
            for a, values in own.resources(kind).items()}  # fmt: skip
    assert {address for address, key in keys.items() if key != KEY} == {"module.alerting.aws_sns_topic.operations"}


def test_bedrock_may_be_asked_for_the_one_model_only(defaults: Plan) -> None:
    (statements,) = defaults.policies("module.summarizer.aws_iam_role_policy.function").values()
    (ask,) = [statement for statement in statements if statement["Sid"] == "AskModel"]
    assert ask["Action"] == "bedrock:InvokeModel"
    assert all("claude-haiku-4-5" in arn for arn in ask["Resource"])


def test_the_model_is_called_as_set(everything: Plan) -> None:
    set_up = summarizer(everything)
    assert set_up.model is not None
    assert (set_up.model.language, set_up.model_calls_per_hour) == ("German", 50)
    (statements,) = everything.policies("module.summarizer.aws_iam_role_policy.function").values()
    (guard,) = [statement for statement in statements if statement["Sid"] == "ApplyGuardrail"]
    assert guard["Resource"] == "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123"


def test_recoveries_are_notified_only_if_asked(defaults: Plan, everything: Plan) -> None:
    for planned, actions in ((defaults, None), (everything, ["arn:aws:sns:us-east-1:123456789012:watch-alerts"])):
        for address, alarm in planned.resources("aws_cloudwatch_metric_alarm").items():
            if address.startswith("module.canary[0]"):  # that a path works again is for whoever heard that it did not
                continue
            if alarm["alarm_actions"] == ["arn:aws:sns:us-east-1:123456789012:watch-alerts"] or actions is None:
                assert (alarm["ok_actions"] or None) == (alarm["insufficient_data_actions"] or None) == actions


def test_a_policy_linter_finds_nothing_in_the_functions_policies(everything: Plan) -> None:
    found = {address: findings(statements) for address, statements in everything.policies().items()}
    # A model behind a global inference profile has an ARN without a region, which the linter does not know.
    said = [f"{address}: {text}" for address, texts in found.items() for text in texts]
    assert [text for text in said if "bedrock:InvokeModel" not in text] == []


def test_the_linter_finds_a_wrong_action() -> None:
    wrong = {"Effect": "Allow", "Action": ["s3:PutObjct"], "Resource": "arn:aws:s3:::x/y"}
    assert any("UNKNOWN_ACTION" in said for said in findings([wrong]))
