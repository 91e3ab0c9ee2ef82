from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.digest import tally as tallies
from secretwatch.functions.digest.tally import Tally
from tests.days import CANARY, tally_of
from tests.records import record, role, user


def test_each_kind_of_access_is_counted_where_it_belongs() -> None:
    tally = tally_of(
        record(),
        record(userIdentity=role("ci")),
        record(errorCode="AccessDenied", userIdentity=user("eve"), requestParameters={"secretId": "prod/api"}),
        record("PutSecretValue"),
        record("ListSecrets", requestParameters=None),
        record(errorCode="ResourceNotFoundException"),
    )
    assert (tally.accesses, tally.all_reads, tally.all_refused, tally.all_changes) == (6, 2, 1, 1)
    assert sorted(key.rpartition("/")[2] for key in tally.reads) == ["alice", "ci"]
    ((who, secret),) = tally.refused
    assert (who.rpartition("/")[2], secret) == ("eve", "prod/api")
    assert [call for _, call in tally.changes] == ["PutSecretValue"]


def test_the_canary_is_no_reader() -> None:
    canary = {**role(), "sessionContext": {"sessionIssuer": {"type": "Role", "arn": CANARY}}}
    tally = tally_of(record(userIdentity=canary), record())
    assert (tally.all_reads, tally.own_accesses) == (1, 1)


def test_people_behind_one_role_are_counted_by_person() -> None:
    sso = "AWSReservedSSO_Developers_0123456789abcdef"
    tally = tally_of(*(record(userIdentity=role(sso, f"{name}@corp.example")) for name in ("ann", "ben", "ann")))
    labels = {actor.label: tally.reads[actor.key] for actor in tally.actors.values()}
    assert labels == {
        "ann@corp.example (role AWSReservedSSO_Developers)": 2,
        "ben@corp.example (role AWSReservedSSO_Developers)": 1,
    }


def test_of_a_day_with_more_names_than_are_kept_the_numbers_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "KEPT", 10)
    records = [record(userIdentity=user(f"u{n}"), requestParameters={"secretId": f"s{n}"}) for n in range(25)]
    tally = tally_of(*records)
    assert tally.all_reads == 25
    assert (len(tally.reads), len(tally.places), len(tally.actors)) == (10, 10, 10)


def items(number: int) -> list[dict[str, Any]]:
    item = {"principal": "arn:x", "principal_type": "AssumedRole", "principal_name": "x", "kind": "read",
            "trust": "trusted", "network": "198.51.100.7", "pk": "ACCESS#arn:x#2026-01-31"}  # fmt: skip
    return [item] * number


def test_counting_stops_at_the_most_or_when_time_is_up() -> None:
    tally = Tally()
    tally.add_all((iter(items(1_500)) for _ in range(16)), 4_000, lambda: True)
    assert (tally.accesses, tally.parts, tally.is_whole) == (4_000, 2, False)

    answers = iter([True, False])
    tally = Tally()
    tally.add_all([iter(items(1_500))], 1_000_000, lambda: next(answers))
    assert (tally.accesses, tally.parts) == (1_000, 0)

    tally = Tally()
    tally.add_all((iter(items(3)) for _ in range(16)), 4_000, lambda: True)
    assert (tally.accesses, tally.is_whole) == (48, True)
