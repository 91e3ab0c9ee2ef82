"""Where calls come from: a few prefixes of each kind of network, as their owners publish or announce them.

A small list that looks like the internet of one company is enough: what matters is which
addresses move, within what, and which are somebody else's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

AWS: Mapping[str, tuple[str, ...]] = {
    "eu-central-1": ("3.64.0.0/12", "3.120.0.0/14", "18.153.0.0/16", "18.156.0.0/14", "18.184.0.0/15",
                     "18.192.0.0/15", "35.156.0.0/14", "52.28.0.0/16", "52.57.0.0/16", "52.58.0.0/15", "54.93.0.0/16"),
    "eu-west-1": ("3.248.0.0/13", "34.240.0.0/13", "52.16.0.0/15", "52.208.0.0/13", "54.72.0.0/15", "63.32.0.0/14"),
    "us-east-1": ("3.208.0.0/12", "34.192.0.0/12", "44.192.0.0/11", "52.0.0.0/15", "54.144.0.0/14"),
    "us-west-2": ("34.208.0.0/12", "35.80.0.0/12", "44.224.0.0/11", "52.24.0.0/14", "54.184.0.0/13"),
}  # fmt: skip
"""Region → ranges that EC2, Fargate and Lambda get their public addresses from."""
GITHUB_RUNNERS = ("4.148.0.0/16", "4.149.0.0/18", "4.175.0.0/16", "13.64.0.0/16", "13.68.0.0/17", "20.57.0.0/17",
                  "20.94.0.0/17", "20.161.0.0/17", "20.171.0.0/16", "40.65.0.0/17", "52.159.128.0/17",
                  "52.225.64.0/18", "68.220.0.0/17", "172.183.0.0/17", "172.208.0.0/17")  # fmt: skip
"""Hosted runners: a machine in somebody else's cloud, another one for every job."""
HOMES = {
    "telekom": ("2003:c0::/27", "79.192.0.0/12", "87.128.0.0/12", "91.0.0.0/12"),
    "vodafone": ("2a02:8100::/27", "95.88.0.0/14", "178.24.0.0/14"),
    "o2": ("2a02:3030::/29", "77.176.0.0/13"),
    "glasfaser": ("2a00:6020::/32", "94.31.64.0/18"),
}
"""Provider of homes → its ranges, IPv6 first."""
OFFICES = ("217.110.40.8/29", "62.96.118.128/29", "80.146.201.16/29")
VPN = ("185.22.44.12/32",)
"""Where people's tunnel ends."""
MOBILE = ("80.187.64.0/18", "109.40.0.0/14", "176.0.0.0/13")
ABROAD = ("92.184.96.0/19", "151.38.0.0/16", "88.26.0.0/16", "213.205.192.0/20", "94.66.0.0/16")
"""Hotels and mobile networks of other countries, where people travel."""
HOSTING = ("159.65.0.0/16", "167.99.0.0/16", "51.68.0.0/16", "95.216.0.0/16", "45.76.0.0/16", "146.70.0.0/16",
           "161.97.0.0/16", "194.165.16.0/23")  # fmt: skip
"""Rented servers and VPN exits: where attackers sit."""
FAR = ("102.89.32.0/19", "103.124.92.0/22", "185.220.101.0/24", "177.54.144.0/20", "5.188.206.0/24")
"""Other continents, or anonymous."""


class Place(NamedTuple):
    """What a record says about where a call came from."""

    address: str
    endpoint: str | None = None


def address_in(dice: Random, prefixes: Sequence[str]) -> str:
    """Return an address of one of the prefixes; of an IPv6 one within its first /64 networks' lower half."""
    network = ipaddress.ip_network(dice.choice(prefixes))
    last = network.num_addresses - 1
    return str(network[dice.randint(min(1, last), max(0, last - 1))])


@dataclass(frozen=True, slots=True)
class Home:
    """A household: its provider gives it another address or prefix every day or so."""

    provider: str
    is_ipv6: bool
    pool: tuple[str, ...]
    """The ranges that its prefix is usually of."""
    changes_daily: bool

    @classmethod
    def draw(cls, dice: Random) -> Home:
        """Return a household."""
        provider = dice.choice(sorted(HOMES))
        ipv6, *ipv4 = HOMES[provider]
        if dice.random() < 0.6:
            network = ipaddress.ip_network(ipv6)
            pool = tuple(str(s) for s in _some_subnets(dice, network, 40, 2))
            return cls(provider, True, pool, dice.random() < 0.5)
        pool = tuple(str(s) for s in _some_subnets(dice, ipaddress.ip_network(dice.choice(ipv4)), 18, 3))
        return cls(provider, False, pool, dice.random() < 0.7)

    def address(self, seed: str, day: int) -> str:
        """Return its address on a day; ``seed`` tells households apart."""
        dice = Random(f"{seed}/home/{day if self.changes_daily else day // 9}")
        moved = dice.random() < 0.04  # now and then the provider draws from another part of its ranges
        return address_in(dice, HOMES[self.provider][:1] if moved and self.is_ipv6 else self.pool)


def _some_subnets(
    dice: Random, network: ipaddress.IPv4Network | ipaddress.IPv6Network, length: int, number: int
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return some networks of a length within a network; it may be longer itself."""
    if network.prefixlen >= length:
        return [network]
    bits = length - network.prefixlen
    step = network.num_addresses >> bits
    first = int(network.network_address)
    make = type(network)
    return [make((first + dice.randrange(1 << bits) * step, length)) for _ in range(number)]
