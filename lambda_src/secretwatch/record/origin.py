"""Where a call came from, and whether that place is trusted.

Judging never raises: ``sourceIPAddress`` may be an address, a service's host
name, ``AWS Internal``, a list, zero-padded or redacted. AWS: "CloudTrail record
contents", field sourceIPAddress.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from secretwatch.record.access import SecretAccess
from secretwatch.record.ranges import Ranges
from secretwatch.runtime.data import read_data

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRUSTED: dict[str, Any] = read_data("record/trusted_networks.json")
"""How long a trusted network has to be, by its first address, and how many addresses all may have together."""
_NETWORK_LIMIT = 64
"""Longest address or endpoint, in characters; anything longer is neither."""
_new = tuple.__new__  # as the named tuple's own __new__ does, which takes twice as long
_SERVICE = re.compile(r"(?:[a-z0-9-]+\.)+(?:amazonaws\.com(?:\.cn)?|aws\.internal)\Z|AWS Internal\Z")


class Trust(StrEnum):
    """Whether the place a call came from is trusted."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    AWS_SERVICE = "aws_service"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Origin:
    """The judged source of one call."""

    trust: Trust
    network: str
    """What groups calls from the same place: the address (IPv6: its /64), endpoint or service."""
    reason: str
    """Why, for people."""
    configured: bool = True
    """Whether any place is trusted at all; if none is, an unknown one says nothing."""
    place: str = ""
    """What stands for it in an actor's habit: the network, its name, or the wider one within which an address moves."""

    def __post_init__(self) -> None:
        if not self.place:
            object.__setattr__(self, "place", self.network)


class Judged(NamedTuple):
    """An access, and where it came from."""

    access: SecretAccess
    origin: Origin


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """The places that calls may come from."""

    networks: tuple[Network, ...] = ()
    vpc_endpoints: frozenset[str] = frozenset()
    ranges: tuple[Ranges, ...] = ()
    """Networks by name, which say what is one place and nothing about trust; the first that knows an address counts."""

    def judge(self, accesses: Iterable[SecretAccess]) -> list[Judged]:
        """Return each access with its judged source; each address is judged once."""
        origins: dict[tuple[str | None, str | None], Origin] = {}
        judged = []
        for access in accesses:
            call = access.call
            source = (call.source_address, call.vpc_endpoint_id)
            origin = origins.get(source)
            if origin is None:
                origin = origins[source] = self.origin(*source)
            judged.append(_new(Judged, (access, origin)))
        return judged

    def origin(self, address: str | None, vpc_endpoint: str | None = None) -> Origin:
        """Return where a call came from. Never raises.

        An endpoint is judged before the address: the owner of its VPC chooses the addresses
        there. A private address means nothing by itself, since every VPC has the same ones: it
        is trusted through an allow-listed endpoint or an explicit network, else unknown.
        """
        address = None if address is None else address[:_NETWORK_LIMIT]
        if vpc_endpoint is not None:
            return self._through(vpc_endpoint[:_NETWORK_LIMIT])
        if address is None:
            return Origin(Trust.UNKNOWN, "none", "the record has no source address")
        if _SERVICE.match(address):
            return Origin(Trust.AWS_SERVICE, address, "called by an AWS service")
        ip = parse_address(address)
        if ip is None:
            return Origin(Trust.UNKNOWN, address, "the source address cannot be read")
        network, name = network_of(ip), self._name_of(ip)
        place = name or place_of(ip)
        if any(ip in trusted for trusted in self.networks):
            return Origin(Trust.TRUSTED, network, "inside a trusted network", place=place)
        if not ip.is_global and not _stands_for_public(ip):
            return Origin(Trust.UNKNOWN, network, "a private address without an allow-listed VPC endpoint", place=place)
        if not self.networks and not self.vpc_endpoints:
            reason = "no trusted networks are configured"
            return Origin(Trust.UNKNOWN, network, reason, configured=False, place=place)
        reason = "outside every trusted network" if self.networks else "not through an allow-listed VPC endpoint"
        return Origin(Trust.UNTRUSTED, network, f"{reason}, in {name}" if name else reason, place=place)

    def _name_of(self, ip: Address) -> str | None:
        return next((name for ranges in self.ranges if (name := ranges.name(ip))), None)

    def _through(self, vpc_endpoint: str) -> Origin:
        """Return where a call through a VPC endpoint came from, whatever its address."""
        if vpc_endpoint in self.vpc_endpoints:
            return Origin(Trust.TRUSTED, vpc_endpoint, "came through an allow-listed VPC endpoint")
        if self.vpc_endpoints:
            return Origin(Trust.UNTRUSTED, vpc_endpoint, "came through a VPC endpoint that is not allow-listed")
        reason = "came through a VPC endpoint, and none is allow-listed"
        return Origin(Trust.UNKNOWN, vpc_endpoint, reason, configured=bool(self.networks))


def parse_networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of ``cidrs``; raises ValueError naming the wrong one."""
    networks = []
    for cidr in cidrs:
        try:
            networks.append(ipaddress.ip_network(cidr))
        except ValueError as error:
            raise ValueError(f"{cidr!r} is not a network in CIDR notation: {error}") from None
    return tuple(networks)


def parse_trusted_networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of ``cidrs``; raises ValueError where they are a large part of the internet.

    Transition addresses carry an IPv4 address each (6to4, Teredo, NAT64), so that their networks have to be longer.
    """
    networks = parse_networks(cidrs)
    for network in networks:
        least = _least_length(network)
        if network.prefixlen < least:
            raise ValueError(f"{str(network)!r} trusts a large part of the internet: write /{least} or longer")
    addresses = sum(network.num_addresses for network in set(networks) if network.version == 4)
    if addresses > _TRUSTED["most_ipv4_addresses"]:
        raise ValueError(f"{addresses} IPv4 addresses in all are a large part of the internet")
    return networks


def _least_length(network: Network) -> int:
    first = str(network.network_address)
    return next(int(rule["length"]) for rule in _TRUSTED["least_lengths"] if re.fullmatch(rule["first_address"], first))


def parse_address(text: str) -> Address | None:
    """Return the IP address, an IPv4-mapped one as IPv4; None for anything else."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return None
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
    return ip


def network_of(ip: Address) -> str:
    """Return what stands for the place of an address: itself, or an IPv6 address's /64."""
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return _shortened(ip, 64)


def place_of(ip: Address) -> str:
    """Return the network that an address moves within: the /16 of an IPv4 address, the /32 of an IPv6 address."""
    return _shortened(ip, 16 if isinstance(ip, ipaddress.IPv4Address) else 32)


def _shortened(ip: Address, length: int) -> str:
    rest = ip.max_prefixlen - length
    return f"{type(ip)(int(ip) >> rest << rest)}/{length}"


# Python does not count the documentation networks and the reserved 240.0.0.0/4 as global; no
# VPC uses them, and examples, tests and anonymised records do.
_STAND_INS = parse_networks(
    ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "2001:db8::/32", "3fff::/20")
)


def _stands_for_public(ip: Address) -> bool:
    return any(ip in network for network in _STAND_INS)
