"""The permissions that ``make verify`` needs, as an IAM policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.verify.names import FUNCTIONS, Names

LOOK = (
    "athena:GetQueryExecution",
    "athena:GetWorkGroup",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "events:DescribeRule",
    "events:ListTargetsByRule",
    "events:TestEventPattern",
    "iam:SimulatePrincipalPolicy",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "lambda:GetFunction",
    "lambda:GetPolicy",
    "lambda:ListEventSourceMappings",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:DescribeMetricFilters",
    "logs:DescribeSubscriptionFilters",
    "logs:TestMetricFilter",
    "quicksight:DescribeDataSource",
    "s3:GetEncryptionConfiguration",
    "sns:GetSMSSandboxAccountStatus",
    "sns:GetSubscriptionAttributes",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sts:GetCallerIdentity",
)
"""Read only, and nothing of what is recorded."""
ACT = (
    "athena:StartQueryExecution",
    "dynamodb:GetItem",
    "lambda:InvokeFunction",
    "logs:FilterLogEvents",
    "ssm:GetParameter",
)
"""What starts something or reads what is kept: on the deployment's own things only."""
_USING_THE_KEY = ("dynamodb", "lambda", "s3")
"""Services that use the deployment's key with the caller's permissions."""


def policy(names: Names) -> Mapping[str, Any]:
    """Return the IAM policy document; account and region of ``names`` may be ``*``.

    Athena works with its caller's permissions: the last three statements are for its one question.
    A log group or a trail bucket of the user's own has another name and is to be added.
    """
    own = [
        names.arn("athena", f"workgroup/{names.workgroup}"),
        names.arn("dynamodb", f"table/{names.table}"),
        *map(names.function_arn, FUNCTIONS),
        names.arn("logs", f"log-group:{names.log_group}"),
        names.arn("logs", f"log-group:{names.log_group}:*"),
        names.arn("ssm", f"parameter{names.freeze_parameter}"),
    ]
    catalog = [
        names.arn("glue", part) for part in ("catalog", f"database/{names.database}", f"table/{names.database}/*")
    ]
    results, logs = (f"arn:{names.partition}:s3:::{names.bucket(what)}" for what in ("athena", "cloudtrail"))
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("Look", LOOK, "*"),
            _allow("Act", ACT, own),
            {
                **_allow("UseKey", ("kms:Decrypt", "kms:GenerateDataKey"), names.arn("kms", "key/*")),
                "Condition": {"StringLike": {"kms:ViaService": [f"{service}.*" for service in _USING_THE_KEY]}},
            },
            _allow(
                "ReadCatalog", ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"), catalog
            ),
            _allow(
                "ReadLogFiles",
                ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"),
                [logs, f"{logs}/*", results, f"{results}/*"],
            ),
            _allow("KeepResults", ("s3:PutObject",), f"{results}/*"),
        ],
    }


def _allow(sid: str, actions: Sequence[str], resources: str | Sequence[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
