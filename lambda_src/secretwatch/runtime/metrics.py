"""Metrics through the function's own log: CloudWatch reads them there, no permission is needed.

AWS: "Specification: Embedded metric format" (Amazon CloudWatch User Guide).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence

MAX_VALUES = 100
"""Most values of one metric in one line."""


def publish(namespace: str, name: str, unit: str, values: Sequence[float], dimensions: Mapping[str, str]) -> None:
    """Write the values of one metric to standard output; those beyond MAX_VALUES are left out."""
    document = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": namespace, "Dimensions": [[*dimensions]], "Metrics": [{"Name": name, "Unit": unit}]}
            ],
        },
        **dimensions,
        name: [round(value, 3) for value in values[:MAX_VALUES]],
    }
    # Not through logging: a higher log level must not switch a metric off.
    print(json.dumps(document), flush=True)
