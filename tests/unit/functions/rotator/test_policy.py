"""The decision table of rotations: every branch by name, and no condition that could be turned round unseen."""

from __future__ import annotations

import ast
import copy
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from secretwatch.functions.rotator import policy
from secretwatch.functions.rotator.policy import Reason
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.origin import Judged, TrustPolicy, parse_networks
from secretwatch.record.secret_id import parse_secret_id
from tests.records import record, role, secret_arn

ROTATOR = "arn:aws:iam::123456789012:role/secretwatch-rotator"
FUNCTION = "arn:aws:iam::123456789012:role/rotate-db"
TRUST = TrustPolicy(parse_networks(["198.51.100.0/24", "2001:db8:10::/48"]), frozenset({"vpce-0123456789abcdef0"}))
OUTSIDE = {"sourceIPAddress": "203.0.113.66"}
UNKNOWN = {"sourceIPAddress": "198.51.100.007"}

# A read, settings that differ from the usual, and what comes of it.
READS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("denied", {**OUTSIDE, "errorCode": "AccessDenied"}, {}, "nothing", "NOT_A_READ"),
    ("failed", {**OUTSIDE, "errorCode": "ResourceNotFoundException"}, {}, "nothing", "NOT_A_READ"),
    ("written", {**OUTSIDE, "name": "PutSecretValue"}, {}, "nothing", "NOT_A_READ"),
    ("a replica", {**OUTSIDE, "awsRegion": "eu-west-1",
     "requestParameters": {"secretId": secret_arn("prod/db", region="eu-west-1")}}, {}, "rotate", "UNTRUSTED"),
    ("another secret", {**OUTSIDE, "requestParameters": {"secretId": "other"}}, {}, "nothing", "NOT_A_TARGET"),
    ("no secret named", {**OUTSIDE, "requestParameters": None}, {}, "nothing", "NOT_A_TARGET"),
    ("the rotator", {**OUTSIDE, "userIdentity": role("secretwatch-rotator")}, {}, "nothing", "EXEMPT"),
    ("the rotation function", {**OUTSIDE, "userIdentity": role("rotate-db")}, {}, "nothing", "EXEMPT"),
    ("inside, IPv4", {"sourceIPAddress": "198.51.100.7"}, {}, "nothing", "TRUSTED"),
    ("inside, IPv6", {"sourceIPAddress": "2001:db8:10::1"}, {}, "nothing", "TRUSTED"),
    ("endpoint", {"sourceIPAddress": "10.0.0.1", "vpcEndpointId": "vpce-0123456789abcdef0"}, {}, "nothing", "TRUSTED"),
    ("a service", {"sourceIPAddress": "rds.amazonaws.com"}, {}, "nothing", "AWS_SERVICE"),
    ("unreadable address", UNKNOWN, {}, "notify", "UNKNOWN_NETWORK"),
    ("private address", {"sourceIPAddress": "10.0.0.1"}, {}, "notify", "UNKNOWN_NETWORK"),
    ("unknown, configured", UNKNOWN, {"rotate_unknown": True}, "rotate", "UNKNOWN_NETWORK"),
    ("outside, by name", OUTSIDE, {}, "rotate", "UNTRUSTED"),
    ("outside, by ARN", {**OUTSIDE, "requestParameters": {"secretId": secret_arn("prod/db")}}, {},
     "rotate", "UNTRUSTED"),
    ("outside, in a batch", {**OUTSIDE, "name": "BatchGetSecretValue",
     "requestParameters": {"secretIdList": ["other", "prod/db"]}}, {}, "nothing", "NOT_A_READ"),
    ("described", {**OUTSIDE, "name": "DescribeSecret"}, {}, "nothing", "NOT_A_READ"),
]  # fmt: skip

# Circumstances and settings, and what keeps a rotation from being done.
USUAL = {"frozen": False, "under_way": False, "within_limit": True}
PERMITS: list[tuple[str, dict[str, Any], dict[str, Any], str, str | None]] = [
    ("all quiet", {}, {}, "generate", None),
    ("all quiet, managed", {}, {}, "managed", None),
    ("notify only", {}, {}, "notify_only", "NOTIFY_ONLY"),
    ("notify only, frozen", {"frozen": True}, {}, "notify_only", "NOTIFY_ONLY"),
    ("frozen", {"frozen": True}, {}, "generate", "FROZEN"),
    ("frozen in dry run", {"frozen": True}, {"dry_run": True}, "generate", "FROZEN"),
    ("under way", {"under_way": True}, {}, "generate", "UNDER_WAY"),
    ("dry run", {}, {"dry_run": True}, "generate", "DRY_RUN"),
    ("dry run over the limit", {"within_limit": False}, {"dry_run": True}, "generate", "DRY_RUN"),
    ("over the limit", {"within_limit": False}, {}, "generate", "BREAKER"),
]


def judged(**changes: Any) -> Judged:
    access = parse(record(**changes))
    assert isinstance(access, SecretAccess)
    return TRUST.judge([access])[0]


