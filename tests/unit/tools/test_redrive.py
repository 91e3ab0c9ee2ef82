from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoRegionError
from moto import mock_aws

from tests.unit.conftest import aws_client
from tools import redrive
from tools.redrive import Redrive, main


class Functions:
    """Lambda: keeps what it was invoked with, and may be down."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, str, Any]] = []
        self.fails = False

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803
        if self.fails:
            raise ConnectionError
        self.invoked.append((FunctionName, InvocationType, json.loads(Payload)))


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    functions = Functions()
    clients = {"lambda": functions}
    monkeypatch.setattr(redrive, "_WAIT", 0)
    monkeypatch.setattr(boto3, "client", lambda name: clients.get(name) or aws_client(name))
    return functions


@pytest.fixture
def sqs(aws: None) -> Iterator[Any]:
    with mock_aws():
        client = aws_client("sqs")
        for name in (
            "watch-rotator-dead-letters",
            "watch-summarizer-dead-letters",
            "watch-accesses",
            "watch-channel-slack",
            "watch-channel-slack-dead-letters",
            "other-dead-letters",
        ):
            client.create_queue(QueueName=name)
        yield client


def send(sqs: Any, queue: str, body: Any) -> None:
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))


def waiting(sqs: Any, queue: str) -> int:
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    return len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []))


def record(event: Any) -> dict[str, Any]:
    """What Lambda sends to the dead-letter queue of an asynchronous invocation."""
    return {
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": event,
        "responsePayload": {"errorMessage": "prod/db: HTTP 500"},
    }


def test_events_go_back_to_their_function_once(sqs: Any, functions: Functions, capsys: Any) -> None:
    for number in range(12):
        send(sqs, "watch-rotator-dead-letters", record({"n": number}))
    send(sqs, "other-dead-letters", record({"not": "ours"}))
    assert main(["--prefix", "watch"]) == 0
    assert sorted(
        event["n"] for name, kind, event in functions.invoked if (name, kind) == ("watch-rotator", "Event")
    ) == [*range(12)]
    printed = capsys.readouterr().out
    assert "watch-rotator: prod/db: HTTP 500" in printed
    assert "12 events were sent again" in printed
    main(["--prefix", "watch"])
    assert len(functions.invoked) == 12
    assert "are empty" in capsys.readouterr().out


def test_what_the_fast_path_gave_up_goes_back_to_its_queue(sqs: Any, functions: Functions) -> None:
    send(sqs, "watch-summarizer-dead-letters", '{"detail": {}}')
    main(["--prefix", "watch"])
    assert functions.invoked == []
    assert waiting(sqs, "watch-accesses") == 1


def test_what_a_channel_did_not_take_goes_back_to_its_queue(sqs: Any, functions: Functions, capsys: Any) -> None:
    send(sqs, "watch-channel-slack-dead-letters", {"Type": "Notification", "TopicArn": "t", "Message": "{}"})
    main(["--prefix", "watch"])
    assert functions.invoked == []
    assert "watch-channel-slack: the channel did not take it" in capsys.readouterr().out
    assert (waiting(sqs, "watch-channel-slack"), waiting(sqs, "watch-channel-slack-dead-letters")) == (1, 0)


def test_without_credentials_or_region_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def no_region(_: str) -> None:
        raise NoRegionError

    monkeypatch.setattr(boto3, "client", no_region)
    assert main([]) == 1
    assert "You must specify a region. Set AWS_PROFILE and AWS_REGION" in capsys.readouterr().err


def test_a_dry_run_changes_nothing(sqs: Any, functions: Functions, capsys: Any) -> None:
    send(sqs, "watch-rotator-dead-letters", record({}))
    main(["--prefix", "watch", "--dry-run"])
    assert "1 events are in dead-letter queues" in capsys.readouterr().out
    assert functions.invoked == []
    assert waiting(sqs, "watch-rotator-dead-letters") == 1


def test_what_could_not_be_sent_again_stays_in_the_queue(sqs: Any, functions: Functions) -> None:
    send(sqs, "watch-rotator-dead-letters", record({}))
    functions.fails = True
    again = Redrive(sqs, functions, "watch")
    (dead,) = again.messages()
    with pytest.raises(ConnectionError):
        again.resend(dead)
    again.put_back(dead)
    assert waiting(sqs, "watch-rotator-dead-letters") == 1
