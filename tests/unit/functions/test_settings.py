"""What the functions share of their settings, and that each one starts with what Terraform hands it."""

from __future__ import annotations

import importlib
import json
from dataclasses import fields, is_dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.tuning import Tuning
from secretwatch.functions.settings import named_networks, trust_policy, tuning
from secretwatch.record.origin import TrustPolicy
from secretwatch.runtime import settings
from secretwatch.runtime.settings import Document, SettingsError
from tests.documents import DOCUMENTS, VARIABLES


def test_nothing_is_trusted_where_nothing_is_given() -> None:
    assert trust_policy(Document({"trusted_cidrs": [], "trusted_vpc_endpoint_ids": []})) == TrustPolicy()


@pytest.mark.parametrize("missing", ["trusted_cidrs", "trusted_vpc_endpoint_ids"])
def test_what_is_trusted_must_be_said(missing: str) -> None:
    whole: dict[str, list[str]] = {"trusted_cidrs": [], "trusted_vpc_endpoint_ids": []}
    del whole[missing]
    with pytest.raises(SettingsError, match=f"{missing} must be a list of texts, not missing"):
        trust_policy(Document(whole))


def test_networks_have_the_names_that_were_given() -> None:
    (ranges,) = named_networks(Document({"network_names": "198.51.100.0/24,office\n10.9.0.0/16,warehouse\n"}))
    assert ranges.name(ip_address("198.51.100.7")) == "office"
    assert named_networks(Document({})) == named_networks(Document({"network_names": ""})) == ()


def test_a_wrong_line_of_the_network_names_is_named() -> None:
    with pytest.raises(SettingsError, match=r"network_names is wrong: line 2: '198\.51\.100\.7/24' has address bits"):
        named_networks(Document({"network_names": "203.0.113.0/24,office\n198.51.100.7/24,home"}))


def test_a_tuning_that_is_not_given_is_the_catalogue() -> None:
    assert tuning(Document({})) == tuning(Document({"rules": None})) == tuning(Document({"rules": {}})) == Tuning()


@pytest.mark.parametrize("wrong", [[], "", 0, False, "{}", ["root"]])
def test_a_tuning_that_is_no_object_is_refused(wrong: object) -> None:
    with pytest.raises(SettingsError, match=r"settings\.json: rules is wrong: must be a JSON object"):
        tuning(Document({"rules": wrong}))


@pytest.mark.parametrize("function", DOCUMENTS)
def test_a_function_starts_with_what_terraform_hands_it(
    function: str, aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / settings.FILE).write_text(json.dumps(DOCUMENTS[function]))
    monkeypatch.setattr(settings, "_ROOT", tmp_path)
    for name, value in VARIABLES[function].items():
        monkeypatch.setenv(name, value)
    handler: Any = importlib.import_module(f"secretwatch.functions.{function}.handler")
    monkeypatch.setattr(handler, "configure", lambda: None)  # pytest's own logging stays as it is
    made = getattr(handler, f"_{function}").__wrapped__()
    assert not is_dataclass(made) or all(getattr(made, field.name) is not None or field.name == "hub"
                                         for field in fields(made))  # fmt: skip


def test_without_its_settings_a_function_does_not_start(
    aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_ROOT", tmp_path)
    handler: Any = importlib.import_module("secretwatch.functions.notifier.handler")
    monkeypatch.setattr(handler, "configure", lambda: None)
    with pytest.raises(SettingsError, match=r"settings\.json is missing from the function's package"):
        handler._notifier.__wrapped__()
