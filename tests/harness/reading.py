"""Webhook payloads as a person reads them: plain text from Block Kit and Adaptive Cards."""

from __future__ import annotations

from typing import Any


def read(channel: str, body: dict[str, Any]) -> str:
    """Return the text that a channel shows for a payload."""
    return _READERS[channel](body)


def _slack(body: dict[str, Any]) -> str:
    return "\n".join(filter(None, map(_block, body["blocks"])))


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return str(block["text"]["text"])
        case "context":
            return " ".join(element["text"] for element in block["elements"])
        case "rich_text":
            return "".join(map(_rich, block["elements"])).rstrip("\n")
        case "section":
            return str(block["text"]["text"])
        case other:
            raise ValueError(f"no reader for Slack block {other}")


def _rich(element: dict[str, Any]) -> str:
    match element["type"]:
        case "text" | "link":
            return str(element["text"])
        case "rich_text_list":
            return "".join(f"  • {_rich(item)}\n" for item in element["elements"])
        case _:
            return "".join(map(_rich, element["elements"]))


def _teams(body: dict[str, Any]) -> str:
    (attachment,) = body["attachments"]
    card = attachment["content"]
    lines = ["".join(run["text"] for run in line["inlines"]) for line in card["body"]]
    return "\n".join([*lines, " · ".join(action["title"] for action in card["actions"])]).rstrip()


def _pagerduty(body: dict[str, Any]) -> str:
    if body["event_action"] == "resolve":
        return f"Resolved: {body['dedup_key']}"
    event = body["payload"]
    return "\n".join([event["summary"], *(f"{label}: {value}" for label, value in event["custom_details"].items())])


_READERS = {"slack": _slack, "slack_bot": _slack, "teams": _teams, "pagerduty": _pagerduty}
