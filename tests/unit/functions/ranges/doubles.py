"""The documents of AWS and GitHub, small."""

from __future__ import annotations

from typing import Any


def aws(*prefixes: tuple[str, str, str], created: str = "2026-08-22-15-17-05") -> dict[str, Any]:
    """Return ip-ranges.json of (prefix, region, service)."""
    six = [prefix for prefix in prefixes if ":" in prefix[0]]
    four = [prefix for prefix in prefixes if ":" not in prefix[0]]
    return {
        "syncToken": "1787411825",
        "createDate": created,
        "prefixes": [_entry("ip_prefix", *prefix) for prefix in four],
        "ipv6_prefixes": [_entry("ipv6_prefix", *prefix) for prefix in six],
    }


def _entry(key: str, prefix: str, region: str, service: str) -> dict[str, str]:
    return {key: prefix, "region": region, "service": service, "network_border_group": region}


def github(*actions: str) -> dict[str, Any]:
    """Return GitHub's meta."""
    return {"verifiable_password_authentication": False, "web": ["192.0.2.0/24"], "actions": list(actions)}
