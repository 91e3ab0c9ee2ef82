"""Networks by name: what AWS and others publish of theirs, and what the user calls a place.

They are written as CSV without quotes: a line is a network in CIDR notation, a comma and a name.
Empty lines, those that begin with #, and a first line network,name are skipped.
"""

from __future__ import annotations

import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from secretwatch.runtime.data import read_text

NAME_LIMIT = 60
"""Longest name, in characters."""
LEAST_LENGTHS = {4: 8, 6: 16}
"""IP version → the shortest prefix that can be one place."""
_BITS = {4: 32, 6: 64}
"""IP version → the bits of an address that count: an IPv6 host has a /64."""
_END = 1 << 64
_HEADER = "network,name"
PUBLISHERS = ("aws", "github")
"""Whose ranges are known: each has a file in record/published_ranges/, and a newer one in the bucket."""


class RangesError(ValueError):
    """A line is not a network and a name; the message says which line and why."""


class Named(NamedTuple):
    """A network and its name."""

    version: int
    start: int
    """Its first address; of IPv6 the first 64 bits."""
    end: int
    """The first address after it."""
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ranges:
    """Networks by name; of several that hold an address the longest prefix wins."""

    _starts: dict[int, list[int]]
    """IP version → where a name begins, or none; ascending, from 0 on."""
    _names: dict[int, list[str | None]]
    """IP version → the name that holds from each start up to the next one."""

    @classmethod
    def of(cls, named: Iterable[Named]) -> Ranges:
        """Return the look-up of some networks; of the same network twice the last name counts."""
        found: dict[int, list[Named]] = {4: [], 6: []}
        for network in named:
            found[network.version].append(network)
        pieces = {version: _pieces(networks) for version, networks in found.items()}
        return cls(
            {version: starts for version, (starts, _) in pieces.items()},
            {version: names for version, (_, names) in pieces.items()},
        )

    def name(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str | None:
        """Return the name of the network that an address is in, or None."""
        number = int(ip) if ip.version == 4 else int(ip) >> 64
        return self._names[ip.version][bisect_right(self._starts[ip.version], number) - 1]


def _pieces(networks: list[Named]) -> tuple[list[int], list[str | None]]:
    """Return the networks without those inside of others: where each name begins, and the names."""
    starts: list[int] = [0]
    names: list[str | None] = [None]
    around: list[tuple[int, str | None]] = [(_END, None)]

    def begin(start: int, name: str | None) -> None:
        if starts[-1] == start:
            names[-1] = name
        elif names[-1] != name:
            starts.append(start)
            names.append(name)

    def leave(until: int) -> None:
        while around[-1][0] <= until:
            end, _ = around.pop()
            begin(end, around[-1][1])

    for _, start, end, name in sorted(networks, key=lambda network: (network.start, -network.end)):
        leave(start)
        begin(start, name)
        around.append((end, name))
    leave(_END - 1)
    return starts, names


def parse(lines: Iterable[str]) -> Ranges:
    """Return the networks that some lines name; raises RangesError about the first line that is wrong."""
    return Ranges.of(read(lines))


def read(lines: Iterable[str]) -> Iterator[Named]:
    """Yield the network of each line; raises RangesError about the first line that is wrong."""
    known: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if not text or text.startswith("#") or (number == 1 and text == _HEADER):
            continue
        prefix, _, name = text.partition(",")
        try:
            name = known.get(name) or known.setdefault(name, _name(name))
            yield Named(*_network(prefix.strip()), name)
        except ValueError as error:
            raise RangesError(f"line {number}: {error}") from None


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable() or '"' in name or "," in name:
        raise ValueError(
            f"after the network and a comma there must be a name of 1 to {NAME_LIMIT} characters "
            f"without quotes and commas, not {text[:NAME_LIMIT]!r}"
        )
    return name


def _network(prefix: str) -> tuple[int, int, int]:
    """Return version, first address and end of a network; faster than ``ipaddress``, which takes it apart first."""
    version = 6 if ":" in prefix else 4
    address, _, digits = prefix.partition("/")
    try:
        packed = socket.inet_pton(socket.AF_INET6 if version == 6 else socket.AF_INET, address)
    except (OSError, ValueError):
        raise ValueError(f"{prefix[:60]!r} is not a network in CIDR notation") from None
    least, most = LEAST_LENGTHS[version], _BITS[version]
    length = int(digits) if digits.isdecimal() and len(digits) < 4 else -1
    if not least <= length <= most:
        raise ValueError(f"{prefix[:60]!r} must have a length from /{least} to /{most}")
    size = 1 << most - length
    start = int.from_bytes(packed[:8], "big")
    if start % size or any(packed[8:]):
        raise ValueError(f"{prefix[:60]!r} has address bits beyond its length")
    return version, start, start + size


def shipped_csv(publisher: str) -> str:
    """Return the CSV of a publisher's ranges as they were when this version was made."""
    return read_text(f"record/published_ranges/{publisher}.csv")


def published_key(publisher: str) -> str:
    """Return the key of the newer ranges of a publisher in the bucket of the summaries."""
    return f"ranges/{publisher}.csv"


@cache
def shipped_of(publisher: str) -> Ranges:
    """Return the ranges of a publisher as they were when this version was made."""
    return parse(shipped_csv(publisher).splitlines())


def shipped() -> tuple[Ranges, ...]:
    """Return the ranges of every publisher as they were when this version was made."""
    return tuple(map(shipped_of, PUBLISHERS))
