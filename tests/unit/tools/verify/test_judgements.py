"""What single answers of AWS's mean, beyond what the walk over a whole deployment shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tools.verify.gaps import of_local_aws
from tools.verify.hops.log_group import judge_receiving
from tools.verify.hops.model import judge_model
from tools.verify.hops.topics import judge_subscribers, shorten
from tools.verify.hops.trail import KEYS, SECRETS, judge_selectors, judge_status, judge_trail
from tools.verify.result import Result, State, failed
from tools.verify.times import ago, span

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:/a:*"


def fields(**values: Any) -> dict[str, Any]:
    return {"FieldSelectors": [{"Field": name, **value} for name, value in values.items()]}


MANAGEMENT = {"Equals": ["Management"]}
WITHOUT_KMS = {"NotEquals": ["kms.amazonaws.com"]}


def secrets(found: dict[str, Any]) -> Result:
    return judge_selectors("trail", "t", found, SECRETS, "some are unseen")


def keys(found: dict[str, Any]) -> Result:
    return judge_selectors("trail", "t", found, KEYS, "some are unseen")


def basic(kind: str = "All", management: bool = True, without: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "ReadWriteType": kind,
        "IncludeManagementEvents": management,
        "ExcludeManagementEventSources": [f"{name}.amazonaws.com" for name in without],
    }


OURS = [basic("ReadOnly", without=("kms", "rdsdata")), basic("WriteOnly", without=("rdsdata",))]
DATA = fields(eventCategory={"Equals": ["Data"]}, **{"resources.type": {"Equals": ["AWS::S3::Object"]}})
READS = {"Equals": ["true"]}
WRITES = {"Equals": ["false"]}


@pytest.mark.parametrize(
    "found",
    [
        {"EventSelectors": [basic()]},
        {"EventSelectors": OURS},
        {"EventSelectors": [basic(without=("secretsmanager",)), basic()]},
        {"EventSelectors": [basic(management=False), basic("ReadOnly"), basic("WriteOnly")]},
        {"AdvancedEventSelectors": [fields(eventCategory=MANAGEMENT)]},
        {"AdvancedEventSelectors": [DATA, fields(eventCategory=MANAGEMENT, eventSource=WITHOUT_KMS)]},
        {"AdvancedEventSelectors": [
            fields(eventCategory=MANAGEMENT, readOnly=READS),
            fields(eventCategory=MANAGEMENT, readOnly=WRITES),
        ]},
        {"AdvancedEventSelectors": [
            fields(eventCategory=MANAGEMENT, readOnly=WRITES),
            fields(eventCategory=MANAGEMENT, eventSource={"StartsWith": ["secretsmanager."]}),
        ]},
    ],
)  # fmt: skip
def test_selectors_that_record_every_read(found: dict[str, Any]) -> None:
    assert secrets(found).state is State.OK


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "t has no event selector"),
        ({"EventSelectors": [basic(management=False)]},
         "no reads of secrets and changes of secrets, so that some are unseen: selector 1 takes no management events"),
        ({"EventSelectors": [basic("WriteOnly"), basic(management=False)]},
         "no reads of secrets, so that some are unseen: selector 1 takes WriteOnly events; selector 2 takes no man"),
        ({"EventSelectors": [basic("ReadOnly", without=("secretsmanager",)), basic("WriteOnly")]},
         "no reads of secrets, so that some are unseen: selector 1 leaves out secretsmanager.amazonaws.com; sel"),
        ({"AdvancedEventSelectors": [DATA]}, "selector 1 asks for eventCategory Equals Data"),
        ({"AdvancedEventSelectors": [{**fields(eventCategory=MANAGEMENT, readOnly=WRITES), "Name": "writes"}]},
         'no reads of secrets, so that some are unseen: selector 1 "writes" asks for readOnly Equals false'),
        ({"AdvancedEventSelectors": [
            fields(eventCategory=MANAGEMENT, eventSource={"NotEquals": ["secretsmanager.amazonaws.com"]})]},
         "selector 1 asks for eventSource NotEquals secretsmanager.amazonaws.com"),
        ({"AdvancedEventSelectors": [
            fields(eventCategory=MANAGEMENT, **{"userIdentity.arn": {"NotStartsWith": ["arn:aws:iam::1:"]}})]},
         "selector 1 asks for userIdentity.arn NotStartsWith"),
    ],
)  # fmt: skip
def test_selectors_that_leave_reads_out_are_named(found: dict[str, Any], said: str) -> None:
    judged = secrets(found)
    assert judged.state is State.FAILED
    assert said in judged.detail


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ({"EventSelectors": OURS}, State.OK),
        ({"EventSelectors": [basic(without=("kms",))]}, State.FAILED),
        ({"EventSelectors": [basic("ReadOnly"), basic("WriteOnly", without=("kms",))]}, State.FAILED),
        ({"AdvancedEventSelectors": [fields(eventCategory=MANAGEMENT, eventSource=WITHOUT_KMS)]}, State.FAILED),
        ({"AdvancedEventSelectors": [fields(eventCategory=MANAGEMENT)]}, State.OK),
    ],
)
def test_a_trail_without_kms_does_not_show_who_changes_a_key(found: dict[str, Any], state: State) -> None:
    assert keys(found).state is state


def test_the_cure_keeps_what_a_trail_of_the_users_records() -> None:
    assert "'[<those that are there>, " in secrets({"EventSelectors": [basic("WriteOnly")]}).cure
    assert "--advanced-event-selectors" in secrets({"AdvancedEventSelectors": [DATA]}).cure


def test_a_trail_of_one_region_or_of_another_log_group_is_named() -> None:
    trail = {"Name": "t", "CloudWatchLogsLogGroupArn": GROUP, "IsMultiRegionTrail": True, "HomeRegion": "eu-west-1"}
    assert judge_trail(trail, GROUP).state is State.OK
    assert "eu-west-1 only" in judge_trail({**trail, "IsMultiRegionTrail": False}, GROUP).detail
    assert "not to arn:aws:logs" in judge_trail({**trail, "CloudWatchLogsLogGroupArn": "arn:x"}, GROUP).detail


@pytest.mark.parametrize(
    ("logging_for", "delivered", "state"),
    [
        (timedelta(minutes=10), None, State.SKIPPED),
        (timedelta(hours=2), None, State.FAILED),
        (timedelta(days=9), timedelta(minutes=5), State.OK),
        (timedelta(days=9), timedelta(hours=7), State.FAILED),
    ],
)
def test_a_delivery_is_overdue_only_after_a_while(
    logging_for: timedelta, delivered: timedelta | None, state: State
) -> None:
    status = {"IsLogging": True, "StartLoggingTime": NOW - logging_for}
    if delivered is not None:
        status["LatestDeliveryTime"] = NOW - delivered
    found = {result.name: result for result in judge_status({"Name": "t"}, status, NOW.timestamp())}
    assert found["trail: delivery to S3"].state is state


@pytest.mark.parametrize(
    ("arrived", "newest", "created", "state"),
    [
        (5.0, None, timedelta(days=1), State.OK),
        (0.0, timedelta(minutes=20), timedelta(days=1), State.OK),
        (0.0, timedelta(hours=3), timedelta(days=1), State.FAILED),
        (0.0, None, timedelta(minutes=5), State.SKIPPED),
        (0.0, None, timedelta(hours=1), State.FAILED),
    ],
)
def test_a_log_group_receives(arrived: float, newest: timedelta | None, created: timedelta, state: State) -> None:
    def milliseconds(before: timedelta) -> int:
        return int((NOW - before).timestamp() * 1000)

    at = None if newest is None else milliseconds(newest)
    assert judge_receiving("/a", arrived, at, milliseconds(created), NOW.timestamp()).state is state


@pytest.mark.parametrize(
    ("problem", "cure"),
    [
        ("AccessDeniedException: User: x is not authorized to perform: bedrock:InvokeModel", "permissions boundary"),
        ("AccessDeniedException: User: x is not authorized to perform: y with an explicit deny in a", "(SCP)"),
        ("AccessDeniedException: You don't have access to the model with the specified model ID.", "is not granted"),
        ("AccessDeniedException: not authorized to perform (aws-marketplace:Subscribe)", "Marketplace subscription"),
        ("ResourceNotFoundException: Model use case details have not been submitted for this account.", "form"),
        ("ValidationException: The provided model identifier is invalid.", "no such model or profile"),
        ("ValidationException: Invocation of model ID x with on-demand throughput isn't supported.", "profile only"),
        ("ValidationException: `temperature` is deprecated for this model.", "refuses a parameter"),
        ("ResourceNotFoundException: This model version has reached the end of its life.", "newer bedrock_model_id"),
        ("ThrottlingException: Too many tokens per day, please wait before trying again.", "Service Quotas"),
        ("ReadTimeoutError: Read timeout on endpoint URL", "cannot reach Bedrock"),
        ("SomethingNew: what nobody has seen", "facts alone"),
    ],
)  # fmt: skip
def test_why_a_model_refuses_and_what_to_do(problem: str, cure: str) -> None:
    judged = judge_model("m", "eu-west-1", problem, 10)
    assert judged.state is State.FAILED
    assert problem in judged.detail
    assert cure in judged.cure


@pytest.mark.parametrize(
    ("protocol", "endpoint", "shown"),
    [
        ("email", "olga@example.com", "ol…@example.com"),
        ("sms", "+15550100123", "…123"),
        ("https", "https://events.example.com/key/SECRET", "https://events.example.com/…"),
        ("lambda", "arn:aws:lambda:eu-west-1:1:function:f", "f"),
    ],
)
def test_no_address_number_or_secret_path_is_shown_in_full(protocol: str, endpoint: str, shown: str) -> None:
    assert shorten(protocol, endpoint) == shown


def test_a_channel_alone_is_nobody_on_the_operations_topic() -> None:
    queues = {"slack": "arn:aws:sqs:eu-west-1:1:watch-channel-slack"}
    only = [{"SubscriptionArn": "arn:x", "Protocol": "sqs", "Endpoint": queues["slack"]}]
    (result,) = judge_subscribers("operations", only, queues)
    assert result.state is State.FAILED
    (result,) = judge_subscribers("alerts", only, queues)
    assert result.state is State.OK


def test_a_local_aws_hides_its_own_gaps_and_nothing_else() -> None:
    assert of_local_aws(failed("trail: exists", "t delivers to no log group, not to x", "c")).state is State.SKIPPED
    assert of_local_aws(failed("trail: exists", "t records eu-west-1 only", "c")).state is State.FAILED
    assert of_local_aws(failed("trail: logging", "t was stopped", "c")).state is State.FAILED


def test_times_in_words() -> None:
    assert [span(s) for s in (1, 59, 60, 3600, 7200, 90_000)] == [
        "1 second", "59 seconds", "1 minute", "1 hour", "2 hours", "1 day",
    ]  # fmt: skip
    assert ago(NOW - timedelta(minutes=3), NOW.timestamp()) == "3 minutes ago"
    assert ago(None, NOW.timestamp()) == "an unknown time ago"
