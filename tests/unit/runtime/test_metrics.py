from __future__ import annotations

import json
import time

import pytest

from secretwatch.runtime.metrics import publish


def test_a_line_is_what_cloudwatch_takes_for_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    before = time.time() * 1000
    publish("SecretWatch/x", "CanaryDelay", "Seconds", [1.23456, 2], {"Path": "logs"})
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    metadata = document.pop("_aws")
    assert before - 1 <= metadata["Timestamp"] <= time.time() * 1000
    (directive,) = metadata["CloudWatchMetrics"]
    assert directive["Namespace"] == "SecretWatch/x"
    # Every dimension and metric that is announced must stand in the document.
    assert [set(dimensions) for dimensions in directive["Dimensions"]] == [{"Path"}]
    assert [(metric["Name"], metric["Unit"]) for metric in directive["Metrics"]] == [("CanaryDelay", "Seconds")]
    assert document == {"Path": "logs", "CanaryDelay": [1.235, 2]}


def test_more_values_than_cloudwatch_takes_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    publish("SecretWatch/x", "CanaryDelay", "Seconds", [1.0] * 150, {"Path": "logs"})
    assert len(json.loads(capsys.readouterr().out)["CanaryDelay"]) == 100
