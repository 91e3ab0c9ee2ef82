"""Every situation of the gallery in every channel: as the snapshots have it, valid, and small enough."""

from __future__ import annotations

import json
import os
from typing import Any

import jsonschema
import pytest

from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.notice import Notice
from tests.gallery import GALLERY
from tests.harness.terraform import REPOSITORY

SNAPSHOTS = REPOSITORY / "tests" / "snapshots"
# A bot's messages are the webhook's.
CASES = [(channel, name) for channel in CHANNELS if channel != "slack_bot" for name in GALLERY]
CARD = json.loads((REPOSITORY / "tests" / "harness" / "adaptive_card.schema.json").read_text())


@pytest.mark.parametrize(("channel", "name"), CASES)
def test_a_message_is_as_its_snapshot(channel: str, name: str) -> None:
    file = SNAPSHOTS / channel / f"{name}.json"
    shown = json.dumps(CHANNELS[channel].render(GALLERY[name]), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert file.exists(), "make snapshots writes it"
    assert shown == file.read_text(encoding="utf-8"), "if it is meant to have changed: make snapshots"


def test_no_snapshot_is_left_over() -> None:
    kept = {(file.parent.name, file.stem) for file in SNAPSHOTS.rglob("*.json")}
    assert kept == set(CASES)


def test_a_bots_messages_are_the_webhooks() -> None:
    assert CHANNELS["slack_bot"].render is CHANNELS["slack"].render


@pytest.mark.parametrize("name", GALLERY)
def test_a_card_is_one_by_the_schema(name: str) -> None:
    payload: Any = CHANNELS["teams"].render(GALLERY[name])
    jsonschema.validate(payload["attachments"][0]["content"], CARD)


def test_the_schema_refuses_what_is_no_card() -> None:
    payload: Any = CHANNELS["teams"].render(GALLERY["root"])
    card = payload["attachments"][0]["content"]
    wrong = (
        {**card, "version": "1.6"},
        {**card, "body": [{"type": "TextBlock", "text": "**x**"}]},
        {**card, "body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "x", "weight": "loud"}]}]},
        {**card, "actions": [{"type": "Action.OpenUrl", "title": "x", "url": "javascript:alert(1)"}]},
    )
    for each in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(each, CARD)


@pytest.mark.parametrize("name", GALLERY)
def test_slack_takes_it(name: str) -> None:
    payload: Any = CHANNELS["slack"].render(GALLERY[name])
    assert len(json.dumps(payload, ensure_ascii=False)) <= 13_000
    assert len(payload["blocks"]) <= 50
    for block in payload["blocks"]:
        for text in texts(block):
            assert 1 <= len(text) <= 3_000
    assert len(payload["blocks"][0]["text"]["text"]) <= 150
    assert len(payload["blocks"][-1]["elements"]) <= 10


@pytest.mark.parametrize("name", GALLERY)
def test_teams_takes_its_size(name: str) -> None:
    assert len(json.dumps(CHANNELS["teams"].render(GALLERY[name]), ensure_ascii=False).encode()) <= 28_000


@pytest.mark.parametrize("name", GALLERY)
def test_pagerduty_takes_it(name: str) -> None:
    event: Any = CHANNELS["pagerduty"].render(GALLERY[name])
    assert len(json.dumps(event, ensure_ascii=False).encode()) <= 512 * 1024
    assert 1 <= len(event["payload"]["summary"]) <= 1024
    assert event["payload"]["severity"] in ("critical", "error", "warning", "info")
    assert 1 <= len(event["dedup_key"]) <= 255


@pytest.mark.parametrize("name", GALLERY)
def test_a_program_gets_the_notice_back(name: str) -> None:
    assert Notice.from_json(json.dumps(CHANNELS["webhook"].render(GALLERY[name]))) == GALLERY[name]


def test_links_lead_to_the_partitions_own_console() -> None:
    first = {name: GALLERY[name].links[0].url for name in ("read_by_a_user", "in_govcloud", "in_china")}
    assert first == {
        "read_by_a_user": "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1"
        "#/events/5e0c4f0e-6a0b-4f5e-9d0c-000000000000",
        "in_govcloud": "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudtrailv2/home?region=us-gov-west-1"
        "#/events/5e0c4f0e-6a0b-4f5e-9d0c-000000000000",
        "in_china": "https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1"
        "#/events/5e0c4f0e-6a0b-4f5e-9d0c-000000000000",
    }


def texts(value: Any) -> list[str]:
    """Every text of a block."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return []
