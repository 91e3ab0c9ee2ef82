"""Settings that several functions share."""

from __future__ import annotations

from secretwatch.detect.tuning import Tuning, TuningError, tuning_of
from secretwatch.record.origin import TrustPolicy, parse_trusted_networks
from secretwatch.record.ranges import Ranges, RangesError, parse
from secretwatch.runtime.settings import Document

RETENTION_DAYS = (1, 3650)
"""Least and most days that the audit table keeps an access."""


def trust_policy(document: Document) -> TrustPolicy:
    """Return ``trusted_cidrs`` and ``trusted_vpc_endpoint_ids`` as a policy; raises SettingsError."""
    try:
        networks = parse_trusted_networks(document.texts("trusted_cidrs"))
    except ValueError as error:
        raise document.error("trusted_cidrs", f"is wrong: {error}") from None
    return TrustPolicy(networks, frozenset(document.texts("trusted_vpc_endpoint_ids")))


def named_networks(document: Document) -> tuple[Ranges, ...]:
    """Return what ``network_names`` (CSV) calls by name, nothing where it is missing; raises SettingsError."""
    text = document.optional_text("network_names")
    try:
        return () if text is None else (parse(text.splitlines()),)
    except RangesError as error:
        raise document.error("network_names", f"is wrong: {error}") from None


def tuning(document: Document) -> Tuning:
    """Return ``rules`` (missing: as in the catalogue); raises SettingsError."""
    rules = document.value("rules")
    try:
        return tuning_of({} if rules is None else rules)
    except TuningError as error:
        raise document.error("rules", f"is wrong: {error}") from None
