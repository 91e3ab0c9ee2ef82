from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.functions.rotator.secret_value import SecretStore
from secretwatch.functions.rotator.security_hub import SecurityHub
from secretwatch.notify.publisher import Publisher
from secretwatch.store.store import open_store
from tests.documents import MANAGED, TABLE, rotator_settings
from tests.unit.conftest import aws_client
from tests.unit.doubles import Clock, Topic
from tests.unit.functions.rotator.doubles import (
    OLD,
    DatedSecrets,
    Hub,
    Maker,
    ManagedSecrets,
)


@pytest.fixture
def secrets(aws: None, later: Clock) -> Any:
    return DatedSecrets(aws_client("secretsmanager"), later, json.dumps(OLD))


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def later() -> Clock:
    return Clock()


@pytest.fixture
def make(dynamodb: Any, topic: Topic, secrets: Any, hub: Hub, later: Clock) -> Maker:
    def maker(targets: dict[str, Any] | None = None, **changes: Any) -> Rotator:
        settings = rotator_settings(**({"rotation_targets": targets} if targets else {}), **changes)
        return Rotator(
            settings,
            open_store(dynamodb, TABLE, now=later),
            SecretStore(secrets),
            Publisher(topic, settings.topic),
            Freeze(aws_client("ssm"), settings.freeze_parameter),
            SecurityHub(hub) if settings.security_hub else None,
        )

    return maker


@pytest.fixture
def rotator(make: Maker) -> Rotator:
    return make()


@pytest.fixture
def managed(make: Maker, secrets: Any) -> tuple[Rotator, ManagedSecrets, str]:
    managed = ManagedSecrets(secrets)
    rotator = replace(make({"prod/db": MANAGED}), secrets=SecretStore(managed))
    return rotator, managed, secrets.describe_secret(SecretId="prod/db")["ARN"]
