"""Whatever comes in: no crash, and each record ends as handled, ignored with a reason, or reported."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secretwatch.detect.tuning import Tuning
from secretwatch.functions.rotator import policy
from secretwatch.functions.rotator.policy import Action, Policy, Target
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.notice import Notice
from secretwatch.record.access import Ignored, Malformed, SecretAccess, parse
from secretwatch.record.origin import Trust, TrustPolicy, parse_networks
from secretwatch.record.secret_id import may_be_same, parse_secret_id
from secretwatch.store.memories import dump, load
from tests.judging import decide_all
from tests.records import record, role, secret_arn

TRUST = TrustPolicy(parse_networks(["198.51.100.0/24", "2001:db8:10::/48"]), frozenset({"vpce-0aa"}))
TARGETS = [Target(parse_secret_id("prod/db"), "generate")]
POLICY = Policy(exempt=frozenset(), dry_run=False, rotate_unknown=False)
TEXTS = st.text(max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
RELAXED = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEMPLATES: list[dict[str, Any]] = [
    record(),
    record(userIdentity=role()),
    record("BatchGetSecretValue", requestParameters={"secretIdList": ["a", secret_arn("b")]}),
    record("BatchGetSecretValue", requestParameters={"filters": [{"key": "name", "values": ["!x"]}]}),
    record(requestParameters=None, errorCode="AccessDenied", errorMessage=f"on resource: {secret_arn('c')} because"),
    record("PutResourcePolicy", requestParameters={"secretId": "a", "resourcePolicy": '{"Statement": []}'}),
    record("DeleteSecret", requestParameters={"secretId": "a", "forceDeleteWithoutRecovery": True}),
    record("RotationFailed", eventType="AwsServiceEvent", additionalEventData={"SecretId": secret_arn("d")}),
]


def follow(value: object) -> str:
    """Take one value all the way through the pure core; return how it ended."""
    parsed = parse(value)
    if isinstance(parsed, Ignored):
        assert parsed.reason
        return "ignored"
    if isinstance(parsed, Malformed):
        assert parsed.reason
        return "reported"
    assert isinstance(parsed, SecretAccess)
    (judged,) = TRUST.judge([parsed])
    (found,) = decide_all([judged], Tuning(), {})
    for notice in found.notices():
        assert Notice.from_json(notice.to_json()) == notice
        for channel in CHANNELS.values():
            json.dumps(channel.render(notice)).encode()
    memory = found.decision.memory
    assert load({"memory": dump(memory), "version": 0}) == memory
    for target in TARGETS:
        rotates = policy.action_for(judged, target, POLICY).action is Action.ROTATE
        assert not rotates or judged.origin.trust is Trust.UNTRUSTED
    return "handled"


@given(VALUES)
@RELAXED
def test_any_json_value(value: object) -> None:
    assert follow(value) in ("ignored", "reported")


@given(st.sampled_from(TEMPLATES), st.data())
@RELAXED
def test_a_record_with_any_field_replaced(template: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(template)))
    assert follow({**template, name: data.draw(VALUES)}) in ("handled", "ignored", "reported")


@given(TEXTS)
@RELAXED
def test_any_address(address: str) -> None:
    origin = TRUST.origin(address, address)
    assert origin.trust in Trust


@given(TEXTS, TEXTS)
@RELAXED
def test_secret_names_match_themselves_and_symmetrically(one: str, other: str) -> None:
    a, b = parse_secret_id(one), parse_secret_id(other)
    assert may_be_same(a, a)
    assert may_be_same(a, b) == may_be_same(b, a)


@given(st.from_regex(r"[A-Za-z0-9/_+=.@-]{1,40}", fullmatch=True), st.from_regex(r"[A-Za-z0-9]{6}", fullmatch=True))
@RELAXED
def test_a_name_its_full_and_its_partial_arn_are_one_secret(name: str, suffix: str) -> None:
    full = secret_arn(name, suffix)
    spellings = [parse_secret_id(text) for text in (name, full, full[:-7])]
    assert all(may_be_same(a, b) for a in spellings for b in spellings)


def mutate(template: dict[str, Any], dice: random.Random) -> object:
    """Remove, retype, swap or enlarge some fields, at any depth."""
    mutant: Any = json.loads(json.dumps(template))
    for _ in range(dice.randint(1, 4)):
        node = mutant
        while isinstance(node, (dict, list)) and node:
            key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
            if isinstance(node[key], (dict, list)) and node[key] and dice.random() < 0.6:
                node = node[key]
                continue
            action = dice.randrange(4)
            if action == 0:
                del node[key]
            elif action == 1:
                node[key] = dice.choice(
                    [None, "", 0, -1, True, [], {}, "x" * 5000, ["a"], {"a": 1}, 1e308, "\ud800\u202e"]
                )
            elif action == 2 and isinstance(node, dict):
                other = dice.choice(list(node))
                node[key], node[other] = node[other], node[key]
            else:
                node[key] = [node[key]]
            break
    return mutant


@pytest.mark.parametrize("records", [500, pytest.param(100_000, marks=pytest.mark.full)])
def test_mutated_records(records: int) -> None:
    dice = random.Random(20260131)
    ends = {"handled": 0, "ignored": 0, "reported": 0}
    for _ in range(records):
        ends[follow(mutate(dice.choice(TEMPLATES), dice))] += 1
    print(ends)
    assert sum(ends.values()) == records
    assert all(ends.values())
