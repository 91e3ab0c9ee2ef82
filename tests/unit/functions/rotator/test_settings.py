from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.rotator.policy import Generation
from secretwatch.functions.rotator.settings import MAX_TARGETS, RotatorSettings
from secretwatch.runtime.settings import SettingsError
from tests.documents import FREEZE, GENERATE, MANAGED, NOTIFY_ONLY, ROTATOR, TOPIC, document, environment
from tests.documents import rotator_settings as read

NEW_VALUE = Generation(("password",), 32, ("lowercase", "uppercase", "digits", "symbols"), "")


def test_what_terraform_set_is_read() -> None:
    settings = read()
    assert (settings.topic, settings.freeze_parameter, settings.retention_days) == (TOPIC, FREEZE, 365)
    assert (settings.cooldown_minutes, settings.rotations_per_hour, settings.security_hub) == (15, 10, False)
    assert settings.policy.exempt == {ROTATOR}
    assert (settings.policy.dry_run, settings.policy.rotate_unknown) == (False, False)
    (target,) = settings.targets
    assert (target.secret.name, target.strategy, target.generation) == ("prod/db", "generate", NEW_VALUE)


def test_only_a_secret_that_is_generated_has_something_to_generate() -> None:
    targets = read(rotation_targets={"a": MANAGED, "b": NOTIFY_ONLY, "c": {**GENERATE, "exclude_characters": None}})
    assert [target.generation for target in targets.targets] == [None, None, NEW_VALUE]


def test_a_target_has_its_own_exempt_principals() -> None:
    (target,) = read(rotation_targets={"a": {**MANAGED, "exempt_principal_arns": [ROTATOR]}}).targets
    assert target.exempt == {ROTATOR}


def test_without_a_freeze_parameter_there_is_none() -> None:
    settings = RotatorSettings.read(environment("rotator", FREEZE_PARAMETER=""), document("rotator"))
    assert settings.freeze_parameter is None


def test_two_hundred_targets_are_as_many_as_there_may_be() -> None:
    many = {f"s{n}": GENERATE for n in range(MAX_TARGETS)}
    assert len(read(rotation_targets=many).targets) == 200
    with pytest.raises(SettingsError, match="rotation_targets has 201 entries, 200 at most"):
        read(rotation_targets={**many, "more": GENERATE})


NO_PRINCIPALS = [
    "x", f"{ROTATOR}\n", f"{ROTATOR} ", f"{ROTATOR}/", "arn:aws:iam::123456789012:role/*",
    "arn:aws:iam::123456789012:role/ci-?", "arn:aws:sts::123456789012:assumed-role/ci/x",
]  # fmt: skip


@pytest.mark.parametrize(
    "password", [{"password_length": 13}, {"password_length": 40, "exclude_characters": "23456789"}]
)
def test_few_characters_make_a_password_where_it_is_long(password: dict[str, Any]) -> None:
    (target,) = read(rotation_targets={"a": {**GENERATE, "character_classes": ["digits"], **password}}).targets
    assert target.generation is not None


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("prod/db-Ab12Cd", "the name ends as an ARN does"),
        ("prod/db*", "the name must be that of a secret"),
        ("rds!cluster-1a2b3c4d-aaaa-bbbb-cccc-1234567890ab", "strategy must be notify_only"),
    ],
)
def test_a_target_that_would_not_be_found_is_named(secret: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(rotation_targets={secret: GENERATE})


def test_a_secret_that_a_service_manages_can_be_watched() -> None:
    (target,) = read(rotation_targets={"rds!cluster-1a2b3c4d-aaaa-bbbb-cccc-1234567890ab": NOTIFY_ONLY}).targets
    assert target.strategy == "notify_only"


def test_a_name_that_ends_as_an_arn_does_is_taken_by_its_arn() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod-db2024-Ab12Cd"
    (target,) = read(rotation_targets={arn: NOTIFY_ONLY}).targets
    assert target.secret.name == "prod-db2024"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategy": "magic"}, 'strategy must be one of generate, managed, notify_only, not "magic"'),
        ({"strategy": None}, "strategy must be one of generate, managed, notify_only, not missing"),
        ({"json_keys": "password"}, "json_keys must be a list of texts"),
        ({"password_length": 7}, "password_length must be a whole number from 8 to 4096, not 7"),
        ({"password_length": 4097}, "password_length must be a whole number from 8 to 4096, not 4097"),
        ({"password_length": True}, "password_length must be a whole number from 8 to 4096, not true"),
        ({"character_classes": ["runes"]}, "character_classes must be some of lowercase, uppercase, digits, symbols"),
        ({"character_classes": []}, "character_classes must be some of lowercase"),
        ({"exclude_characters": 5}, "exclude_characters must be a text, not 5"),
        ({"exempt_principal_arns": "x"}, "exempt_principal_arns must be a list of texts"),
        *(
            ({"exempt_principal_arns": [wrong]}, "exempt_principal_arns must be ARNs of IAM roles or users")
            for wrong in NO_PRINCIPALS
        ),
        ({"password_length": 8, "character_classes": ["digits"]}, "password_length and .* less than 40 bits"),
        ({"character_classes": ["digits"], "exclude_characters": "012345678"}, "password_length and .* less than 40"),
        ({"character_classes": ["digits"], "exclude_characters": "0123456789"}, "exclude_characters leaves nothing"),
        ({"json_keys": ["password", "password"]}, "json_keys must not have a key twice"),
        ({"json_keys": ["password "]}, "json_keys must not have .* spaces around one"),
        ({"json_key": ["password"]}, "there is no setting 'json_key'; known are .*json_keys"),
        ({"strategy": "managed"}, "there is no setting 'character_classes'; known are exempt_principal_arns, strategy"),
    ],
)
def test_a_wrong_target_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=rf"rotation_targets\['prod/db'\]: {message}"):
        read(rotation_targets={"prod/db": {**GENERATE, **changes}})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rotation_targets", {}, "must be an object with at least one entry, not {}"),
        ("rotation_targets", {"x": 5}, r".'x'.: must be a JSON object, not 5"),
        ("rotation_mode", "maybe", 'must be one of dry_run, rotate, not "maybe"'),
        ("rotation_mode", None, "must be one of dry_run, rotate, not missing"),
        ("rotate_unknown", "true", 'must be true or false, not "true"'),
        ("enable_security_hub_findings", 1, "must be true or false, not 1"),
        ("rotation_cooldown_minutes", 0, "must be a whole number from 1 to 1440, not 0"),
        ("rotations_per_hour", "many", 'must be a whole number from 1 to 1000, not "many"'),
        ("rotation_exempt_principal_arns", ROTATOR, "must be a list of texts"),
        ("audit_retention_days", 3651, "must be a whole number from 1 to 3650, not 3651"),
        ("trusted_cidrs", ["office"], "is wrong: 'office' is not a network in CIDR notation"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=rf"settings\.json: {name} ?{message}"):
        read(**{name: value})


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="there is no setting 'rotation_cooldown'; known are audit_retention_days"):
        read(rotation_cooldown=15)


@pytest.mark.parametrize("missing", ["AUDIT_TABLE", "ALERTS_TOPIC_ARN"])
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"environment variable {missing} is missing or empty"):
        RotatorSettings.read(environment("rotator", **{missing: ""}), document("rotator"))
