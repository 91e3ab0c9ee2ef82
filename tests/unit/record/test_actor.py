"""A person where people act, a role where services do."""

from __future__ import annotations

from typing import Any

import pytest

from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import Actor, People
from tests.records import ACCOUNT, Record, record, role, user

ROLE = f"arn:aws:iam::{ACCOUNT}:role"
SSO = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developers_0123456789abcdef"


def access(identity: Any, **changes: Any) -> SecretAccess:
    parsed = parse(record(userIdentity=identity, **changes))
    assert isinstance(parsed, SecretAccess)
    return parsed


def actor(identity: Any, people: People = People(), **changes: Any) -> Actor:  # noqa: B008
    return people.actor(access(identity, **changes))


def assumed(path: str, session: str, source: str | None = None, behalf: str | None = None) -> Record:
    """The identity of a role with a path, as CloudTrail writes it: the path only in the session's issuer."""
    made = role(path.rpartition("/")[2], session)
    made["sessionContext"] = {"sessionIssuer": {"arn": f"{ROLE}/{path}"}, "sourceIdentity": source}
    return made if behalf is None else {**made, "onBehalfOf": {"userId": behalf}}


@pytest.mark.parametrize(
    ("identity", "key", "person", "label"),
    [
        (user("alice"), f"arn:aws:iam::{ACCOUNT}:user/alice", "alice", "user alice"),
        ({"type": "Root", "arn": "arn:aws:iam::1:root"}, "arn:aws:iam::1:root", "root", "account root"),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, "u-1", "u-1", "Identity Center user u-1"),
        ({"type": "SAMLUser", "userName": "ann"}, "ann", "ann", "SAML user ann"),
        (assumed(SSO, "ann@corp.example"), f"{ROLE}/{SSO} ann@corp.example", "ann@corp.example",
         "ann@corp.example (role AWSReservedSSO_Developers)"),
        (assumed(SSO, "ben"), f"{ROLE}/{SSO} ben", "ben", "ben (role AWSReservedSSO_Developers)"),
        (assumed("okta", "Cay@Corp.Example"), f"{ROLE}/okta cay@corp.example", "cay@corp.example",
         "cay@corp.example (role okta)"),
        (assumed("build", "run-7", source="dan"), f"{ROLE}/build dan", "dan", "dan (role build)"),
        (assumed("build", "run-7", source="Dan@corp.example"), f"{ROLE}/build dan@corp.example", "dan@corp.example",
         "dan@corp.example (role build)"),
        (assumed("app", "s", behalf="u-7"), f"{ROLE}/app u-7", "u-7", "u-7 (role app)"),
        (assumed("app", "eve@corp.example", source="dan", behalf="u-7"), f"{ROLE}/app dan", "dan", "dan (role app)"),
        (assumed(SSO, "eve@corp.example", behalf="u-7"), f"{ROLE}/{SSO} u-7", "u-7",
         "u-7 (role AWSReservedSSO_Developers)"),
        ({"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/fay@corp.example"},
         f"arn:aws:sts::{ACCOUNT}:federated-user/fay@corp.example fay@corp.example", "fay@corp.example",
         "fay@corp.example (federated user fay@corp.example)"),
    ],
)  # fmt: skip
def test_where_people_act_the_actor_is_a_person(identity: Any, key: str, person: str, label: str) -> None:
    found = actor(identity)
    assert (found.key, found.person, found.label) == (key, person, label)
    assert found.is_person


@pytest.mark.parametrize(
    ("identity", "key", "label"),
    [
        (role("deploy", "release-42"), f"{ROLE}/deploy", "role deploy"),
        (role("app", "ann@localhost"), f"{ROLE}/app", "role app"),
        (role("app", "a@b@c.example"), f"{ROLE}/app", "role app"),
        (role("not-AWSReservedSSO_x", "ann"), f"{ROLE}/not-AWSReservedSSO_x", "role not-AWSReservedSSO_x"),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, "rds.amazonaws.com", "service rds.amazonaws.com"),
        ({"type": "AWSAccount", "accountId": "999999999999"}, "999999999999", "account 999999999999"),
        ({"type": "AWSAccount", "arn": "arn:aws:iam::999999999999:root"}, "arn:aws:iam::999999999999:root", None),
        (None, "unknown", "principal unknown"),
    ],
)
def test_where_services_do_it_is_the_principal(identity: Any, key: str, label: str | None) -> None:
    found = actor(identity)
    assert found.key == found.principal.key == key
    assert not found.is_person
    assert found.label == (label or found.principal.label)


@pytest.mark.parametrize("person", ["ann", "ben", "x" * 64])
def test_a_session_of_the_console_is_a_persons(person: str) -> None:
    found = actor(role("deploy", person), sessionCredentialFromConsole="true")
    assert (found.key, found.is_person) == (f"{ROLE}/deploy {person}", True)


@pytest.mark.parametrize("pattern", [f"{ROLE}/okta-*", "arn:*:iam::*:role/okta-engineers", "*/okta-*"])
def test_people_roles_are_peoples(pattern: str) -> None:
    people = People(people_roles=(f"{ROLE}/other", pattern))
    assert actor(role("okta-engineers", "ann"), people).key == f"{ROLE}/okta-engineers ann"
    assert not actor(role("deploy", "ann"), people).is_person


@pytest.mark.parametrize(
    "identity",
    [
        user("jenkins"),
        assumed("ci/jenkins", "ann@corp.example", source="ann", behalf="u-1"),
        assumed("AWSReservedSSO_jenkins", "ann"),
    ],
)
def test_declared_automation_is_never_a_person(identity: Any) -> None:
    people = People(people_roles=("*",), automation=("arn:aws:iam::*:*jenkins",))
    found = actor(identity, people, sessionCredentialFromConsole="true")
    assert (found.key, found.person) == (found.principal.key, None)


def test_a_dot_in_a_pattern_is_a_dot() -> None:
    people = People(people_roles=(f"{ROLE}/a.b+c",))
    assert actor(role("a.b+c", "ann"), people).is_person
    assert not actor(role("axb+c", "ann"), people).is_person


def test_a_persons_role_without_a_session_name_is_still_a_persons() -> None:
    nameless = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": f"{ROLE}/{SSO}"}}}
    found = actor(nameless)
    assert found.is_person
    assert found.key == f"{ROLE}/{SSO}"
    assert found.label == "role AWSReservedSSO_Developers_0123456789abcdef"


def test_the_sessions_of_a_service_are_one_actor_and_those_of_people_are_several() -> None:
    services = [access(role("deploy", f"run-{n}")) for n in range(5)]
    people = [access(assumed(SSO, name)) for name in ("ann@corp.example", "ben", "ANN@corp.example", "cay")]
    assert len({found.key for found in People().actors(services)}) == 1
    assert len({found.key for found in People().actors(people)}) == 3


def test_a_name_of_hostile_size_is_cut() -> None:
    found = actor(role("deploy", "x" * 100_000 + "@corp.example"), sessionCredentialFromConsole="true")
    assert len(found.person or "") <= 128


def test_many_accesses_give_what_each_gives() -> None:
    identities = [user(), user("jenkins"), role(), assumed(SSO, "ann"), assumed(SSO, "ben"),
                  role("x", "ann@corp.example"), assumed("x", "s", source="dan"), None]  # fmt: skip
    found = [access(identity) for identity in identities * 2]
    people = People(automation=("*/jenkins",))
    assert people.actors(found) == [people.actor(one) for one in found]
