from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.summarizer.explainer import ModelSettings
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.record.origin import Trust
from secretwatch.runtime.settings import SettingsError
from tests.documents import ROTATOR, TOPIC, document, environment
from tests.documents import summarizer_settings as read


def test_what_terraform_set_is_read() -> None:
    settings = read(rules={"root": {"severity": "critical"}}, trusted_vpc_endpoint_ids=["vpce-0aa"])
    assert (settings.table, settings.bucket, settings.topic) == ("secretwatch-audit", "summaries", TOPIC)
    assert (settings.retention_days, settings.model_calls_per_hour, settings.region) == (365, 200, None)
    assert settings.trust.origin("198.51.100.7").trust is Trust.TRUSTED
    assert settings.trust.origin("10.0.0.1", "vpce-0aa").trust is Trust.TRUSTED
    assert settings.tuning.signals["root"].severity is Severity.CRITICAL
    assert settings.tuning.own_principals == {ROTATOR}
    assert settings.model is None


def test_a_model_has_language_and_guardrail() -> None:
    plain = {"bedrock_model": "m", "bedrock_region": "eu-central-1", "summary_language": "German"}
    assert read(**plain).model == ModelSettings("m", "German", None, Severity.LOW)
    assert read(**plain).model_region == "eu-central-1"
    guarded = read(**plain, guardrail_id="g", guardrail_version="3").model
    assert guarded == ModelSettings("m", "German", ("g", "3"), Severity.LOW)


def test_a_thousand_networks_are_read() -> None:
    settings = read(trusted_cidrs=[f"10.{n // 256}.{n % 256}.0/24" for n in range(1_000)])
    assert settings.trust.origin("10.3.231.7").trust is Trust.TRUSTED


def test_the_region_of_the_function_is_known() -> None:
    settings = SummarizerSettings.read(environment("summarizer", AWS_REGION="eu-west-1"), document("summarizer"))
    assert settings.region == "eu-west-1"


@pytest.mark.parametrize("missing", ["AUDIT_TABLE", "SUMMARIES_BUCKET", "ALERTS_TOPIC_ARN"])
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"environment variable {missing} is missing or empty"):
        SummarizerSettings.read(environment("summarizer", **{missing: ""}), document("summarizer"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("trusted_cidrs", ["office"], "is wrong: 'office' is not a network in CIDR notation"),
        ("trusted_cidrs", "198.51.100.0/24", "must be a list of texts"),
        ("trusted_vpc_endpoint_ids", [5], "must be a list of texts"),
        ("audit_retention_days", 0, "must be a whole number from 1 to 3650, not 0"),
        ("audit_retention_days", None, "must be a whole number from 1 to 3650, not missing"),
        ("own_principal_arns", 5, "must be a list of texts, not 5"),
        ("model_calls_per_hour", 0, "must be a whole number from 1 to 1000000, not 0"),
        ("summary_language", "", 'must be a text, not ""'),
        ("bedrock_model", 5, "must be a text, not 5"),
        ("rules", "{", "is wrong: must be a JSON object"),
        ("rules", {"first_raeder": {}}, "is wrong: 'first_raeder' is neither a signal nor a setting"),
        ("rules", {"root": {"severity": "urgent"}}, "is wrong: root.severity must be one of"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=rf"settings\.json: {name} {message}"):
        read(**{name: value})


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingsError, match=r"there is no setting 'trusted_cidr'; known are .*trusted_cidrs"):
        read(trusted_cidr=[])
