"""Every call by which somebody may change a part of the deployment is counted, or there is a reason why not.

Which calls there are is botocore's knowledge: a call that AWS adds to a service, and that names a part by a member
which is known here, fails until somebody has looked at it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest

from tests.detections import BUCKET, LOG_GROUP, ROTATOR, TRAIL, other
from tests.harness.filter_pattern import compile_pattern
from tests.harness.terraform import REPOSITORY
from tests.records import ACCOUNT
from tests.terraform.conftest import Planner
from tests.terraform.test_alerting import BASE, filters_of

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
KEYS = [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{n}" for n in ("topic", "bucket", "parameter")]
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/secretwatch-channel-slack"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:secretwatch-accesses"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/secretwatch-audit"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-operations"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{ROTATOR}"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{LOG_GROUP}"
NAMESPACE = "SecretWatch/secretwatch"
WATCHED: dict[str, Any] = {
    **BASE,
    "event_bus_name": "ours",
    "permissions_boundary_arn": BOUNDARY,
    "alerts_topic_kms_key_arn": KEYS[0],
    "trail_bucket_kms_key_arn": KEYS[1],
    "parameter_kms_key_arns": KEYS[2:],
    "alert_phone_numbers": ["+4915112345678"],
    "channels": {"slack": {"type": "slack", "minimum_severity": "low", "webhook_parameter": "/their/webhook"}},
}


@dataclass(frozen=True)
class Part:
    """Something of the deployment, and by what the calls of its service name it."""

    service: str
    """Botocore's name."""
    named: Mapping[str, Any]
    """Member of a call's input → what it says when it is about our part."""
    calls: str = ""
    """Calls whose members of these names are about such a part; all where empty."""
    source: str = ""
    """The event source, where it is another than the service."""
    record: Callable[[str, Any], dict[str, Any]] = field(
        default=lambda member, value: {"requestParameters": {member[0].lower() + member[1:]: value}}
    )


def _function(member: str, value: Any) -> dict[str, Any]:
    """A mapping is named by its function in the answer too."""
    return {"requestParameters": {member[0].lower() + member[1:]: value}, "responseElements": {"functionArn": FUNCTION}}


PARTS: dict[str, Part] = {
    "aws_cloudtrail": Part(
        "cloudtrail", {"Name": TRAIL, "TrailName": TRAIL}, "Trail|Logging|EventSelectors|InsightSelectors"
    ),
    "aws_cloudwatch_log_group": Part(
        "logs", {"logGroupName": LOG_GROUP, **dict.fromkeys(("logGroupIdentifier", "resourceIdentifier"), GROUP)}
    ),
    "aws_cloudwatch_log_account": Part("logs", {"policyType": "DATA_PROTECTION_POLICY"}, "AccountPolicy"),
    "aws_cloudwatch_metric_alarm": Part(
        "cloudwatch",
        {
            "AlarmName": "secretwatch-RootRead",
            "AlarmNames": ["theirs", "secretwatch-RootRead"],
            "MuteTargets": {"alarmNames": ["theirs", "secretwatch-RootRead"]},
        },
        source="monitoring",
    ),
    "aws_cloudwatch_anomaly": Part(
        "cloudwatch",
        {
            "Namespace": NAMESPACE,
            "SingleMetricAnomalyDetector": {"namespace": NAMESPACE},
            "MetricMathAnomalyDetector": {"metricDataQueries": [{"metricStat": {"metric": {"namespace": NAMESPACE}}}]},
        },
        "AnomalyDetector",
        source="monitoring",
    ),
    "aws_sqs_queue": Part("sqs", {"QueueUrl": QUEUE, "SourceArn": QUEUE_ARN}),
    "aws_sns_topic": Part("sns", {"TopicArn": TOPIC, "SubscriptionArn": f"{TOPIC}:1-2-3", "ResourceArn": TOPIC}),
    "aws_sns_phones": Part("sns", {"attributes": {"MonthlySpendLimit": "0"}}, "SMSAttributes"),
    "aws_dynamodb_table": Part("dynamodb", {"TableName": TABLE, "ResourceArn": TABLE, "TableArn": TABLE}),
    "aws_iam_role": Part("iam", {"RoleName": ROTATOR}),
    "aws_iam_policy": Part("iam", {"PolicyArn": BOUNDARY}),
    "aws_cloudwatch_event_rule": Part("events", {"Name": ROTATOR, "Rule": ROTATOR}, "Rule|Targets"),
    "aws_cloudwatch_event_bus": Part("events", {"Name": "ours", "EventBusName": "ours"}, "EventBus|Permission"),
    "aws_lambda_function": Part("lambda", {"FunctionName": FUNCTION, "ResourceArn": FUNCTION}, record=_function),
    "aws_ssm_parameter": Part(
        "ssm",
        {"Name": "/their/webhook", "Names": ["/theirs", "/secretwatch/rotation/freeze"]},
        "Parameter",
    ),
    "aws_s3_bucket": Part(
        "s3",
        {"Bucket": BUCKET},
        "^(?!.*Object(?!LockConf))(?!.*(Multipart|UploadPart|Session))",
        record=lambda _, value: {"requestParameters": {"bucketName": value}},
    ),
    **{
        f"aws_kms_key {arn}": Part("kms", {"KeyId": arn}, record=lambda _, value: {"resources": [{"ARN": value}]})
        for arn in (BASE["kms_key_arn"], *KEYS)
    },
}

