"""Environment variables as typed values, and one clear error where one is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping

from secretwatch.rules import Rules, RulesError, parse_rules
from secretwatch.trust import TrustPolicy, parse_networks


class SettingsError(Exception):
    """An environment variable is missing or wrong; the message names it and says what to write."""


class Environment:
    """Reads one function's settings; every error names the variable."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """Return a required, non-empty value."""
        value = self._variables.get(name, "").strip()
        if not value:
            raise SettingsError(f"environment variable {name} is missing or empty")
        return value

    def optional(self, name: str) -> str | None:
        """Return a value, or None where it is missing or empty."""
        return self._variables.get(name, "").strip() or None

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``."""
        text = self.optional(name)
        try:
            value = default if text is None else int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise SettingsError(f"environment variable {name} must be a whole number from {low} to {high}, not {text}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of some values; the first where it is missing."""
        value = self.optional(name) or choices[0]
        if value not in choices:
            raise SettingsError(f"environment variable {name} must be {' or '.join(choices)}, not {value}")
        return value

    def items(self, name: str) -> tuple[str, ...]:
        """Return a JSON list of texts; empty where it is missing."""
        value = self._json(name, "[]")
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"environment variable {name} must be a JSON list of strings")
        return tuple(value)

    def pairs(self, name: str) -> dict[str, str]:
        """Return a JSON object of texts; empty where it is missing."""
        value = self._json(name, "{}")
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise SettingsError(f"environment variable {name} must be a JSON object of strings")
        return value

    def objects(self, name: str) -> dict[str, object]:
        """Return a JSON object with at least one entry."""
        value = self._json(name, "{}")
        if not isinstance(value, dict) or not value:
            raise SettingsError(f"environment variable {name} must be a JSON object with at least one entry")
        return value

    def trust(self) -> TrustPolicy:
        """Return TRUSTED_CIDRS and TRUSTED_VPC_ENDPOINTS, two JSON lists, as a policy."""
        try:
            networks = parse_networks(self.items("TRUSTED_CIDRS"))
        except ValueError as error:
            raise SettingsError(f"environment variable TRUSTED_CIDRS: {error}") from None
        return TrustPolicy(networks, frozenset(self.items("TRUSTED_VPC_ENDPOINTS")))

    def rules(self) -> Rules:
        """Return RULES, a JSON document; the defaults where it is missing."""
        try:
            return parse_rules(self.optional("RULES"))
        except RulesError as error:
            raise SettingsError(f"environment variable RULES: {error}") from None

    def _json(self, name: str, default: str) -> object:
        try:
            return json.loads(self._variables.get(name, "").strip() or default)
        except ValueError as error:
            raise SettingsError(f"environment variable {name} is not JSON: {error}") from None
