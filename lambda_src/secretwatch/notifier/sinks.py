"""Which webhook gets which notice: CHANNELS, the notifier's one setting of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from secretwatch.channels import CHANNELS
from secretwatch.channels.webhook import Channel
from secretwatch.notice import Notice, Severity
from secretwatch.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Sink:
    """One configured webhook."""

    name: str
    """What the user calls it; claims and logs name it."""
    channel: Channel
    parameter: str
    """SSM parameter with the webhook's URL."""
    minimum: Severity
    secrets: tuple[str, ...]
    """Patterns of secret names; empty: every notice."""
    signing_key_parameter: str | None

    def takes(self, notice: Notice) -> bool:
        """Return whether a notice goes here: severe enough, and about one of the secrets if some are named.

        A notice that names only the first of many secrets goes to all: none may miss it.
        """
        if notice.severity.rank < self.minimum.rank:
            return False
        if not self.secrets or notice.more_secrets:
            return True
        return any(fnmatchcase(name, pattern) for name in notice.secrets for pattern in self.secrets)


def parse_sinks(value: Mapping[str, object]) -> tuple[Sink, ...]:
    """Return the webhooks of CHANNELS (name → settings); raises SettingsError naming the part."""
    return tuple(_sink(name, settings) for name, settings in value.items())


def _sink(name: str, settings: object) -> Sink:
    where = f"environment variable CHANNELS, {name!r}"
    if not isinstance(settings, Mapping):
        raise SettingsError(f"{where}: must be a JSON object")
    kind, parameter = settings.get("type"), settings.get("webhook_parameter")
    if not isinstance(kind, str) or kind not in CHANNELS:
        raise SettingsError(f"{where}: type must be one of {', '.join(CHANNELS)}, not {kind!r}")
    if not isinstance(parameter, str) or not parameter:
        raise SettingsError(f"{where}: webhook_parameter must name an SSM parameter")
    severity, secrets = settings.get("minimum_severity") or "info", settings.get("secrets") or []
    if severity not in list(Severity):
        raise SettingsError(f"{where}: minimum_severity must be one of {', '.join(Severity)}, not {severity!r}")
    if not isinstance(secrets, list) or not all(isinstance(pattern, str) for pattern in secrets):
        raise SettingsError(f"{where}: secrets must be a list of patterns")
    key = settings.get("signing_key_parameter")
    if key is not None and (not isinstance(key, str) or CHANNELS[kind].sign is None):
        raise SettingsError(f"{where}: signing_key_parameter is a parameter's name, for type webhook only")
    return Sink(name, CHANNELS[kind], parameter, Severity(severity), tuple(secrets), key)
