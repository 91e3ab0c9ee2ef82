"""An AWS account in which a hop can be broken: what the canary looks at, answered as AWS's APIs do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from secretwatch.functions.canary.hops import Clients, Parts

NOW = 1_800_000_000
PARTS = Parts(
    summarizer="secretwatch-summarizer",
    trail="secretwatch-trail",
    log_group="/secretwatch/trail",
    rule="secretwatch-summarizer",
    queue="secretwatch-accesses",
)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Account:
    """Answers of every operation that the canary calls; a test changes one, or lets it fail."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "get_trail_status": {
                "IsLogging": True,
                "LatestDeliveryTime": at(NOW - 300),
                "LatestCloudWatchLogsDeliveryTime": at(NOW - 240),
            },
            "describe_log_streams": {"logStreams": [{"lastIngestionTime": (NOW - 200) * 1000}, {}]},
            "describe_subscription_filters": {
                "subscriptionFilters": [
                    {"destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:secretwatch-summarizer"}
                ]
            },
            "get_policy": {
                "Policy": json.dumps({"Statement": [{"Principal": {"Service": "logs.amazonaws.com"}}]}),
            },
            "get_function_concurrency": {},
            "describe_rule": {"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
            "list_targets_by_rule": {
                "Targets": [{"Arn": "arn:aws:sqs:us-east-1:123456789012:secretwatch-accesses"}],
            },
            "get_queue_url": {"QueueUrl": "https://sqs.example/secretwatch-accesses"},
            "get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "2"}},
        }

    @property
    def clients(self) -> Clients:
        return Clients(self, self, self, self, self)

    def fails(self, operation: str, code: str) -> None:
        self.answers[operation] = ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    def __getattr__(self, operation: str) -> Any:
        def call(**_: Any) -> Any:
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call
