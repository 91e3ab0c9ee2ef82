"""Stories, and a principal that is known: what the tests of this room begin with."""

from __future__ import annotations

from secretwatch.detect.memory import Memory
from secretwatch.detect.story import Story, group
from secretwatch.detect.tuning import parse_rules
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.origin import TrustPolicy, parse_networks
from tests.records import ACCOUNT, Record

TRUST = TrustPolicy(parse_networks(["198.51.100.0/24"]))
NOW = 1_769_860_800
"""2026-01-31T12:00:00Z, when every record of ``tests.records`` was."""
DAY = 86_400
KEY = f"us-east-1/{ACCOUNT}/prod/db"
KNOWN = Memory(
    secrets={KEY: NOW - DAY, f"us-east-1/{ACCOUNT}/other": NOW - DAY},
    written={KEY: NOW - DAY},
    networks={"198.51.100.7": NOW - DAY},
    regions={"us-east-1": NOW - DAY},
)
TUNING = parse_rules('{"decoys": ["honey/*"]}')


def stories(*records: Record, trust: TrustPolicy = TRUST) -> list[Story]:
    accesses = [access for r in records if isinstance(access := parse(r), SecretAccess)]
    assert len(accesses) == len(records)
    return group(trust.judge(accesses))


def story(*records: Record, trust: TrustPolicy = TRUST) -> Story:
    (found,) = stories(*records, trust=trust)
    return found
