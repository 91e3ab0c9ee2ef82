"""The whole system on a laptop: local AWS, model, webhooks, deployed by Terraform, driven by CloudTrail."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.harness.cloudtrail import CloudTrail, Trail
from tests.harness.local_aws import LocalAws, wait_until
from tests.harness.model import MODEL_ID, StandInModel
from tests.harness.terraform import ACCOUNT, REPOSITORY, workspace, write_root
from tests.harness.webhooks import WebhookReceiver

OUTPUTS = ("trail_bucket_name", "trail_log_group_name", "alerts_topic_arn", "operations_topic_arn", "alarm_names",
           "metric_namespace", "audit_table_name", "summaries_bucket_name", "function_names",
           "dead_letter_queue_names", "access_queue_name", "channel_queue_names", "freeze_parameter_name",
           "canary_secret_name")  # fmt: skip
CHANNELS = ("slack", "teams")
DEPLOYERS_KEY = "test"
"""The access key of tests/harness/terraform.py."""
DEPLOY_ACTIONS = "deploy-actions.json"
"""File with the actions that terraform apply used."""
QUIET = 0.2
"""Seconds without any call to the local AWS after which nothing is under way any more: no thread is about to call."""


@dataclass(frozen=True)
class Stack:
    """The deployed system and what it talks to."""

    aws: LocalAws
    outputs: Mapping[str, Any]
    trail: CloudTrail
    webhooks: WebhookReceiver
    model: StandInModel

    def user(self, name: str, address: str, *statements: dict[str, Any], service: str = "secretsmanager") -> Any:
        """Create an IAM user that calls from ``address``; return its client of a service."""
        iam = self.aws.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="scene", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.trail.callers[f"arn:aws:iam::{ACCOUNT}:user/{name}"] = address
        return self.aws.client(service, key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, name: str, session: str, address: str, *statements: dict[str, Any]) -> Any:
        """Create an IAM role that is assumed from ``address``; return its session's Secrets Manager client."""
        iam, sts = self.aws.client("iam"), self.aws.client("sts")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="scene", PolicyDocument=policy(*statements))
        key = sts.assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        self.trail.callers[arn] = address
        return self.aws.client("secretsmanager", key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])

    def settle(self) -> None:
        """Wait until nothing is under way: every call delivered, no function running or due, no action just now."""
        wait_until(lambda: self._is_quiet() and self._holds_nothing(self.outputs["channel_queue_names"]), 60, "quiet")

    def _is_quiet(self) -> bool:
        if not self.trail.is_idle():
            return False
        return time.time() - self.aws.calls_file.stat().st_mtime > QUIET and self.aws.running() == 0

    def forget_cooldowns(self) -> None:
        """Let every target be rotated again, as if hours had passed."""
        dynamodb, table = self.aws.client("dynamodb"), self.outputs["audit_table_name"]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if item["pk"]["S"].startswith(("COOLDOWN#", "BUDGET#", "DUE")):
                    dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})

    def end_cooldowns(self) -> None:
        """Let every cooldown end now, and what was to be done then be due."""
        dynamodb, table = self.aws.client("dynamodb"), self.outputs["audit_table_name"]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                key = {"pk": item["pk"], "sk": item["sk"]}
                if item["pk"]["S"].startswith("COOLDOWN#"):
                    dynamodb.put_item(TableName=table, Item={**item, "until": {"N": "0"}})
                elif item["pk"]["S"] == "DUE":
                    dynamodb.delete_item(TableName=table, Key=key)
                    now = {"S": "2026-01-01T00:00:00Z" + item["sk"]["S"][20:]}
                    at = {"N": str(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()))}
                    dynamodb.put_item(TableName=table, Item={**item, "sk": now, "at": at})

    def do_due(self) -> None:
        """Run the rotator for what is due, as its schedule does on AWS each minute, and wait until it was handled."""
        event = {"source": "aws.events", "detail-type": "Scheduled Event"}
        function = self.outputs["function_names"]["rotator"]
        self.aws.client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
        )
        self.settle()

    def run_canary(self) -> None:
        """Run the canary, as its schedule does on AWS, and wait until its read has been handled."""
        function = self.outputs["function_names"]["canary"]
        self.aws.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
        self.settle()
        if self.outputs["access_queue_name"]:
            self.await_empty_queue()
            self.settle()

    def run_digest(self) -> None:
        """Run the digest about today, as its schedule does on AWS tomorrow, and wait until it was handled."""
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": f"{tomorrow:%Y-%m-%d}T07:00:00Z"}
        function = self.outputs["function_names"]["digest"]
        self.aws.client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
        )
        self.settle()

    def canary_delays(self) -> dict[str, list[float]]:
        """Return path → delays in seconds of the canary's reads."""
        return {path: [delay for _, delay in found] for path, found in self.canary_metrics().items()}

    def canary_metrics(self) -> dict[str, list[tuple[float, float]]]:
        """Return path → (epoch seconds, delay in seconds), as CloudWatch reads them out of the summarizer's log."""
        group = f"/aws/lambda/{self.outputs['function_names']['summarizer']}"
        found: dict[str, list[tuple[float, float]]] = {}
        for page in self.aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group):
            for event in page["events"]:
                with contextlib.suppress(ValueError, TypeError, KeyError):  # any other line
                    line = json.loads(event["message"])
                    at = line["_aws"]["Timestamp"] / 1000
                    found.setdefault(line["Path"], []).extend((at, delay) for delay in line["CanaryDelay"])
        return {path: sorted(pairs) for path, pairs in found.items()}

    def age_canary(self, minutes: int) -> None:
        """Move what is kept of the canary into the past, as if minutes had gone by."""
        dynamodb, table = self.aws.client("dynamodb"), self.outputs["audit_table_name"]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if item["pk"]["S"].startswith(("SIGHTING#", "NOTE#canary ")):
                    aged = {n: {"S": _earlier(v["S"], minutes)} if "S" in v else v for n, v in item.items()}
                    dynamodb.put_item(TableName=table, Item=aged)

    @contextlib.contextmanager
    def without(self, function: str, sid: str) -> Iterator[None]:
        """Take one statement out of a function's policy while ``with`` runs."""
        iam, role = self.aws.client("iam"), self.outputs["function_names"][function]
        document = iam.get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
        left = [statement for statement in document["Statement"] if statement["Sid"] != sid]
        assert len(left) == len(document["Statement"]) - 1, f"{role} has no statement {sid}"
        self._set_policy(role, policy(*left))
        try:
            yield
        finally:
            self._set_policy(role, json.dumps(document))

    def _set_policy(self, role: str, document: str) -> None:
        """Change the policy and start the function cold: a warm one may remember what it read before."""
        functions = self.aws.client("lambda")
        self.aws.client("iam").put_role_policy(RoleName=role, PolicyName="function", PolicyDocument=document)
        variables = functions.get_function_configuration(FunctionName=role)["Environment"]["Variables"]
        environment = {"Variables": {**variables, "STARTED_COLD": str(uuid.uuid4())}}
        functions.update_function_configuration(FunctionName=role, Environment=environment)

    def await_empty_queue(self) -> None:
        """Wait until the fast path's queue holds nothing, visible or being handled."""
        wait_until(lambda: self._holds_nothing([self.outputs["access_queue_name"]]), 60, "an empty queue")

    def await_dead_letter(self, queue: str, seconds: float = 60) -> None:
        """Wait until a dead-letter queue holds something, without receiving it."""
        wait_until(lambda: not self._holds_nothing([queue]), seconds, f"a message in {queue}")

    def _holds_nothing(self, queues: Iterable[str]) -> bool:
        sqs = self.aws.client("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        urls = [sqs.get_queue_url(QueueName=queue)["QueueUrl"] for queue in queues]
        counts = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
        return all(int(count) == 0 for of_queue in counts for count in of_queue.values())

    def hurry_channels(self) -> None:
        """Let the channels' queues give up in seconds what they try for two days."""
        sqs = self.aws.client("sqs")
        for queue in self.outputs["channel_queue_names"]:
            url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            given = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
            redrive = {**json.loads(given["RedrivePolicy"]), "maxReceiveCount": 3}
            attributes = {"VisibilityTimeout": "4", "RedrivePolicy": json.dumps(redrive)}
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    def kill_workers(self, function: str) -> int:
        """End the processes that run a function, as Lambda ends one that crashed; return how many."""
        name = f"ministack-lambda-{self.outputs['function_names'][function]}-"
        killed = 0
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes().decode(errors="replace")
                if name in command and str(self.aws.folder) in command:
                    os.kill(int(process.name), signal.SIGKILL)
                    killed += 1
        return killed

    def dead_letters(self, function: str) -> list[dict[str, Any]]:
        """Receive the events in a function's dead-letter queue; they are gone from there afterwards."""
        return [json.loads(text) for text in self.dead_letter_texts(self.outputs["function_names"][function])]

    def dead_letter_texts(self, name: str) -> list[str]:
        """Receive the bodies in the dead-letter queue of a function or of a channel's queue."""
        sqs = self.aws.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{name}-dead-letters")["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    def function_denials(self) -> list[dict[str, Any]]:
        """Return every call of a function that IAM refused."""
        roles = [f"assumed-role/{name}/" for name in self.outputs["function_names"].values() if name]
        return [denial for denial in self.aws.denials() if any(role in denial["principal"] for role in roles)]

    def audit_items(self) -> list[dict[str, str]]:
        """Return every access in the audit table, oldest first, as plain texts."""
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["audit_table_name"])
        items = [
            {name: next(iter(value.values())) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
            if item["pk"]["S"].startswith("ACCESS#")
        ]
        return sorted(items, key=lambda item: item["sk"])


def _earlier(text: str, minutes: int) -> str:
    """Return a text with every time in it moved back."""

    def move(match: re.Match[str]) -> str:
        return (datetime.fromisoformat(match[0]) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")

    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", move, text)


def policy(*statements: dict[str, Any]) -> str:
    """Return an IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def read_any_secret() -> dict[str, Any]:
    """Return a statement that lets a scene's caller read every secret."""
    return {"Effect": "Allow", "Action": ["secretsmanager:*"], "Resource": "*"}


@contextlib.contextmanager
def local_aws(folder: Path) -> Iterator[tuple[LocalAws, StandInModel]]:
    """Yield a local AWS with the stand-in model behind its Bedrock."""
    with StandInModel() as model, LocalAws(folder, model.url) as aws:
        yield aws, model


def seed_webhooks(aws: LocalAws, webhooks: WebhookReceiver) -> dict[str, Any]:
    """Store the receiver's URLs as a user would, in SSM; return the arguments that name them."""
    ssm = aws.client("ssm")
    for channel in webhooks.answers:
        ssm.put_parameter(Name=f"/webhooks/{channel}", Value=webhooks.url(channel), Type="SecureString")
    return {"operations_emails": ["operations@example.com"], "channels": channels()}


def channels() -> dict[str, dict[str, Any]]:
    """Return the channels that get every notice."""
    return {
        name: {"type": name, "webhook_parameter": f"/webhooks/{name}", "minimum_severity": "info"} for name in CHANNELS
    }


def deploy(aws: LocalAws, folder: Path, arguments: Mapping[str, Any],
           on_line: Callable[[str], None] | None = None) -> dict[str, Any]:  # fmt: skip
    """Deploy the root module with ``terraform apply``; return its outputs."""
    settings = {
        "force_destroy": True,
        "bedrock_model_id": MODEL_ID,
        "model_minimum_severity": "low",  # most of what the tests read is no more than a first read
        # The aws provider waits 55 s for a lifecycle rule to settle.
        "log_archive_after_days": None,
        "enable_analytics": False,
        # The local AWS knows no saved Logs Insights queries.
        "enable_dashboard": False,
        **arguments,
    }
    root = write_root(folder / "root", REPOSITORY, settings, aws.endpoint, OUTPUTS)
    with workspace(root) as terraform:
        before = len(list(aws.calls()))
        terraform.run("apply", "-auto-approve", "-no-color", on_line=on_line)
        calls = [call for call in list(aws.calls())[before:] if call.get("action")]
        # Scheduled functions run meanwhile, with keys of their roles.
        used = {str(call["action"]) for call in calls if call["key"] == DEPLOYERS_KEY}
        (folder / DEPLOY_ACTIONS).write_text(json.dumps(sorted(used)), encoding="utf-8")
        return terraform.outputs()


@contextlib.contextmanager
def deployed(folder: Path, arguments: Mapping[str, Any],
             on_line: Callable[[str], None] | None = None) -> Iterator[Stack]:  # fmt: skip
    """Yield the system deployed to a local AWS of its own."""
    with local_aws(folder) as (aws, model), WebhookReceiver(folder / "notices.jsonl") as webhooks:
        outputs = deploy(aws, folder, {**seed_webhooks(aws, webhooks), **arguments}, on_line)
        with CloudTrail(aws, Trail(outputs["trail_log_group_name"], outputs["trail_bucket_name"])) as trail:
            stack = Stack(aws, outputs, trail, webhooks, model)
            stack.hurry_channels()
            yield stack
