"""How the deployment judges: read out of the deployed function's package, or given by options."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from secretwatch.functions.summarizer.published import Published
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.record.ranges import shipped
from secretwatch.runtime.settings import FILE, Document, Environment, SettingsError
from tools.backtest.settings import BacktestSettings, judgement_of

_NO_OPTION = ("", None)
_OPTIONS = (
    "trusted_cidrs", "trusted_vpc_endpoint_ids", "network_names", "rules", "signal_overrides", "history_days",
    "learning_days", "quiet_minutes", "decoys", "automation", "people_roles", "expected_readers",
    "expectations",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeedSettings:
    """Whose memory is filled, and how it judges."""

    table: str
    judgement: BacktestSettings
    source: str
    """Where the settings are from, for people."""


def given_options(options: Namespace) -> list[str]:
    """Return the options that say how accesses are judged, as far as any are given."""
    return [name for name in _OPTIONS if getattr(options, name) not in _NO_OPTION]


def of_options(options: Namespace, table: str) -> SeedSettings:
    """Return the settings of a command line; raises ValueError naming the option, the value and the cure."""
    trust, tuning = judgement_of(options)
    given = ", ".join(f"--{name.replace('_', '-')}" for name in given_options(options))
    return SeedSettings(table, BacktestSettings(trust, tuning, None, (), None), f"by {given}; all else by default")


def of_deployed(functions: Any, name: str, s3: Any, download: Callable[[str], bytes]) -> SeedSettings:
    """Return the settings of the deployed summarizer, read as it reads them itself.

    ``download`` returns what is at an address that Lambda signed. Raises ValueError with cause and cure.
    AWS: "GetFunction" (Lambda API Reference).
    """
    found = functions.get_function(FunctionName=name)
    environment: Mapping[str, str] = found["Configuration"].get("Environment", {}).get("Variables", {})
    try:
        with ZipFile(BytesIO(download(found["Code"]["Location"]))) as package:
            document = Document(json.loads(package.read(FILE)))
        settings = SummarizerSettings.read(Environment(environment), document)
    except (KeyError, ValueError, OSError, BadZipFile, SettingsError) as error:
        raise ValueError(
            f"the settings of {name} cannot be read: {error}. Use the version that is deployed, or give the settings "
            "as options (--rules @rules.json --trusted-cidrs …)"
        ) from None
    ranges = Published(s3, settings.bucket).ranges() if settings.refreshed else shipped()
    trust = replace(settings.trust, ranges=(*settings.trust.ranges, *ranges))
    judgement = BacktestSettings(trust, settings.tuning, settings.canary, (), None)
    return SeedSettings(settings.table, judgement, f"those of {name}")
