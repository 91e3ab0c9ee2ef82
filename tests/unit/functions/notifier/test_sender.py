"""Threads, alerts that are closed, mentions and headers, through the notifier and against a receiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.handler import AT_ONCE, Notifier
from secretwatch.functions.notifier.sender import Parameters
from secretwatch.notify.notice import Fact, Kind, Notice
from secretwatch.store.claims import Claims
from secretwatch.store.store import open_store
from secretwatch.store.threads import Threads
from tests.documents import TABLE, channel, notifier_settings
from tests.harness.webhooks import KEYS, WebhookReceiver
from tests.records import channel_batch
from tests.unit.conftest import aws_client
from tests.unit.doubles import TrailLogs, invocation, raising, throttled
from tests.unit.functions.notifier.test_alarm import STATIC

OPENED = Notice("n1", Kind.ACCESS, Severity.MEDIUM, "opened", (Fact("Who", "user alice"),), "2026-01-31T12:00:00Z",
                story="story-1")  # fmt: skip
UPDATE = replace(OPENED, id="n2", title="went on")
WORSE = replace(OPENED, id="n3", title="got worse", severity=Severity.CRITICAL)
OTHER = replace(OPENED, id="n4", title="another", story="story-2")
DIGEST = Notice("d1", Kind.DIGEST, Severity.INFO, "Digest of 2026-01-31", (), "2026-01-31T23:59:59Z")


@pytest.fixture
def receiver(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    monkeypatch.setattr("secretwatch.notify.channels.webhook.clock.sleep", lambda _: None)
    with WebhookReceiver(tmp_path / "notices.jsonl") as running:
        for name in running.answers:
            aws_client("ssm").put_parameter(Name=f"/{name}", Value=running.url(name), Type="SecureString")
        yield running


@pytest.fixture
def notifier(dynamodb: Any, receiver: WebhookReceiver) -> Notifier:
    return make(
        dynamodb, pager=channel("pagerduty", "/pagerduty", digest=False), bot=channel("slack_bot", "/slack_bot")
    )


def make(dynamodb: Any, **channels: Any) -> Notifier:
    settings = notifier_settings(channels)
    return Notifier(settings, open_store(dynamodb, TABLE), Parameters(aws_client("ssm")), TrailLogs())


def deliver(notifier: Notifier, *notices: Notice | str, to: str, owner: str = "r1") -> list[str]:
    """Hand notices over as a channel's queue does; return the ids of those that go back to it."""
    texts = [notice if isinstance(notice, str) else notice.to_json() for notice in notices]
    answer = notifier.handle(channel_batch(*texts, channel=to), invocation(owner))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def bodies(receiver: WebhookReceiver) -> list[Any]:
    return [post["body"] for post in receiver.posts]


def actions(receiver: WebhookReceiver) -> list[tuple[str, str]]:
    return [(body["event_action"], body["dedup_key"]) for body in bodies(receiver)]


def roots(receiver: WebhookReceiver) -> list[tuple[str, str | None]]:
    """Title of each Slack message, and the message that it stands under."""
    return [(body["text"].split("] ")[1], body.get("thread_ts")) for body in bodies(receiver)]


def answer_with(receiver: WebhookReceiver, *times: str) -> None:
    receiver.answers["slack_bot"].extend((200, json.dumps({"ok": True, "ts": ts}), {}) for ts in times)


# --- PagerDuty


def test_a_story_is_one_alert_that_the_digest_of_its_day_closes(notifier: Notifier, receiver: WebhookReceiver) -> None:
    assert deliver(notifier, OPENED, WORSE, OTHER, to="pager") == []
    assert deliver(notifier, DIGEST, to="pager", owner="r2") == []
    assert actions(receiver) == [
        ("trigger", "story-1"), ("trigger", "story-1"), ("trigger", "story-2"),
        ("resolve", "story-1"), ("resolve", "story-2"),
    ]  # fmt: skip
    assert all(body["routing_key"] == KEYS["pagerduty"] for body in bodies(receiver))
    deliver(notifier, replace(DIGEST, id="d2", time="2026-02-01T23:59:59Z"), to="pager", owner="r3")
    assert len(receiver.posts) == 5, "what is closed is not closed again"


def test_a_story_of_today_stays_open(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, replace(OPENED, time="2026-02-01T06:59:00Z"), to="pager")
    deliver(notifier, DIGEST, to="pager", owner="r2")
    assert actions(receiver) == [("trigger", "story-1")]


