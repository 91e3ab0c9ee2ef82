"""Publishing a notice to the alerts topic: JSON for functions, text for people's inboxes."""

from __future__ import annotations

import json
from typing import Any

from secretwatch.notify.notice import Notice
from secretwatch.runtime.text import one_line

_SMS_LIMIT = 140


class Publisher:
    """Publishes to one SNS topic."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic = topic_arn

    def publish(self, notice: Notice) -> None:
        """Publish a notice; subscribers filter on the attributes kind and severity.

        SNS: "Sending messages with a different payload for each protocol".
        """
        text = notice.to_text()
        message = {
            "default": text,
            "lambda": notice.to_json(),
            "https": notice.to_json(),
            "sqs": notice.to_json(),
            "sms": one_line(f"[{notice.severity}] {notice.title}", _SMS_LIMIT),
        }
        self._sns.publish(
            TopicArn=self._topic,
            Subject=notice.subject,
            MessageStructure="json",
            # Not escaped to ASCII: SNS takes 256 KB.
            Message=json.dumps(message, ensure_ascii=False),
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": notice.kind},
                "severity": {"DataType": "String", "StringValue": notice.severity},
            },
        )
