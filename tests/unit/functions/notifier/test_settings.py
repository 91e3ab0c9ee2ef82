from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.settings import MAX_CHANNELS, NotifierSettings
from secretwatch.notify.channels import CHANNELS
from secretwatch.runtime.settings import SettingsError
from tests.documents import VARIABLES, channel, document, environment, notifier_settings


def test_what_terraform_set_is_read() -> None:
    settings = notifier_settings(
        {
            "on call": channel(
                "webhook", "/pager", minimum_severity="high", secrets=["prod/*"], signing_key_parameter="/k"
            )
        }
    )
    assert (settings.table, settings.log_group) == ("secretwatch-audit", "/secretwatch/cloudtrail")
    (route,) = settings.routes
    assert (route.name, route.channel, route.parameter) == ("on call", CHANNELS["webhook"], "/pager")
    assert (route.minimum, route.secrets, route.signing_key_parameter) == (Severity.HIGH, ("prod/*",), "/k")


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_signing_key_is_no_signing_key(nothing: object) -> None:
    (route,) = notifier_settings({"x": channel("slack", "/x", signing_key_parameter=nothing)}).routes
    assert route.signing_key_parameter is None


def test_fifty_channels_are_as_many_as_there_may_be() -> None:
    many = {f"c{n}": channel("slack", "/x") for n in range(MAX_CHANNELS)}
    assert len(notifier_settings(many).routes) == 50
    with pytest.raises(SettingsError, match="channels has 51 entries, 50 at most"):
        notifier_settings({**many, "more": channel("slack", "/x")})


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (None, "channels must be an object with at least one entry, not missing"),
        ({}, "channels must be an object with at least one entry, not {}"),
        ([], "channels must be an object with at least one entry"),
        ({"x": 5}, "channels.'x'.: must be a JSON object, not 5"),
        *(
            ({"x": {**channel("slack", "/x"), **changes}}, f"channels.'x'.: {message}")
            for changes, message in (
                ({"type": "pager"}, 'type must be one of slack, slack_bot, teams, pagerduty, webhook, not "pager"'),
                ({"type": None}, "type must be one of slack, slack_bot, teams, pagerduty, webhook, not missing"),
                ({"webhook_parameter": None}, "webhook_parameter must be a text, not missing"),
                ({"webhook_parameter": ""}, 'webhook_parameter must be a text, not ""'),
                ({"minimum_severity": "loud"}, "minimum_severity must be one of info, low, medium, high, critical"),
                ({"secrets": "a"}, "secrets must be a list of texts"),
                ({"secrets": [""]}, "secrets must be a list of texts"),
                (
                    {"secrets": ["arn:aws:secretsmanager:us-east-1:1:secret:a"]},
                    "secrets must be patterns of secret names",
                ),
                ({"secrets": ["team-a/* "]}, "secrets must be patterns of secret names"),
                ({"signing_key_parameter": "/k"}, "signing_key_parameter is for channels whose receiver checks"),
                ({"type": "webhook", "signing_key_parameter": "/x"}, "signing_key_parameter must be another parameter"),
                ({"signing_key": "/k"}, "there is no setting 'signing_key'; known are digest, header_parameters"),
            )
        ),
    ],
)
def test_a_wrong_channel_is_named(channels: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        notifier_settings(channels)


@pytest.mark.parametrize("name", VARIABLES["notifier"])
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"environment variable {name} is missing or empty"):
        NotifierSettings.read(environment("notifier", **{name: " "}), document("notifier"))


def test_what_the_alarms_count_is_known_by_metric_the_key_s_alarm_included() -> None:
    detections = NotifierSettings.read(
        environment("notifier"), document("notifier", patterns={"RootRead": ["{ a }"]})
    ).detections
    assert detections.patterns == {
        "RootRead": ("{ a }",),
        "KeyTampering": (VARIABLES["notifier"]["KEY_TAMPERING_PATTERNS"],),
    }


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (None, "patterns must be an object of lists of texts, not missing"),
        ([], "patterns must be an object of lists of texts"),
        ({"RootRead": "{ a }"}, "patterns: RootRead must be a list of texts"),
        ({"RootRead": [5]}, "patterns: RootRead must be a list of texts"),
    ],
)
def test_wrong_patterns_are_named(patterns: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        NotifierSettings.read(environment("notifier"), document("notifier", patterns=patterns))


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (None, "alarm_seconds: must be a JSON object, not missing"),
        ({"RootRead": 0}, "alarm_seconds: RootRead must be a whole number from 1 to 172800, not 0"),
    ],
)
def test_wrong_seconds_of_alarms_are_named(seconds: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        NotifierSettings.read(environment("notifier"), document("notifier", alarm_seconds=seconds))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slack_channel": None}, "slack_channel is the id of a channel"),
        ({"type": "slack"}, "slack_channel is the id of a channel"),
        ({"slack_channel": "#general"}, "slack_channel must be the id of a Slack channel"),
        ({"mention": "@alice", "mention_severity": "high"}, "mention must be @here, @channel or the id"),
        ({"mention": "@here"}, "mention_severity must be one of info"),
        ({"type": "pagerduty", "slack_channel": None, "mention": "@here"}, "mention is for channels where people"),
        ({"header_parameters": {"X-A": "/a"}}, "header_parameters are for channels of type webhook"),
        ({"header_parameters": "X-A"}, "header_parameters: must be a JSON object"),
    ],
)
def test_a_wrong_bot_is_named(changes: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        notifier_settings({"x": {**channel("slack_bot", "/x"), **changes}})


@pytest.mark.parametrize("name", ["Content-Type", "HOST", "idempotency-key", "X A", "X:A", "", "x\r\ny"])
def test_a_header_that_is_sent_anyway_or_is_none_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match="header_parameters must be headers that are not sent anyway"):
        notifier_settings({"x": channel("webhook", "/x", header_parameters={name: "/a"})})


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingsError, match=r"settings\.json: there is no setting 'chanels'; known are alarm_seconds"):
        NotifierSettings.read(environment("notifier"), document("notifier", chanels={}))
