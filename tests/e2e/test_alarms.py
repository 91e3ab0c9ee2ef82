"""Who tampers with the watch is named in the alarm's message; which alarms channels hear, and which notify nobody."""

from __future__ import annotations

from tests.e2e.conftest import Posts
from tests.harness.stack import Stack

STRANGER = "203.0.113.66"


def awaited(stack: Stack, detection: str = "TrailTampering") -> None:
    """Let the alarm go off again, as if minutes had passed."""
    put(stack, detection, "OK")


def put(stack: Stack, detection: str, state: str) -> None:
    alarm = stack.outputs["alarm_names"][detection]
    stack.aws.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")


def told(posts: Posts) -> str:
    """Return the alarm's message on Slack."""
    posts.expect(1)
    (text,) = [text for text in posts.texts() if "secretwatch-TrailTampering" in text]
    return text


def test_who_puts_a_policy_on_our_bucket_is_named(stack: Stack, posts: Posts, name: str) -> None:
    bucket = stack.outputs["trail_bucket_name"]
    allowed = {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": f"arn:aws:s3:::{bucket}"}
    stranger = stack.user(name, STRANGER, allowed, service="s3")
    policy = stack.aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    awaited(stack)
    stranger.put_bucket_policy(Bucket=bucket, Policy=policy)
    text = told(posts)
    assert f"Who did what: user {name} called PutBucketPolicy from {STRANGER}" in text
    assert bucket in text


def test_who_disables_our_rule_is_named_and_who_did_something_else_is_not(
    stack: Stack, posts: Posts, name: str
) -> None:
    allowed = {"Effect": "Allow", "Action": "events:*Rule", "Resource": "*"}
    stranger = stack.user(name, STRANGER, allowed, service="events")
    events = stack.aws.client("events")
    rule = events.describe_rule(Name="secretwatch-summarizer")
    events.put_rule(Name="theirs", ScheduleExpression="rate(1 hour)", State="ENABLED")
    other = stack.user(f"other-{name}", STRANGER, allowed, service="events")
    awaited(stack)
    try:
        other.disable_rule(Name="theirs")
        stranger.disable_rule(Name="secretwatch-summarizer")
        text = told(posts)
    finally:
        # Enabled alone it would not see reads, which are read-only events.
        events.put_rule(Name=rule["Name"], EventPattern=rule["EventPattern"], State=rule["State"])
        events.delete_rule(Name="theirs")
    assert f"user {name} called DisableRule from {STRANGER}" in text
    assert "on secretwatch-summarizer" in text
    assert f"other-{name}" not in text


def test_an_alarm_below_high_reaches_the_channels_and_one_that_stories_tell_nobody(stack: Stack, posts: Posts) -> None:
    for detection in ("RootRead", "SecretAccessedByRole", "ReadOffHours"):
        awaited(stack, detection)
        put(stack, detection, "ALARM")
    posts.expect(1)
    for channel in ("slack", "teams"):
        (text,) = posts.texts(channel)
        assert "secretwatch-ReadOffHours" in text
        assert "A person read a secret outside working hours (UTC)." in text
