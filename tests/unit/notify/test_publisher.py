from __future__ import annotations

import json

from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from tests.gallery import GALLERY
from tests.unit.doubles import Topic

NOTICE = GALLERY["read_from_an_untrusted_network"]


def published(notice: Notice) -> dict[str, str]:
    topic = Topic()
    Publisher(topic, "arn:topic").publish(notice)
    (message,) = topic.published
    assert (message["TopicArn"], message["MessageStructure"]) == ("arn:topic", "json")
    assert message["Subject"] == notice.subject
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"kind": notice.kind, "severity": notice.severity}
    found: dict[str, str] = json.loads(message["Message"])
    return found


def test_programs_get_the_notice_and_people_its_text() -> None:
    message = published(NOTICE)
    for protocol in ("lambda", "https", "sqs"):
        assert Notice.from_json(message[protocol]) == NOTICE
    assert message["default"] == NOTICE.to_text()


def test_a_text_message_is_short() -> None:
    assert published(NOTICE)["sms"] == "[high] user mallory read prod/db"
    assert len(published(GALLERY["emoji_and_endless_names"])["sms"]) <= 140
