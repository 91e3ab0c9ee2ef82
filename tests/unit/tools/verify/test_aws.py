from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.tools.verify.sound import ACCOUNT, KEY, REGION, FakeAws, RefusedError
from tools.verify.aws import Aws, AwsError


@pytest.fixture(scope="module")
def empty() -> Iterator[Aws]:
    """An account with nothing in it."""
    session = boto3.session.Session("test", "test", region_name=REGION)
    with mock_aws():
        yield Aws(session.client)


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("lambda:GetFunction", {"FunctionName": "watch-summarizer"}),
        ("lambda:GetPolicy", {"FunctionName": "watch-summarizer"}),
        ("sqs:GetQueueUrl", {"QueueName": "watch-accesses"}),
        ("sns:GetTopicAttributes", {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:watch-alerts"}),
        ("dynamodb:DescribeTable", {"TableName": "watch-audit"}),
        ("dynamodb:DescribeContinuousBackups", {"TableName": "watch-audit"}),
        ("dynamodb:DescribeTimeToLive", {"TableName": "watch-audit"}),
        ("events:DescribeRule", {"Name": "watch-summarizer", "EventBusName": "default"}),
        ("logs:DescribeSubscriptionFilters", {"logGroupName": "/watch/cloudtrail"}),
        ("ssm:GetParameter", {"Name": "/watch/rotation/freeze"}),
        ("kms:DescribeKey", {"KeyId": KEY}),
    ],
)
def test_what_is_not_there_is_none_and_no_error(empty: Aws, action: str, parameters: dict[str, Any]) -> None:
    assert empty.find(action, **parameters) is None


def test_lists_of_an_empty_account_are_empty(empty: Aws) -> None:
    assert empty.pages("cloudwatch:DescribeAlarms", "MetricAlarms", AlarmNamePrefix="watch-") == []
    assert empty.pages("sqs:ListQueues", "QueueUrls", QueueNamePrefix="watch-") == []


def test_a_parameter_that_aws_would_refuse_is_an_error_of_the_call() -> None:
    with pytest.raises(AwsError, match="lambda:GetFunction: ParamValidation"):
        Aws(FakeAws().client).call("lambda:GetFunction", Function="f")


@pytest.mark.parametrize(
    ("code", "detail", "cure"),
    [
        ("AccessDenied", "these credentials may not call kms:DescribeKey", "--permissions"),
        ("AuthorizationError", "these credentials may not call kms:DescribeKey", "--permissions"),
        ("ExpiredTokenException", "kms:DescribeKey answered ExpiredTokenException: why", "log in"),
        ("InternalFailure", "kms:DescribeKey answered InternalFailure: why", ""),
    ],
)
def test_an_error_says_what_could_not_be_looked_at_and_what_to_do(code: str, detail: str, cure: str) -> None:
    aws = FakeAws()
    aws.answers["kms:DescribeKey"] = RefusedError(code, "why")
    with pytest.raises(AwsError) as raised:
        Aws(aws.client).find("kms:DescribeKey", KeyId=KEY)
    assert raised.value.detail == detail
    assert cure in raised.value.cure


@pytest.mark.parametrize(
    ("action", "message", "named"),
    [
        ("lambda:Invoke", "User: x is not authorized", "lambda:InvokeFunction"),
        ("s3:GetBucketEncryption", "Access Denied", "s3:GetEncryptionConfiguration"),
        ("dynamodb:GetItem", "User: x is not authorized to perform: kms:Decrypt on resource: y", "kms:Decrypt"),
    ],
)
def test_the_permission_that_lacks_has_the_name_that_a_policy_gives_it(action: str, message: str, named: str) -> None:
    assert AwsError(action, "AccessDenied", message).detail == f"these credentials may not call {named}"


def test_a_denial_by_an_organization_is_not_cured_by_our_policy() -> None:
    denied = AwsError("kms:DescribeKey", "AccessDenied", "x with an explicit deny in a service control policy")
    assert "(SCP)" in denied.cure


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        (None, False),
        ("http://127.0.0.1:4566", True),
        ("https://sts.eu-west-1.amazonaws.com.evil.example", True),
        ("https://vpce-1.sts.eu-west-1.vpce.amazonaws.com", False),
        ("https://sts.cn-north-1.amazonaws.com.cn", False),
    ],
)
def test_a_local_aws_is_known_by_its_endpoint(endpoint: str | None, local: bool) -> None:
    session = boto3.session.Session("test", "test", region_name=REGION)
    assert Aws(lambda service: session.client(service, endpoint_url=endpoint)).is_local is local