READS = re.compile(
    "Get|List|Describe|BatchGet|Query|Scan|Head|Select|Lookup|Test|Filter|StartQuery|StartLiveTail|Simulate|Generate|Verify|Search"
)
LEFT_OUT: dict[str, str] = {
    # A record of it is a data event, which the trail does not take, or the deployment's own daily work.
    "dynamodb": "PutItem UpdateItem DeleteItem",
    "sqs": "SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch ChangeMessageVisibility "
    "ChangeMessageVisibilityBatch",
    "sns": "Publish PublishBatch",
    "lambda": "Invoke InvokeAsync InvokeWithResponseStream",
    "logs": "PutLogEvents CreateLogStream",
    "cloudwatch": "PutMetricData",
    "kms": "Decrypt Encrypt Sign DeriveSharedSecret CreateGrant",
}
HARMLESS: dict[str, str] = {
    # Makes one that is there already, and fails.
    "creates": "dynamodb:CreateTable lambda:CreateFunction logs:CreateLogGroup iam:CreateRole events:CreateEventBus "
    "cloudtrail:CreateTrail s3:CreateBucket",
    # Labels of the account's own book-keeping: nothing here goes by a tag.
    "tags": "*:TagResource *:UntagResource sqs:TagQueue sqs:UntagQueue iam:TagRole iam:UntagRole iam:TagPolicy "
    "iam:UntagPolicy logs:TagLogGroup logs:UntagLogGroup",
    # Reads or copies what is kept, and takes nothing away.
    "copies": "dynamodb:CreateBackup dynamodb:ExportTableToPointInTime dynamodb:EnableKinesisStreamingDestination "
    "dynamodb:DisableKinesisStreamingDestination dynamodb:UpdateKinesisStreamingDestination "
    "dynamodb:UpdateContributorInsights logs:CreateExportTask logs:PutDeliverySource",
    # Adds a reader: the address confirms it itself, and who tampers gains no silence.
    "subscribes": "sns:Subscribe sns:ConfirmSubscription",
    # Puts back what it should be.
    "undoes": "cloudtrail:StartLogging cloudwatch:EnableAlarmActions kms:EnableKey kms:CancelKeyDeletion",
    # Of a key: neither who may use it nor whether it can be used.
    "keys": "kms:DisableKeyRotation kms:EnableKeyRotation kms:RotateKeyOnDemand kms:UpdateKeyDescription "
    "kms:ReplicateKey kms:UpdatePrimaryRegion kms:ImportKeyMaterial",
    # Of a role: whom it trusts and what it may do stay.
    "roles": "iam:UpdateRole iam:UpdateRoleDescription iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile "
    "iam:DeleteServiceLinkedRole",
    # Of the boundary, as somebody else's policy.
    "others' policies": "iam:AttachUserPolicy iam:AttachGroupPolicy iam:DetachUserPolicy "
    "iam:DetachGroupPolicy iam:AttachRolePolicy/PolicyArn iam:DetachRolePolicy/PolicyArn",
    # Of versions and aliases, which nothing here calls, and of how fast a function starts.
    "functions": "lambda:CreateAlias lambda:UpdateAlias lambda:DeleteAlias lambda:PublishVersion "
    "lambda:PutProvisionedConcurrencyConfig lambda:DeleteProvisionedConcurrencyConfig "
    "lambda:PutRuntimeManagementConfig lambda:CreateFunctionUrlConfig",
    # How the log group can be searched or written to by others: records, filters and subscriptions stay.
    "searches": "logs:PutIndexPolicy logs:DeleteIndexPolicy logs:PutSyslogConfiguration "
    "logs:DeleteSyslogConfiguration logs:PutBearerTokenAuthentication",
    # The policy of a log group lets services write or subscribe; ours are named by role and by function.
    "log policies": "logs:PutResourcePolicy logs:DeleteResourcePolicy",
    # Takes a policy of the account's away, which leaves the log group as it was.
    "account policies": "logs:DeleteAccountPolicy",
    # Names of versions of a parameter: the notifier and the rotator read the newest.
    "labels": "ssm:LabelParameterVersion ssm:UnlabelParameterVersion",
    # S3 Metadata: tables about the objects.
    "metadata": "s3:CreateBucketMetadataConfiguration s3:CreateBucketMetadataTableConfiguration "
    "s3:UpdateBucketMetadataAnnotationTableConfiguration s3:UpdateBucketMetadataInventoryTableConfiguration "
    "s3:UpdateBucketMetadataJournalTableConfiguration",
}
_EXCEPTIONS = {name for text in HARMLESS.values() for name in text.split()} | {
    f"{service}:{name}" for service, text in LEFT_OUT.items() for name in text.split()
}
_S3 = {
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
"""Calls that CloudTrail names otherwise. AWS: "Amazon S3 CloudTrail events"."""


def _event_names(service: str, call: str) -> list[str]:
    """Lambda's records have the version of the API behind the name, of older calls."""
    return [call, f"{call}20150331v2"] if service == "lambda" else [_S3.get(call, call)]


def calls(part: Part) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every call that names a part: its name, by which member it does, and a record of it."""
    model = botocore.session.get_session().get_service_model(part.service)
    for call in model.operation_names:
        given = model.operation_model(call).input_shape
        for member in set(given.members if given else ()) & set(part.named):
            for name in _event_names(part.service, call):
                changed = part.record(member, part.named[member])
                yield call, member, other(part.source or part.service, name, **changed)


def changes(part: Part) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Those that may change it."""
    for call, member, record in calls(part):
        if READS.match(call) or not re.search(part.calls, call):
            continue
        if not {f"{part.service}:{call}", f"*:{call}", f"{part.service}:{call}/{member}"} & _EXCEPTIONS:
            yield call, member, record


@pytest.fixture(scope="module")
def counts(plan: Planner) -> Callable[[dict[str, Any]], bool]:
    planned = plan.together({"watched": WATCHED}, REPOSITORY / "modules" / "alerting")["watched"]
    found = filters_of(planned)
    filters = [compile_pattern(pattern) for name in ("TrailTampering", "KeyTampering") for pattern in found[name]]
    return lambda record: any(matches(json.dumps(record)) for matches in filters)


@pytest.mark.parametrize("kind", PARTS)
def test_every_call_that_may_change_a_part_is_counted(counts: Callable[[dict[str, Any]], bool], kind: str) -> None:
    part = PARTS[kind]
    made = list(changes(part))
    assert made
    assert sorted({f"{part.service}:{call} by {member}" for call, member, record in made if not counts(record)}) == []


@pytest.mark.parametrize("kind", PARTS)
def test_no_call_that_reads_is_counted(counts: Callable[[dict[str, Any]], bool], kind: str) -> None:
    """Each plan, AWS Config and every scanner look at the parts all day."""
    # Of a call that reads, CloudTrail has no responseElements.
    looked = [(call, {**r, "responseElements": None}) for call, _, r in calls(PARTS[kind]) if READS.match(call)]
    assert sorted({call for call, record in looked if counts(record)}) == []


def test_an_exception_is_a_call_that_there_is() -> None:
    session = botocore.session.get_session()
    for name in _EXCEPTIONS:
        service, _, call = name.partition(":")
        if service != "*":
            assert call.partition("/")[0] in session.get_service_model(service).operation_names, name


MADE = re.compile(r'^resource "(aws_\w+)"', re.MULTILINE)
OF_ANOTHER = re.compile(
    "aws_(cloudwatch_log_(metric|subscription)_filter|cloudwatch_composite_alarm|cloudwatch_event_(target|permission)"
    "|iam_role_policy.*|lambda_(permission|event_source_mapping|function_event_invoke_config)|s3_bucket_.*"
    "|sns_topic_(policy|subscription))$"
)
"""What a service has only as a setting of another thing, which is watched with it."""
UNWATCHED = {
    "aws_athena_named_query": "a question that is kept",
    "aws_athena_workgroup": "where questions are asked",
    "aws_budgets_budget": "what the model costs",
    "aws_cloudwatch_dashboard": "shows, and tells nobody",
    "aws_cloudwatch_query_definition": "a question that is kept",
    "aws_glue_catalog_database": "how log files are read, not whether they are written",
    "aws_glue_catalog_table": "how log files are read, not whether they are written",
    "aws_kms_alias": "everything names the key itself",
    "aws_quicksight_dashboard": "shows, and tells nobody",
    "aws_quicksight_data_set": "shows, and tells nobody",
    "aws_quicksight_data_source": "shows, and tells nobody",
    "aws_quicksight_refresh_schedule": "shows, and tells nobody",
    "aws_secretsmanager_secret": "the canary's: SecretTampering, and every read by others is an incident",
    "aws_secretsmanager_secret_policy": "as the secret",
}


def test_every_kind_of_part_is_watched_or_has_a_reason() -> None:
    files = [f for f in REPOSITORY.glob("modules/*/*.tf") if f.parent.name != "hardening"]  # of the account
    made = {kind for file in (*files, *REPOSITORY.glob("*.tf")) for kind in MADE.findall(file.read_text("utf-8"))}
    watched = {kind.split()[0] for kind in PARTS}
    assert {kind for kind in made - watched - UNWATCHED.keys() if not OF_ANOTHER.match(kind)} == set()
