from __future__ import annotations

import pytest

from secretwatch.detect.advice import Noise, for_actor, for_endpoints, is_severe, is_usual_for_automation
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import Tuning, parse_rules
from secretwatch.record.actor import Actor
from secretwatch.record.principal import Principal

ARN = "arn:aws:iam::123456789012:role/ci"
ROLE = Actor(ARN, Principal(ARN, "AssumedRole", "ci", "123456789012"), None)
PERSON = Actor(f"{ARN} ann", ROLE.principal, "ann")


def proposed(noise: Noise, tuning: Tuning) -> list[str]:
    return [str(proposal) for proposal in for_actor(noise, tuning)]


def test_a_job_is_proposed_as_automation() -> None:
    assert proposed(Noise(ROLE, messages=9, as_automation=2, days=3), Tuning()) == [
        f'if it is automation, 2 are left with: automation = ["{ARN}"]'
    ]


@pytest.mark.parametrize(
    "noise",
    [
        Noise(PERSON, messages=9, days=9),
        Noise(ROLE, messages=9, days=9, severe=1),
        Noise(ROLE, messages=9, days=9, as_automation=9),
        Noise(ROLE, messages=9, days=2),
    ],
    ids=["a person", "high for a good reason", "nothing would change", "no habit"],
)
def test_nothing_is_proposed_where_it_would_not_help_or_would_hide(noise: Noise) -> None:
    assert proposed(noise, Tuning()) == []


def test_what_is_declared_is_not_proposed_again() -> None:
    declared = parse_rules('{"automation": ["arn:*:iam::*:role/c*"]}')
    assert proposed(Noise(ROLE, messages=9, days=9), declared) == []


def test_a_role_that_many_type_with_is_proposed_as_peoples() -> None:
    noise = Noise(ROLE, messages=9, as_automation=9, by_hand={"ann", "ben", "eve"})
    assert proposed(noise, Tuning()) == [
        f'if people assume it, each is judged by their own habit with: people_roles = ["{ARN}"]'
    ]


def test_severe_is_high_for_what_is_not_usual() -> None:
    assert is_usual_for_automation(["first_reader", "many_secrets"])
    assert not is_usual_for_automation(["first_reader", "untrusted_network"])
    assert not is_severe(Severity.HIGH, ["many_secrets"])
    assert is_severe(Severity.HIGH, ["first_reader", "unrelated_secret"]), "a neighbour's credentials do that"
    assert is_severe(Severity.HIGH, ["untrusted_network"])
    assert not is_severe(Severity.MEDIUM, ["untrusted_network"])


def test_endpoints_are_named_together_with_what_they_would_save() -> None:
    assert str(for_endpoints(["vpce-1"], 3)) == (
        'if vpce-1 is yours, 3 messages less with: trusted_vpc_endpoint_ids = ["vpce-1"]'
    )
    assert str(for_endpoints(["vpce-1", "vpce-2"], 1)) == (
        'if vpce-1, vpce-2 are yours, 1 message less with: trusted_vpc_endpoint_ids = ["vpce-1", "vpce-2"]'
    )
