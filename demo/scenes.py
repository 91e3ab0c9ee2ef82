"""The scenes: real API calls under real IAM users and roles, and what must come of each."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.harness.local_aws import wait_until
from tests.harness.reading import read
from tests.harness.stack import CHANNELS, Stack, read_any_secret

OFFICE = "198.51.100.7"
OFFICE_V6 = "2001:db8:10::25"
ELSEWHERE = "203.0.113.66"
ARGUMENTS: dict[str, Any] = {
    "trusted_cidrs": ["198.51.100.0/24", "2001:db8:10::/48"],
    "enable_rotation": True,
    "rotation_targets": {"prod/db": {"strategy": "generate", "json_keys": ["password"]}},
    "rotation_mode": "rotate",
    # As in a real account: the history is protected, and a person hears of failures of the system itself.
    "force_destroy": False,
    "alert_emails": ["olga@example.com"],
}
SECRETS = {
    "TopSecretInfo": json.dumps({"launch_code": "synthetic"}),
    "prod/db": json.dumps({"host": "db.example.internal", "username": "app", "password": "synthetic-old-password"}),
}
PATIENCE = 30.0


@dataclass(frozen=True)
class Played:
    """What a scene did, for people and for tests."""

    lines: list[tuple[str, float]]
    """(what happened, seconds since the call)"""
    posts: list[dict[str, Any]]


class Stage:
    """Plays scenes on a deployed stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.role_alarm: str = stack.outputs["alarm_names"]["SecretAccessedByRole"]
        self._admin = stack.aws.client("secretsmanager")
        for name, value in SECRETS.items():
            self._admin.create_secret(Name=name, SecretString=value)
        # The metric filters count zeros from the start, and the alarm is OK.
        stack.trail.deliver([{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}])

    def basic(self) -> Played:
        """A user reads a secret from the office: a summary, and no alarm."""
        alice = self.stack.user("alice", OFFICE, read_any_secret())
        take = _Take(self.stack, "basic")
        alice.get_secret_value(SecretId="TopSecretInfo")
        take.await_posts({"access": 1})
        take.note(f"summary in S3: {self._summary()}")
        take.note(f"alarm {self.role_alarm} is {self.stack.trail.alarm_state(self.role_alarm)}")
        return take.result()

    def role(self) -> Played:
        """An assumed role reads it, over IPv6: both metrics count, the alarm goes off, a summary tells it."""
        deploy = self.stack.role("deploy", "release-42", OFFICE_V6, read_any_secret())
        take = _Take(self.stack, "role")
        deploy.get_secret_value(SecretId="TopSecretInfo")
        take.await_posts({"access": 1})
        wait_until(lambda: self.stack.trail.alarm_state(self.role_alarm) == "ALARM", PATIENCE, "the alarm")
        for metric in ("SecretAccessed", "SecretAccessedByRole"):
            take.note(f"metric {metric} counted {self._metric(metric):.0f} in all")
        take.note(f"alarm {self.role_alarm} is {self.stack.trail.alarm_state(self.role_alarm)}; the summary tells it")
        return take.result()

    def untrusted(self) -> Played:
        """A read from outside the trusted networks: the secret gets a new value."""
        mallory = self.stack.user("mallory", ELSEWHERE, read_any_secret())
        before = self._value("prod/db")
        take = _Take(self.stack, "untrusted")
        mallory.get_secret_value(SecretId="prod/db")
        after = wait_until(lambda: self._changed("prod/db", before), PATIENCE, "the rotation of prod/db")
        take.note(f"prod/db has a new password; its keys are the same: {', '.join(after)}")
        assert after["password"] != before["password"]
        assert {**after, "password": ""} == {**before, "password": ""}
        take.await_posts({"access": 1, "rotation": 1})
        rotator = self.stack.outputs["function_names"]["rotator"]
        wait_until(lambda: self._accesses(rotator, "GetSecretValue"), PATIENCE, "the record of the rotator's own read")
        take.note("the rotator's own read is recorded, and started nothing")
        return take.result()

    def denied(self) -> Played:
        """A user without permission is denied: recorded, nobody is notified."""
        eve = self.stack.user("eve", ELSEWHERE)
        take = _Take(self.stack, "denied")
        try:
            eve.get_secret_value(SecretId="TopSecretInfo")
        except ClientError as error:
            take.note(f"the local AWS answered {error.response['Error']['Code']}")
        wait_until(lambda: self._accesses("eve", "GetSecretValue"), PATIENCE, "the record of the denial")
        (access,) = self._accesses("eve", "GetSecretValue")
        take.note(f"in the audit table: {access['principal_name']} {access['outcome']} {access['secret']}")
        take.await_posts({})
        take.note("nobody was notified, nothing was rotated")
        return take.result()

    def digest(self) -> Played:
        """What the channels are told the next morning."""
        take = _Take(self.stack, "digest")
        self.stack.run_digest()
        take.await_posts({"digest": 1})
        return take.result()

    def history(self) -> list[list[str]]:
        """The accesses so far, from the audit table."""
        return self.rows(self.stack.audit_items())

    @staticmethod
    def rows(items: list[dict[str, Any]]) -> list[list[str]]:
        """Audit items as rows of a table."""
        columns = ("time", "event_name", "secret", "principal_name", "source_address", "trust", "outcome")
        return [[str(item.get(column, "—")) for column in columns] for item in items]

    def _value(self, name: str) -> dict[str, str]:
        value: dict[str, str] = json.loads(self._admin.get_secret_value(SecretId=name)["SecretString"])
        return value

    def _changed(self, name: str, before: dict[str, str]) -> dict[str, str] | None:
        value = self._value(name)
        return value if value != before else None

    def _summary(self) -> str:
        """The S3 key of the newest summary, once it is there."""
        s3, bucket = self.stack.aws.client("s3"), self.stack.outputs["summaries_bucket_name"]
        listed = wait_until(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), PATIENCE, "the summary in S3")
        return str(listed[-1]["Key"])

    def _metric(self, name: str) -> float:
        return self.stack.trail.counted(self.stack.outputs["metric_namespace"], name)

    def _accesses(self, principal: str, event: str) -> list[dict[str, Any]]:
        return [a for a in self.stack.audit_items() if a["principal_name"] == principal and a["event_name"] == event]