def test_a_digest_goes_back_until_all_is_closed_and_closes_each_once(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    deliver(notifier, OPENED, OTHER, to="pager")
    receiver.answers["pagerduty"].extend([(202, "{}", {}), *[(503, "down", {})] * 4])
    assert deliver(notifier, DIGEST, to="pager", owner="r2") == ["m0"]
    assert deliver(notifier, DIGEST, to="pager", owner="r3") == []
    assert actions(receiver)[2:] == [("resolve", "story-1"), ("resolve", "story-2")]


def test_an_alarm_that_is_over_closes_its_alert_however_little_the_channel_hears(
    dynamodb: Any, receiver: WebhookReceiver
) -> None:
    notifier = make(dynamodb, pager=channel("pagerduty", "/pagerduty", digest=False, minimum_severity="medium"))
    deliver(notifier, json.dumps(STATIC), to="pager")
    deliver(notifier, json.dumps({**STATIC, "NewStateValue": "OK"}), to="pager", owner="r2")
    (opened, first), (closed, last) = actions(receiver)
    assert (opened, closed, first) == ("trigger", "resolve", last)


def alarm(state: str, at: str) -> str:
    return json.dumps({**STATIC, "NewStateValue": state, "StateChangeTime": f"{at}.000+0000"})


def verbs(receiver: WebhookReceiver) -> list[str]:
    return [verb for verb, _ in actions(receiver)]


def test_the_digest_leaves_an_alarm_that_is_not_over_open(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, alarm("ALARM", "2026-01-31T12:00:00"), to="pager")
    assert deliver(notifier, DIGEST, to="pager", owner="r2") == []
    assert verbs(receiver) == ["trigger"]
    deliver(notifier, alarm("OK", "2026-02-01T12:00:00"), to="pager", owner="r3")
    assert verbs(receiver) == ["trigger", "resolve"]


def test_what_an_earlier_day_left_resolves_no_newer_alert_of_the_alarm(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    deliver(notifier, alarm("ALARM", "2026-01-30T23:59:00"), to="pager")
    deliver(notifier, alarm("OK", "2026-01-31T00:01:00"), to="pager", owner="r2")
    deliver(notifier, alarm("ALARM", "2026-01-31T06:00:00"), to="pager", owner="r3")
    deliver(notifier, replace(DIGEST, time="2026-01-30T23:59:59Z"), to="pager", owner="r4")
    assert verbs(receiver) == ["trigger", "resolve", "trigger"]


def test_the_alert_of_a_rotation_stays_open_until_somebody_closes_it(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    deliver(notifier, replace(OPENED, kind=Kind.ROTATION, story=None), to="pager")
    deliver(notifier, DIGEST, to="pager", owner="r2")
    assert verbs(receiver) == ["trigger"]


def test_a_channel_of_some_secrets_closes_the_alert_of_an_alarm_about_them(
    dynamodb: Any, receiver: WebhookReceiver
) -> None:
    notifier = make(dynamodb, pager=channel("pagerduty", "/pagerduty", digest=False, secrets=["prod/*"]))
    # Who caused it cannot be looked up, so that it goes to every channel.
    deliver(notifier, alarm("ALARM", "2026-01-31T12:00:00"), to="pager")
    deliver(notifier, alarm("OK", "2026-01-31T12:05:00"), to="pager", owner="r2")
    assert verbs(receiver) == ["trigger", "resolve"]


def test_an_alarm_that_its_end_overtook_is_heard_and_closed(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, alarm("OK", "2026-01-31T12:05:00"), to="pager")
    deliver(notifier, alarm("ALARM", "2026-01-31T12:00:00"), to="pager", owner="r2")
    assert verbs(receiver) == ["resolve", "trigger", "resolve"]
    deliver(notifier, alarm("ALARM", "2026-01-31T13:00:00"), to="pager", owner="r3")
    assert verbs(receiver)[3:] == ["trigger"], "it went off again"


def test_an_end_that_comes_days_late_closes_no_newer_alert(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, alarm("ALARM", "2026-01-31T12:00:00"), to="pager")
    deliver(notifier, alarm("ALARM", "2026-01-31T13:00:00"), to="pager", owner="r2")
    assert deliver(notifier, alarm("OK", "2026-01-31T12:05:00"), to="pager", owner="r3") == []
    assert verbs(receiver) == ["trigger", "trigger"]


def test_no_alert_is_open_that_nobody_would_close(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:
        down.setattr(Threads, "open", raising(throttled()))
        assert deliver(notifier, OPENED, to="pager") == ["m0"]
    assert receiver.posts == []
    assert deliver(notifier, OPENED, to="pager", owner="r2") == []
    deliver(notifier, DIGEST, to="pager", owner="r3")
    assert verbs(receiver) == ["trigger", "resolve"]


def test_a_wrong_key_stops_at_the_first_notice_and_says_what_to_do(
    notifier: Notifier, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = '{"status": "invalid event", "errors": ["Length of \'routing_key\' is incorrect"]}'
    receiver.answers["pagerduty"].append((400, refusal, {}))
    assert deliver(notifier, OPENED, OTHER, to="pager") == ["m0", "m1"]
    said = " ".join(str(vars(entry)) for entry in caplog.records)
    assert "store the key of an Events API v2 integration" in said
    assert KEYS["pagerduty"] not in said


def test_make_verify_leaves_no_alert_open(notifier: Notifier, receiver: WebhookReceiver) -> None:
    assert notifier.test_channels(invocation()) == {"pager": None, "bot": None}
    (first, key), (last, again) = actions_of(receiver, "pagerduty")
    assert (first, last, key) == ("trigger", "resolve", again)


def actions_of(receiver: WebhookReceiver, name: str) -> list[tuple[str, str]]:
    posts = [post["body"] for post in receiver.posts if post["channel"] == name]
    return [(body["event_action"], body["dedup_key"]) for body in posts]


# --- Slack's threads


def test_updates_stand_under_the_storys_first_message(notifier: Notifier, receiver: WebhookReceiver) -> None:
    answer_with(receiver, "10.1", "20.1", "10.2")
    assert deliver(notifier, OPENED, OTHER, to="bot") == []
    assert deliver(notifier, UPDATE, to="bot", owner="r2") == []
    assert roots(receiver) == [("opened", None), ("another", None), ("went on", "10.1")]
    assert {body["channel"] for body in bodies(receiver)} == {"C0123456789"}
    assert receiver.posts[0]["headers"]["Authorization"] == f"Bearer {KEYS['slack_bot']}"


def test_what_is_worse_than_the_first_message_is_in_the_channel_too(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    deliver(notifier, OPENED, UPDATE, WORSE, to="bot")
    assert [body.get("reply_broadcast", False) for body in bodies(receiver)] == [False, False, True]


def test_the_next_day_begins_another_thread(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, OPENED, replace(UPDATE, time="2026-02-01T00:00:00Z"), to="bot")
    assert roots(receiver) == [("opened", None), ("went on", None)]


def test_what_was_listed_with_many_goes_on_under_the_list(notifier: Notifier, receiver: WebhookReceiver) -> None:
    many = [replace(OPENED, id=f"m{n}", story=f"of-many-{n}") for n in range(AT_ONCE + 1)]
    answer_with(receiver, "30.1")
    deliver(notifier, *many, to="bot")
    deliver(notifier, replace(UPDATE, story="of-many-3"), to="bot", owner="r2")
    assert roots(receiver)[1] == ("went on", "30.1")


def test_of_two_at_once_one_is_the_first_message(
    notifier: Notifier, receiver: WebhookReceiver, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secretwatch.store.claims.PATIENCE", 0.0)
    store = open_store(dynamodb, TABLE)
    store.claims.claim("ROOT#bot", "2026-01-31 story-1", invocation("other"))
    assert deliver(notifier, UPDATE, to="bot", owner="r2") == ["m0"], "another invocation is sending the first"
    store.claims.release("ROOT#bot", "2026-01-31 story-1", invocation("other"))
    assert deliver(notifier, UPDATE, to="bot", owner="r3") == []
    assert roots(receiver) == [("went on", None)]


def test_a_first_message_that_was_refused_leaves_its_place_to_the_next(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    receiver.answers["slack_bot"].append((200, '{"ok": false, "error": "invalid_blocks"}', {}))
    assert deliver(notifier, OPENED, UPDATE, to="bot") == ["m0"]
    posted = roots(receiver)
    assert posted[-1] == ("went on", None)


def test_an_update_whose_first_message_was_deleted_stands_by_itself(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    deliver(notifier, OPENED, to="bot")
    receiver.answers["slack_bot"].append((200, '{"ok": false, "error": "thread_not_found"}', {}))
    assert deliver(notifier, UPDATE, to="bot", owner="r2") == []
    assert roots(receiver)[-1] == ("went on", None)


def test_what_took_the_place_of_a_deleted_message_is_the_first_of_its_thread(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    answer_with(receiver, "10.1")
    deliver(notifier, OPENED, to="bot")
    receiver.answers["slack_bot"].append((200, '{"ok": false, "error": "thread_not_found"}', {}))
    answer_with(receiver, "10.2")
    deliver(notifier, UPDATE, to="bot", owner="r2")
    deliver(notifier, replace(UPDATE, id="n5", title="and on"), to="bot", owner="r3")
    assert roots(receiver)[2:] == [("went on", None), ("and on", "10.2")]


def test_a_first_message_whose_claim_cannot_be_settled_is_not_sent_again(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:
        down.setattr(Claims, "settle", raising(throttled()))
        assert deliver(notifier, OPENED, to="bot") == []
    assert deliver(notifier, UPDATE, to="bot", owner="r2") == []
    assert roots(receiver) == [("opened", None), ("went on", "1769861400.000100")]


def test_a_busy_thread_holds_up_none_of_the_others(
    notifier: Notifier, receiver: WebhookReceiver, dynamodb: Any
) -> None:
    open_store(dynamodb, TABLE).claims.claim("ROOT#bot", "2026-01-31 story-1", invocation("other"))
    assert deliver(notifier, OPENED, OTHER, to="bot", owner="r2") == ["m0"]
    assert roots(receiver) == [("another", None)]


def test_the_channel_sees_what_is_worse_than_all_before(notifier: Notifier, receiver: WebhookReceiver) -> None:
    high = replace(UPDATE, id="n6", severity=Severity.HIGH)
    deliver(notifier, OPENED, high, WORSE, replace(high, id="n7"), replace(WORSE, id="n8"), to="bot")
    assert [body.get("reply_broadcast", False) for body in bodies(receiver)] == [False, True, True, False, False]


def test_an_alarm_that_says_no_time_belongs_to_today(notifier: Notifier, receiver: WebhookReceiver) -> None:
    for state, owner in (("ALARM", "r1"), ("OK", "r2")):
        message = {**STATIC, "NewStateValue": state, "StateChangeTime": None}
        deliver(notifier, json.dumps(message), to="pager", owner=owner)
    deliver(notifier, replace(OPENED, time="unknown time"), to="pager", owner="r3")
    deliver(notifier, DIGEST, to="pager", owner="r4")
    assert verbs(receiver) == ["trigger", "resolve", "trigger"]
    deliver(notifier, replace(DIGEST, id="d9", time="9998-12-31T23:59:59Z"), to="pager", owner="r5")
    assert verbs(receiver)[3:] == ["resolve"]


def test_a_token_that_slack_does_not_take_hands_all_back_and_is_not_shown(
    notifier: Notifier, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers["slack_bot"].append((200, '{"ok": false, "error": "invalid_auth"}', {}))
    assert deliver(notifier, OPENED, OTHER, to="bot") == ["m0", "m1"]
    said = " ".join(str(vars(entry)) for entry in caplog.records)
    assert "Slack says invalid_auth" in said
    assert KEYS["slack_bot"] not in said


def test_somebody_is_called_from_the_severity_of_choice_on(dynamodb: Any, receiver: WebhookReceiver) -> None:
    called = channel("slack_bot", "/slack_bot", mention="@here", mention_severity="high")
    notifier = make(dynamodb, bot=called, hook=channel("slack", "/slack", mention="S0123ABCD", mention_severity="high"))
    for name in ("bot", "hook"):
        deliver(notifier, OPENED, WORSE, to=name)
    assert ["<!here>" in json.dumps(body) for body in bodies(receiver)[:2]] == [False, True]
    assert ["<!subteam^S0123ABCD>" in json.dumps(body) for body in bodies(receiver)[2:]] == [False, True]


# --- a webhook's headers


def with_header(dynamodb: Any, value: str) -> Notifier:
    aws_client("ssm").put_parameter(Name="/header", Value=value, Type="SecureString", Overwrite=True)
    return make(dynamodb, hook=channel("webhook", "/webhook", header_parameters={"Authorization": "/header"}))


def test_a_header_comes_from_its_parameter(dynamodb: Any, receiver: WebhookReceiver) -> None:
    assert deliver(with_header(dynamodb, "Splunk synthetic\n"), OPENED, to="hook") == []
    assert receiver.posts[0]["headers"]["Authorization"] == "Splunk synthetic"


@pytest.mark.parametrize("value", ["x\r\nX-Evil: 1", "x\ny", "x\x00y", "schlüssel", "x\u2028y", "\x7f"])
def test_a_value_that_is_no_header_is_refused_and_not_shown(
    dynamodb: Any, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    assert deliver(with_header(dynamodb, value), OPENED, to="hook") == ["m0"]
    assert receiver.posts == []
    said = " ".join(str(vars(entry)) for entry in caplog.records)
    assert "SSM parameter /header: a header's value is one line of printable ASCII" in said
    assert "Evil" not in said