def decided(module: Any, changes: dict[str, Any], settings: dict[str, Any]) -> tuple[str, str]:
    target = module.Target(parse_secret_id("prod/db"), "generate", exempt=frozenset({FUNCTION}))
    usual = {"exempt": frozenset({ROTATOR}), "dry_run": True, "rotate_unknown": False}
    decision = module.action_for(judged(**changes), target, module.Policy(**{**usual, **settings}))
    return str(decision.action), decision.reason.name


def permitted(module: Any, seen: dict[str, Any], settings: dict[str, Any], strategy: str) -> str | None:
    target = module.Target(parse_secret_id("prod/db"), strategy)
    usual = {"exempt": frozenset(), "dry_run": False, "rotate_unknown": False}
    withheld = module.permit(target, module.Policy(**{**usual, **settings}), module.Circumstances(**{**USUAL, **seen}))
    assert withheld is None or withheld.action.value == "notify"
    return None if withheld is None else withheld.reason.name


@pytest.mark.parametrize(
    ("changes", "settings", "action", "reason"), [row[1:] for row in READS], ids=[r[0] for r in READS]
)
def test_what_a_read_calls_for(changes: dict[str, Any], settings: dict[str, Any], action: str, reason: str) -> None:
    assert decided(policy, changes, settings) == (action, reason)


@pytest.mark.parametrize(
    ("seen", "settings", "strategy", "reason"), [row[1:] for row in PERMITS], ids=[r[0] for r in PERMITS]
)
def test_what_keeps_a_rotation_from_being_done(
    seen: dict[str, Any], settings: dict[str, Any], strategy: str, reason: str | None
) -> None:
    assert permitted(policy, seen, settings, strategy) == reason


# The version that was read, the current and the pending one, and why the current one is not exposed.
VERSIONS: list[tuple[str, str | None, str | None, str | None, str | None]] = [
    ("current", "v2", "v2", None, None),
    ("current, a rotation under way", "v2", "v2", "v3", None),
    ("older", "v1", "v2", None, "OLD_VERSION"),
    ("pending", "v3", "v2", "v3", "PENDING_VERSION"),
    ("gone", None, "v2", None, "OLD_VERSION"),
    ("gone, no current one", None, None, None, "OLD_VERSION"),
]


def exposed(module: Any, returned: str | None, current: str | None, pending: str | None) -> str | None:
    reason = module.outdated(returned, current, pending)
    return None if reason is None else reason.name


@pytest.mark.parametrize(("versions", "reason"), [(r[1:4], r[4]) for r in VERSIONS], ids=[r[0] for r in VERSIONS])
def test_which_reads_expose_the_current_version(versions: tuple[str | None, ...], reason: str | None) -> None:
    assert exposed(policy, *versions) == reason


def test_every_reason_is_reached() -> None:
    reached = {row[4] for row in READS} | {row[4] for row in (*PERMITS, *VERSIONS) if row[4]}
    assert reached == {reason.name for reason in Reason} - {"COOLDOWN", "CHANGED"}, (
        "these two depend on the audit table and on Secrets Manager: test_handler.py"
    )


# --- mutation --------------------------------------------------------------------------


DECISIONS = ("action_for", "outdated", "permit")


def mutants() -> Iterator[tuple[str, types.ModuleType]]:
    """Yield policy.py with each condition of its two decisions turned round, dropped or forced, one at a time."""
    tree = ast.parse(inspect.getsource(policy))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in DECISIONS]
    number = sum(1 for function in functions for node in ast.walk(function) if _conditions(node))
    assert number >= 10
    for index in range(number):
        for how in ("negated", "true", "false", *("left", "right")):
            mutant = copy.deepcopy(tree)
            nodes = [
                node
                for function in mutant.body
                if isinstance(function, ast.FunctionDef) and function.name in DECISIONS
                for node in ast.walk(function)
                if _conditions(node)
            ]
            node: Any = nodes[index]
            test = node.test
            if how in ("left", "right") and not (isinstance(test, ast.BoolOp) and len(test.values) == 2):
                continue
            changed: dict[str, Any] = {
                "negated": ast.UnaryOp(ast.Not(), test),
                "true": ast.Constant(True),
                "false": ast.Constant(False),
            }
            node.test = changed.get(how) or test.values[how == "right"]
            module = types.ModuleType("mutant")
            sys.modules["mutant"] = module  # dataclasses look their module up
            exec(compile(ast.fix_missing_locations(mutant), "policy.py", "exec"), module.__dict__)
            yield f"line {node.lineno}: {ast.unparse(test)} {how}", module


def _conditions(node: ast.AST) -> bool:
    return isinstance(node, ast.If | ast.IfExp)


def test_no_condition_can_be_turned_round_unseen() -> None:
    survived = [
        name
        for name, mutant in mutants()
        if all(decided(mutant, *row[1:3]) == row[3:] for row in READS)
        and all(permitted(mutant, *row[1:4]) == row[4] for row in PERMITS)
        and all(exposed(mutant, *row[1:4]) == row[4] for row in VERSIONS)
    ]
    assert survived == []