class _Take:
    """One scene being played: its clock, its notes, and the posts that belong to it."""

    def __init__(self, stack: Stack, scene: str) -> None:
        self._stack = stack
        self._webhooks = stack.webhooks
        self._webhooks.scene = scene
        self._first = len(self._webhooks.posts)
        self._started = time.monotonic()
        self._lines: list[tuple[str, float]] = []

    @property
    def posts(self) -> list[dict[str, Any]]:
        return [post for post in self._webhooks.posts[self._first :] if post["channel"] in CHANNELS]

    def note(self, what: str) -> None:
        self._lines.append((what, time.monotonic() - self._started))

    def await_posts(self, kinds: dict[str, int]) -> None:
        """Wait until each channel had exactly these kinds of notices, once everything is handled."""
        expected = Counter({(channel, kind): n for kind, n in kinds.items() for channel in CHANNELS})
        wait_until(lambda: len(self.posts) >= expected.total(), PATIENCE, f"{expected.total()} webhook posts")
        self._stack.settle()
        found = Counter((post["channel"], kind_of(post)) for post in self.posts)
        assert found == expected, f"expected {dict(expected)}, got {dict(found)}"
        for post in self.posts:
            first_line = read(post["channel"], post["body"]).splitlines()[0]
            self._lines.append((f"{post['channel']}: {first_line}", post["time"] - self._call_time))

    @property
    def _call_time(self) -> float:
        return time.time() - (time.monotonic() - self._started)

    def result(self) -> Played:
        return Played(sorted(self._lines, key=lambda line: line[1]), self.posts)


def kind_of(post: dict[str, Any]) -> str:
    """What a post is about: access, rotation, alarm or digest, by what it says."""
    text = read(post["channel"], post["body"])
    if "Digest of " in text:
        return "digest"
    if "Alarm: " in text:
        return "alarm"
    return "rotation" if "What was done: " in text else "access"
