"""The detections as data: filters, alarms, overrides, the composite, what watches the watcher."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from secretwatch.functions.notifier.settings import NotifierSettings
from secretwatch.runtime.settings import Document, Environment
from tests.detections import BUCKET, DEPLOYER, DETECTED, LOG_GROUP, NOISE, NOT_DETECTED, ROTATOR, TRAIL, other
from tests.harness.filter_pattern import compile_pattern
from tests.harness.terraform import REPOSITORY
from tests.terraform.conftest import Plan, Planner
from tests.terraform.packaged import environment, settings

MODULE = REPOSITORY / "modules" / "alerting"
ALERTS = "arn:aws:sns:us-east-1:123456789012:secretwatch-alerts"
MINOR = "arn:aws:sns:us-east-1:123456789012:secretwatch-alerts-minor"
MAJOR = "arn:aws:sns:us-east-1:123456789012:secretwatch-alerts-major"
OPERATIONS = "arn:aws:sns:us-east-1:123456789012:secretwatch-operations"
BASE: dict[str, Any] = {
    "log_group_name": LOG_GROUP,
    "audit_table_name": "audit",
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1",
    "own_role_names": [ROTATOR],
    "watched_function_names": ["secretwatch-summarizer", ROTATOR],
    "trail_name": TRAIL,
    "watched_bucket_names": [BUCKET],
    "deployer_role_arns": [f"arn:aws:iam::123456789012:role/{DEPLOYER}"],
}


INSTANCES: dict[str, dict[str, Any]] = {
    "by_email": {
        "log_group_name": LOG_GROUP,
        "kms_key_arn": BASE["kms_key_arn"],
        "alert_emails": ["security@example.com"],
    },
    "usual": {**BASE, "working_hours": {"from": 8, "to": 18}},
    "longest": {
        **BASE,
        "log_group_name": "/" + "x" * 200,
        "own_role_names": ["r" * 64] * 2,
        "name_prefix": "p" * 20,
        "watched_function_names": [
            f"{'p' * 20}-{name}" for name in ("summarizer", "rotator", "digest", "canary", "ranges")
        ],
        "trail_name": "t" * 128,
        "watched_bucket_names": ["b" * 63] * 4,
        "deployer_role_arns": [
            f"arn:aws:iam::123456789012:role/{'d' * 10}/{'e' * 51}",
            f"arn:aws:iam::123456789012:role/{'f' * 10}/{'g' * 51}",
        ],
        "alert_phone_numbers": ["+4915112345678"],
        "event_bus_name": "b" * 100,
        "permissions_boundary_arn": f"arn:aws:iam::123456789012:policy/{'b' * 128}",
        "alerts_topic_kms_key_arn": f"arn:aws:kms:us-east-1:123456789012:key/{'a' * 36}",
        "trail_bucket_kms_key_arn": f"arn:aws:kms:us-east-1:123456789012:key/{'b' * 36}",
        "parameter_kms_key_arns": [f"arn:aws:kms:us-east-1:123456789012:key/{c * 36}" for c in "cdef"],
        "channels": {
            f"c{n}": {"type": "webhook", "minimum_severity": "low", "webhook_parameter": f"/{n}{'w' * 190}"}
            for n in range(50)
        },
        "working_hours": {"from": 11, "to": 12},
    },
    "overridden": {
        **BASE,
        "alarm_overrides": {
            "SecretAccessedByRole": {"threshold": 20, "period": 300},
            "SecretAccessed": {"band_width": 4.5},
            "RootRead": {"severity": "critical"},
        },
        "disabled_alarms": ["BatchRead"],
    },
    "composite": {**BASE, "enable_composite_alarm": True, "notify_recoveries": True},
    "beside_stories": {
        **BASE,
        "stories_are_notified": True,
        "working_hours": {"from": 8, "to": 18},
        "notify_recoveries": True,
    },
    "asked_for": {
        **BASE,
        "stories_are_notified": True,
        "alarm_overrides": {
            "RootRead": {"notify": True},
            "DeniedReads": {"notify": True, "severity": "critical"},
            "SecretTampering": {"notify": True},
            "BatchRead": {"severity": "high"},
            "SecretAccessed": {"notify": False},
            "TrailTampering": {"severity": "medium"},
        },
    },
    "composite_beside_stories": {
        **BASE,
        "stories_are_notified": True,
        "enable_composite_alarm": True,
        "alarm_overrides": {"SecretAccessedByRole": {"notify": True}, "RootRead": {"severity": "critical"}},
    },
    "no_dashboard": {**BASE, "enable_dashboard": False},
    "notified": {
        **BASE,
        "operations_emails": ["operations@example.com"],
        "alert_emails": ["security@example.com"],
        "alert_phone_numbers": ["+4915112345678"],
        "channels": {"slack": {"type": "slack", "minimum_severity": "info", "webhook_parameter": "/slack"}},
    },
}


@pytest.fixture(scope="module")
def plans(plan: Planner) -> dict[str, Plan]:
    return plan.together(INSTANCES, MODULE)


@pytest.fixture(scope="module")
def alerting(plans: dict[str, Plan]) -> Plan:
    return plans["usual"]


def by_key(plan: Plan, kind: str) -> dict[str, Any]:
    found = {}
    for address, values in plan.resources(kind).items():
        if match := re.search(r'\["([^"]+)"\]$', address):
            found[match[1]] = values
    return found


def alarms_of(plan: Plan) -> dict[str, Any]:
    """Detection → its alarm."""
    found = by_key(plan, "aws_cloudwatch_metric_alarm")
    return {name: alarm for name, alarm in found.items() if alarm["alarm_actions"] != [OPERATIONS]}


def filters_of(plan: Plan) -> dict[str, list[str]]:
    """Metric → patterns that count into it, of those known at plan."""
    found: dict[str, list[str]] = {}
    for values in plan.resources("aws_cloudwatch_log_metric_filter").values():
        if values.get("pattern"):
            found.setdefault(values["metric_transformation"][0]["name"], []).append(values["pattern"])
    return found


def test_every_detection_has_a_filter_an_alarm_and_an_action(alerting: Plan) -> None:
    alarms = alarms_of(alerting)
    assert filters_of(alerting).keys() - {"KeyTampering"} == alarms.keys() == DETECTED.keys()
    for name, alarm in alarms.items():
        assert alarm["alarm_actions"] == ([ALERTS, MAJOR] if name in ("RootRead", "TrailTampering") else [MINOR])
        assert alarm["actions_enabled"]
        assert not alarm["ok_actions"]
        assert re.match(r"\[(low|medium|high|critical)\] .+\. \(T\d{4}(\.\d{3})?\)$", alarm["alarm_description"])


def test_patterns_keep_to_the_limits_and_count_from_zero(plans: dict[str, Plan]) -> None:
    for planned in (plans["usual"], plans["longest"]):
        assert len(planned.resources("aws_cloudwatch_log_metric_filter")) <= 100
        for name, values in planned.resources("aws_cloudwatch_log_metric_filter").items():
            assert len(values["pattern"]) <= 1024, name
            compile_pattern(values["pattern"])
            assert "(" not in "".join(re.findall(r"%([^%]*)%", values["pattern"])), "CloudWatch Logs knows no groups"
            assert values["metric_transformation"][0]["default_value"] == "0"


@pytest.mark.parametrize("name", DETECTED)
def test_a_detection_counts_what_it_should_and_nothing_else(alerting: Plan, name: str) -> None:
    filters = [compile_pattern(pattern) for pattern in filters_of(alerting)[name]]
    counted = {what: sum(counts(json.dumps(r)) for counts in filters) for what, r in DETECTED[name].items()}
    assert counted == dict.fromkeys(DETECTED[name], 1), "each once"
    assert [
        w for w, r in {**NOT_DETECTED[name], **NOISE}.items() if any(counts(json.dumps(r)) for counts in filters)
    ] == []


def test_the_notifier_looks_records_up_by_the_very_patterns_that_count_them(plans: dict[str, Plan]) -> None:
    planned = plans["notified"]
    given = Environment(environment(planned, "secretwatch-notifier"))
    read = NotifierSettings.read(given, Document(settings(planned, "module.notifier")))
    assert {name: sorted(found) for name, found in read.detections.patterns.items()} == {
        name: sorted(found) for name, found in filters_of(planned).items()
    }
    alarms = planned.resources("aws_cloudwatch_metric_alarm").values()
    assert read.detections.namespace in {alarm["namespace"] for alarm in alarms}
    assert read.log_group == LOG_GROUP
    (statements,) = planned.policies("module.notifier[0].aws_iam_role_policy.function").values()
    (find,) = [s for s in statements if "logs:" in str(s["Action"])]
    group = f"arn:aws:logs:us-east-1:123456789012:log-group:{LOG_GROUP}"
    assert (find["Action"], sorted(find["Resource"])) == ("logs:FilterLogEvents", [group, f"{group}:*"])


def test_overrides_and_disabling_work(plans: dict[str, Plan]) -> None:
    planned = plans["overridden"]
    alarms = alarms_of(planned)
    assert (
        alarms.keys()
        == filters_of(planned).keys() - {"KeyTampering"}
        == DETECTED.keys() - {"BatchRead", "ReadOffHours"}
    )
    assert (alarms["SecretAccessedByRole"]["threshold"], alarms["SecretAccessedByRole"]["period"]) == (20, 300)
    expressions = {query["expression"] for query in alarms["SecretAccessed"]["metric_query"]}
    assert "ANOMALY_DETECTION_BAND(reads, 4.5)" in expressions
    assert alarms["RootRead"]["alarm_description"].startswith("[critical]")
    assert alarms["DeniedReads"]["threshold"] == 5


def test_together_the_composite_speaks_and_the_critical_ones_do_too(plans: dict[str, Plan]) -> None:
    planned = plans["composite"]
    composite = planned.one("aws_cloudwatch_composite_alarm")
    alarms = alarms_of(planned)
    silent = {name for name, alarm in alarms.items() if not alarm["alarm_actions"]}
    assert silent == alarms.keys() - {"TrailTampering"}
    assert set(re.findall(r'ALARM\("secretwatch-(\w+)"\)', composite["alarm_rule"])) == silent
    assert composite["alarm_actions"] == composite["ok_actions"] == [ALERTS, MAJOR]


def topics_of(plan: Plan) -> dict[str, str]:
    """Detection → the topic that its alarm publishes to, of those that notify; the others may not act."""
    alarms = alarms_of(plan)
    assert not [name for name, a in alarms.items() if bool(a["alarm_actions"]) is not a["actions_enabled"]]
    return {name: alarm["alarm_actions"][0] for name, alarm in alarms.items() if alarm["actions_enabled"]}


def test_beside_stories_only_what_they_do_not_tell_is_notified(plans: dict[str, Plan]) -> None:
    planned = plans["beside_stories"]
    assert topics_of(planned) == {"SecretAccessed": MINOR, "ReadOffHours": MINOR, "TrailTampering": ALERTS}
    alarms = alarms_of(planned)
    assert alarms.keys() == filters_of(planned).keys() - {"KeyTampering"} == DETECTED.keys(), "the others still count"
    assert not any(alarms["RootRead"][actions] for actions in ("ok_actions", "insufficient_data_actions"))
    assert alarms["ReadOffHours"]["ok_actions"] == [MINOR]


def test_who_asks_for_an_alarm_gets_it_by_the_severity_it_has_then(plans: dict[str, Plan]) -> None:
    assert topics_of(plans["asked_for"]) == {
        "RootRead": ALERTS,
        "DeniedReads": ALERTS,
        "SecretTampering": MINOR,
        "TrailTampering": MINOR,
    }


def test_the_composite_alarm_speaks_only_for_those_that_notify(plans: dict[str, Plan]) -> None:
    composite = plans["composite_beside_stories"].one("aws_cloudwatch_composite_alarm")
    named = set(re.findall(r'ALARM\("secretwatch-(\w+)"\)', composite["alarm_rule"]))
    assert named == {"SecretAccessed", "SecretAccessedByRole"}
    assert composite["alarm_description"].startswith("[medium]")
    assert composite["alarm_actions"] == [MINOR]


def test_channels_hear_the_minor_alerts_and_phones_and_inboxes_do_not(plans: dict[str, Plan]) -> None:
    resources = plans["notified"].resources("aws_sns_topic_subscription")
    subscriptions = resources.values()
    heard = {topic: {s["protocol"] for s in subscriptions if s.get("topic_arn") == topic} for topic in (ALERTS, MINOR)}
    assert heard[MINOR] == {"sqs"}
    assert "sqs" in heard[ALERTS]
    people = {s["protocol"]: s.get("filter_policy") for name, s in resources.items() if ".major_" in name}
    assert people == {"email": None, "sms": None}, "without a filter: an alarm has no attributes to filter by"


def test_a_silent_trail_raises_an_alarm_past_the_notifier(alerting: Plan) -> None:
    heartbeat = alerting.resources("aws_cloudwatch_metric_alarm")["aws_cloudwatch_metric_alarm.heartbeat"]
    assert heartbeat["alarm_actions"] == [OPERATIONS]
    assert heartbeat["treat_missing_data"] == "breaching"
    assert (heartbeat["period"], heartbeat["evaluation_periods"]) == (3600, 6)


def test_the_dashboard_shows_every_detection_and_the_questions_are_saved(
    alerting: Plan, plans: dict[str, Plan]
) -> None:
    body = json.loads(alerting.one("aws_cloudwatch_dashboard")["dashboard_body"])
    shown = {metric[1] for metric in body["widgets"][0]["properties"]["metrics"]}
    assert shown == DETECTED.keys()
    spots = {(w["x"], w["y"]) for w in body["widgets"]}
    assert len(spots) == len(body["widgets"])
    assert all(w["x"] + w["width"] <= 24 for w in body["widgets"])
    saved = by_key(alerting, "aws_cloudwatch_query_definition")
    assert saved.keys() == {"who_read", "reads_by_principal", "denied", "reads_by_network", "reads_by_hour"}
    assert all(values["log_group_names"] == [LOG_GROUP] for values in saved.values())
    without = plans["no_dashboard"]
    assert without.resources("aws_cloudwatch_dashboard") == without.resources("aws_cloudwatch_query_definition") == {}


def test_who_takes_the_key_away_is_heard_of_without_the_key(alerting: Plan) -> None:
    (pattern,) = filters_of(alerting)["KeyTampering"]
    counts = compile_pattern(pattern)
    another = BASE["kms_key_arn"].replace("key/", "key/x")
    ours, theirs = (
        {"resources": [{"ARN": arn}], "requestParameters": {"keyId": arn}} for arn in (BASE["kms_key_arn"], another)
    )
    for name in ("DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "DeleteImportedKeyMaterial", "RetireGrant"):
        assert counts(json.dumps(other("kms", name, **ours)))
        assert not counts(json.dumps(other("kms", name, **theirs)))
    assert not counts(json.dumps(other("kms", "Decrypt", **ours)))
    by_aws = {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
    assert not counts(json.dumps(other("kms", "RetireGrant", userIdentity=by_aws, **ours))), "its own, needed no more"
    assert (
        OPERATIONS
        in alerting.resources("aws_cloudwatch_metric_alarm")["aws_cloudwatch_metric_alarm.key"]["alarm_actions"]
    )
    topics = alerting.resources("aws_sns_topic")
    keys = {name.split(".")[1].split("[")[0]: topic.get("kms_master_key_id") for name, topic in topics.items()}
    assert keys == {
        "operations": None,
        "alerts": BASE["kms_key_arn"],
        "minor_alerts": BASE["kms_key_arn"],
        "major_alerts": BASE["kms_key_arn"],
    }


def test_a_plan_says_that_nobody_is_notified(plans: dict[str, Plan]) -> None:
    checks = [check for check in plans["usual"].raw["checks"] if check["address"]["kind"] == "check"]
    said = {check["address"]["module"]: check["status"] for check in checks}
    assert said["module.usual"] == "fail"
    assert said["module.by_email"] == "pass"


def test_by_itself_it_refuses_what_the_root_refuses(plan: Planner) -> None:
    alone = {"log_group_name": LOG_GROUP, "kms_key_arn": BASE["kms_key_arn"], "alert_emails": ["a@example.com"]}
    channel = {"type": "slack", "minimum_severity": "low", "webhook_parameter": "/x"}
    said = plan.refusals(
        {
            "arn": {**alone, "log_group_name": f"arn:aws:logs:us-east-1:123456789012:log-group:{LOG_GROUP}:*"},
            "no_table": {**alone, "channels": {"a": channel}},
            "alias": {**BASE, "channels": {"a": channel}, "parameter_kms_key_arns": ["alias/x"]},
        },
        MODULE,
    )
    assert f"is no name of a log group. Write its name, not its ARN: {LOG_GROUP}." in said["arn"]
    assert "audit_table_name is missing: channels need the audit table" in said["no_table"]
    assert 'parameter_kms_key_arns: "alias/x" is no ARN of a KMS key' in said["alias"]
