"""What AWS and GitHub publish of their networks → networks by name, as the package's file has them.

- https://ip-ranges.amazonaws.com/ip-ranges.json: AWS's networks by service and region (AWS: "Syntax
  for AWS IP address range JSON"). Machines that customers run have addresses of EC2's.
- https://api.github.com/meta: ``actions`` has the networks of GitHub's runners, which are more than
  half of Azure's: whoever rents a machine there is in them too.
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from secretwatch.record.ranges import read

AZURE = "Azure or GitHub"
"""The name of the networks that GitHub's runners have, on Azure."""
LONGEST = {4: 24, 6: 40}
"""IP version → the longest prefix taken over: longer ones are nearly half of the lines and 0.2 % of the addresses."""

_REGION = re.compile(r"[a-z]{2,6}(-[a-z]{2,20}){1,3}-[0-9]{1,2}\Z")
_IP_RANGES, _META = "ip-ranges.json", "GitHub's meta"
MOST = 20_000
"""Most networks of one publisher."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")


class DocumentError(ValueError):
    """A document is not what its publisher describes; the message says which part."""


@dataclass(frozen=True, slots=True)
class NetworkList:
    """Where networks are published, and how to read them."""

    url: str
    to_csv: Callable[[object, str], str]
    """From the document (parsed JSON) and the day: networks by name as CSV; raises DocumentError."""


def aws_csv(document: object, day: str) -> str:
    """Return EC2's networks by region as CSV; raises DocumentError."""
    names: dict[str, list[Network]] = defaultdict(list)
    for network, region in _of_aws(document):
        names[f"AWS {region}"].append(network)
    return _csv(f"EC2's networks by region, as AWS published them on {day}", names)


def github_csv(document: object, day: str) -> str:
    """Return the networks of GitHub's runners as CSV; raises DocumentError."""
    prefixes = _part(document, _META, "actions", list)
    names = {AZURE: [_network(prefix, _META) for prefix in prefixes]}
    return _csv(f"Networks of GitHub's runners on Azure, as GitHub published them on {day}", names)


PUBLISHERS: Mapping[str, NetworkList] = {
    "aws": NetworkList("https://ip-ranges.amazonaws.com/ip-ranges.json", aws_csv),
    "github": NetworkList("https://api.github.com/meta", github_csv),
}
"""By the names that record/ranges.py has for them."""


def check(text: str, shipped: str) -> int:
    """Return the number of networks of a CSV; raises ValueError where they cannot be all that somebody publishes.

    Half of what is shipped must be there, and no network may be so large that it cannot be one place.
    """
    found, least = (sum(1 for _ in read(csv.splitlines())) for csv in (text, shipped))
    if found < least / 2:
        raise ValueError(f"{found:,} networks are less than half of the {least:,} that are shipped")
    if found > MOST:
        raise ValueError(f"{found:,} networks are more than {MOST:,}")
    return found


def _csv(title: str, names: Mapping[str, list[Network]]) -> str:
    lines = [(network, name) for name, networks in names.items() for network in _collapsed(networks)]
    lines.sort(key=lambda line: (line[0].version, int(line[0].network_address), line[0].prefixlen))
    return "\n".join([f"# {title}", *(f"{network},{name}" for network, name in lines), ""])


def _of_aws(document: object) -> Iterator[tuple[Network, str]]:
    for part, key in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")):
        for entry in _part(document, _IP_RANGES, part, list):
            service, region = _part(entry, part, "service", str), _part(entry, part, "region", str)
            # A range that AWS announces from everywhere is in no place.
            if service == "EC2" and region != "GLOBAL":
                if not _REGION.match(region):
                    raise DocumentError(f"{_IP_RANGES}: {region[:40]!r} is not a region")
                yield _network(_part(entry, part, key, str), _IP_RANGES), region


def _part(document: object, where: str, name: str, kind: type[T]) -> T:
    value = document.get(name) if isinstance(document, Mapping) else None
    if not isinstance(value, kind):
        raise DocumentError(f"{where}: {name} is missing, or no {kind.__name__}")
    return value


def _network(prefix: object, where: str) -> Network:
    try:
        if not isinstance(prefix, str):
            raise ValueError("not a text")
        return ipaddress.ip_network(prefix)
    except ValueError:
        raise DocumentError(f"{where}: {str(prefix)[:60]!r} is not a network in CIDR notation") from None


def _collapsed(networks: Iterable[Network]) -> Iterator[Network]:
    """Yield the networks with neighbours merged, without the small ones that are left."""
    for version, longest in LONGEST.items():
        alike = [network for network in networks if network.version == version]
        merged: Iterable[Network] = ipaddress.collapse_addresses(alike)  # type: ignore[type-var]
        yield from (network for network in merged if network.prefixlen <= longest)
