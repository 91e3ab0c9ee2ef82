"""What the user asked for, in the names of the Terraform variables, read as the functions read their settings."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from secretwatch.detect.canary import Canary
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import DAY
from secretwatch.detect.tuning import Tuning, TuningError, tuning_of
from secretwatch.functions.notifier.routes import Route
from secretwatch.functions.notifier.settings import routes_of
from secretwatch.functions.rotator.policy import CHARACTER_CLASSES
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.functions.settings import named_networks, trust_policy
from secretwatch.record.origin import TrustPolicy
from secretwatch.record.ranges import shipped
from secretwatch.record.secret_id import parse_secret_id
from secretwatch.runtime.settings import Document, Environment, SettingsError

_WHERE = "options"
_ANYTHING = Environment({"AUDIT_TABLE": "none", "ALERTS_TOPIC_ARN": "none"})
"""Names of what is around a function; nothing here is ever called."""
_PARAMETER = "none"
_DEFAULT_CHANNEL = "default"
DEFAULT_CHANNELS: Mapping[str, Any] = {
    _DEFAULT_CHANNEL: {"type": "webhook", "minimum_severity": Severity.MEDIUM, "webhook_parameter": _PARAMETER}
}


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """The deployment that is tried."""

    trust: TrustPolicy
    tuning: Tuning
    canary: Canary | None
    channels: tuple[Route, ...]
    rotator: RotatorSettings | None
    """None where no secret is a rotation target."""


def learning(settings: BacktestSettings, first: int | None) -> BacktestSettings:
    """Return the settings of a deployment that learns from the day of its first record (epoch seconds) on."""
    return settings if first is None else replace(settings, tuning=settings.tuning.learning_since(first // DAY * DAY))


def add_options(parser: ArgumentParser) -> None:
    """Add the options that are Terraform variables."""
    add_options_of_judgement(parser)
    add = parser.add_argument
    add("--channels", default="", help="JSON of the variable channels (default: one, at medium and above)")
    add("--channel-secrets", default="", help="JSON of the variable channel_secrets")
    add("--rotation-targets", default="", help="secrets to rotate, by name or ARN, or JSON of the variable")
    add("--rotation-mode", default="rotate", help="rotate (default here), or dry_run")
    add("--rotation-cooldown-minutes", type=int, default=15, help="minutes that a secret is left alone (15)")
    add("--rotations-per-hour", type=int, default=10, help="most rotations an hour, of all secrets together (10)")
    add("--rotate-unknown", action="store_true", help="rotate also where the source cannot be determined")
    add("--rotation-exempt-principal-arns", default="", help="principals whose reads rotate nothing")
    add("--own-principal-arns", default="", help="roles of a deployment that is in the history already")
    add("--canary-principal-arn", help="role of its canary")
    add("--canary-secret-arn", help="secret of its canary")


def add_options_of_judgement(parser: ArgumentParser) -> None:
    """Add the options on which it depends how an access is judged."""
    add = parser.add_argument
    add("--trusted-cidrs", default="", help="networks that reads may come from")
    add("--trusted-vpc-endpoint-ids", default="", help="VPC endpoints that reads may come through")
    add("--network-names", default="", help="networks by name: @FILE of CSV lines network,name")
    add("--rules", default="", help="the whole tuning: the JSON of the output rules; what follows is part of it")
    add("--signal-overrides", default="", help="JSON of the variable signal_overrides")
    add("--history-days", type=int, help="days after which a reader, network or region is new again")
    add("--learning-days", type=int, help="days from the first record's on in which what is new alone is low (0)")
    add("--quiet-minutes", type=int, help="minutes without anything notable after which a story ends")
    add("--decoys", default="", help="patterns of secrets that nobody should touch")
    add("--automation", default="", help="patterns of principals that are known automation")
    add("--people-roles", default="", help="patterns of roles that only people assume")
    add("--expected-readers", default="", help="JSON of the variable expected_readers")
    add("--expectations", default="", help="JSON of the variable expectations, a list")


def judgement_of(options: Namespace) -> tuple[TrustPolicy, Tuning]:
    """Return what the options say about places and about the tuning; raises ValueError like ``settings_of``."""
    try:
        return _trust(options, _networks(options)), _tuning(options)
    except SettingsError as error:
        raise ValueError(str(error)) from None


def settings_of(options: Namespace) -> BacktestSettings:
    """Return the settings of a command line; raises ValueError naming the option, the value and the cure."""
    try:
        canary, networks = _canary(options), _networks(options)
        return BacktestSettings(
            trust=_trust(options, networks),
            tuning=replace(
                _tuning(options),
                canary_secret=None if canary is None else canary.secret,
                own_principals=frozenset(_listed("own-principal-arns", options.own_principal_arns)),
            ),
            canary=canary,
            channels=_channels(options),
            rotator=_rotator(options, networks),
        )
    except SettingsError as error:
        raise ValueError(str(error)) from None


def _networks(options: Namespace) -> dict[str, list[str]]:
    return {
        "trusted_cidrs": _listed("trusted-cidrs", options.trusted_cidrs),
        "trusted_vpc_endpoint_ids": _listed("trusted-vpc-endpoint-ids", options.trusted_vpc_endpoint_ids),
    }


def _trust(options: Namespace, networks: Mapping[str, Any]) -> TrustPolicy:
    names = Document({"network_names": _text("network-names", options.network_names)}, _WHERE)
    return replace(trust_policy(Document(networks, _WHERE)), ranges=(*named_networks(names), *shipped()))


def _tuning(options: Namespace) -> Tuning:
    document = _object("rules", options.rules)
    document |= _object("signal-overrides", options.signal_overrides)
    for name in ("history_days", "learning_days", "quiet_minutes"):
        if getattr(options, name) is not None:
            document[name] = getattr(options, name)
    for name in ("decoys", "automation", "people_roles"):
        if getattr(options, name):
            document[name] = _listed(name, getattr(options, name))
    if options.expected_readers:
        document["expected_readers"] = _object("expected-readers", options.expected_readers)
    if options.expectations:
        document["expectations"] = _json("expectations", _text("expectations", options.expectations))
    try:
        return tuning_of(document)
    except TuningError as error:
        raise ValueError(f"--rules: {error}") from None


def _canary(options: Namespace) -> Canary | None:
    principal, secret = options.canary_principal_arn, options.canary_secret_arn
    if principal is None and secret is None:
        return None
    parsed = parse_secret_id(secret or "", full=True)
    if principal is None or not parsed.is_arn:
        raise ValueError(
            f"--canary-principal-arn and --canary-secret-arn go together, two ARNs; not {principal!r} and {secret!r}"
        )
    return Canary(principal, parsed)


def _channels(options: Namespace) -> tuple[Route, ...]:
    given = _object("channels", options.channels) or dict(DEFAULT_CHANNELS)
    secrets = _object("channel-secrets", options.channel_secrets)
    unknown = [name for name in secrets if name not in given]
    if unknown:
        raise ValueError(f"--channel-secrets: there is no channel {unknown[0]!r} in --channels")
    document = {name: _channel(name, value, secrets.get(name, [])) for name, value in given.items()}
    channels = Document({"channels": document}, _WHERE)
    routes = routes_of(channels)
    channels.finish()
    return routes


def _channel(name: str, given: object, secrets: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(
            f'--channels: {name} must be an object, such as {{"type": "slack", "minimum_severity": "medium"}}'
        )
    values = {key: value for key, value in given.items() if value is not None}
    return {"webhook_parameter": _PARAMETER, "digest": True, **values, "secrets": secrets}


def _rotator(options: Namespace, networks: Mapping[str, Any]) -> RotatorSettings | None:
    targets = _targets(options.rotation_targets)
    if not targets:
        return None
    exempt = _listed("rotation-exempt-principal-arns", options.rotation_exempt_principal_arns)
    document = {
        **networks,
        "audit_retention_days": 1,
        "rotation_targets": {name: _target(name, value) for name, value in targets.items()},
        "rotation_exempt_principal_arns": exempt,
        "rotation_mode": options.rotation_mode,
        "rotate_unknown": options.rotate_unknown,
        "rotation_cooldown_minutes": options.rotation_cooldown_minutes,
        "rotations_per_hour": options.rotations_per_hour,
        "enable_security_hub_findings": False,
    }
    return RotatorSettings.read(_ANYTHING, Document(document, _WHERE))


def _targets(text: str) -> dict[str, Any]:
    """Return the targets: an object as the variable has it, or plain names, which are taken as what can rotate."""
    if text.startswith(("{", "@")):
        return _object("rotation-targets", text)
    names = _listed("rotation-targets", text)
    return {name: {"strategy": "notify_only" if "!" in name else "generate"} for name in names}


def _target(name: str, given: object) -> dict[str, Any]:
    """Return what the rotator is told of a target; how a new value is made does not matter here."""
    if not isinstance(given, Mapping):
        raise ValueError(f'--rotation-targets: {name} must be an object, such as {{"strategy": "managed"}}')
    strategy, role = given.get("strategy"), given.get("rotation_role_arn")
    target: dict[str, Any] = {"strategy": strategy, "exempt_principal_arns": [] if role is None else [role]}
    if strategy == "generate":
        keys = given.get("json_keys")
        target |= {"json_keys": [] if keys is None else keys, "password_length": 32, "exclude_characters": ""}
        target |= {"character_classes": list(CHARACTER_CLASSES)}
    return target


def _listed(name: str, text: str) -> list[str]:
    """Return a list: separated by commas, or JSON."""
    text = _text(name, text).strip()
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    values = _json(name, text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"--{name} must be a list of texts, not {text[:80]}")
    return values


def _object(name: str, text: str) -> dict[str, Any]:
    """Return a JSON object, empty where none is given."""
    text = _text(name, text)
    value = _json(name, text) if text.strip() else {}
    if not isinstance(value, dict):
        raise ValueError(f"--{name} must be a JSON object, not {text[:80]}")
    return value


def _json(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"--{name} is not JSON ({error}); quote it for the shell, or write it to a file and say @FILE"
        ) from None


def _text(name: str, text: str) -> str:
    """Return a value, read from a file where it is @FILE."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ValueError(f"--{name}: {text[1:]} cannot be read: {error}") from None
