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
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

AZURE = "Azure or GitHub"
"""The name of the networks that GitHub's runners have, on Azure."""
LONGEST = {4: 24, 6: 40}
"""IP version → the longest prefix taken over: longer ones are nearly half of the lines and 0.2 % of the addresses."""

_REGION = re.compile(r"[a-z]{2,6}(-[a-z]{2,20}){1,3}-[0-9]{1,2}\Z")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")


class DocumentError(ValueError):
    """A document is not what its publisher describes; the message says which part."""


def ranges_csv(aws: object, github: object) -> str:
    """Return the networks of AWS's and GitHub's documents (parsed JSON) as CSV; raises DocumentError."""
    names: dict[str, list[Network]] = defaultdict(list)
    for network, region in _of_aws(aws):
        names[f"AWS {region}"].append(network)
    names[AZURE] += _of_github(github)
    lines = [(network, name) for name, networks in names.items() for network in _collapsed(networks)]
    lines.sort(key=lambda line: (line[0].version, int(line[0].network_address), line[0].prefixlen))
    day = _part(aws, "ip-ranges.json", "createDate", str)[:10]
    first = f"# Networks as published on {day}: EC2's by region, and those of GitHub's runners"
    return "\n".join([first, *(f"{network},{name}" for network, name in lines), ""])


def _of_aws(document: object) -> Iterator[tuple[Network, str]]:
    where = "ip-ranges.json"
    for part, key in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")):
        for entry in _part(document, where, part, list):
            service, region = _part(entry, part, "service", str), _part(entry, part, "region", str)
            # A range that AWS announces from everywhere is in no place.
            if service == "EC2" and region != "GLOBAL":
                if not _REGION.match(region):
                    raise DocumentError(f"{where}: {region[:40]!r} is not a region")
                yield _network(_part(entry, part, key, str), where), region


def _of_github(document: object) -> Iterator[Network]:
    for prefix in _part(document, "GitHub's meta", "actions", list):
        yield _network(prefix, "GitHub's meta")


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
