from __future__ import annotations

import ipaddress
import random

import pytest

from secretwatch.record.ranges import Ranges, RangesError, parse, shipped


def name_in(ranges: Ranges, address: str) -> str | None:
    return ranges.name(ipaddress.ip_address(address))


NESTED = parse(
    [
        "# a comment",
        "",
        "198.51.0.0/16,wide",
        "198.51.100.0/24,inside",
        " 198.51.100.64/26 , innermost ",
        "198.51.101.0/24,beside",
        "203.0.113.7/32,one address",
        "2001:db8::/32,wide six",
        "2001:db8:10::/48,inside six",
        "255.0.0.0/8,the end",
    ]
)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("198.50.255.255", None),
        ("198.51.0.0", "wide"),
        ("198.51.99.255", "wide"),
        ("198.51.100.0", "inside"),
        ("198.51.100.64", "innermost"),
        ("198.51.100.127", "innermost"),
        ("198.51.100.128", "inside"),
        ("198.51.100.255", "inside"),
        ("198.51.101.0", "beside"),
        ("198.51.102.0", "wide"),
        ("198.51.255.255", "wide"),
        ("198.52.0.0", None),
        ("203.0.113.6", None),
        ("203.0.113.7", "one address"),
        ("203.0.113.8", None),
        ("0.0.0.0", None),
        ("255.255.255.255", "the end"),
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ("2001:db8::", "wide six"),
        ("2001:db8:10:ffff:ffff:ffff:ffff:ffff", "inside six"),
        ("2001:db8:11::", "wide six"),
        ("2001:db9::", None),
        ("::", None),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
    ],
)
def test_the_longest_prefix_that_holds_an_address_names_it(address: str, name: str | None) -> None:
    assert name_in(NESTED, address) == name


def test_any_order_of_many_nested_networks_names_as_a_search_through_all_does() -> None:
    dice = random.Random(7)
    networks = {}
    for n in range(400):
        length = dice.randint(8, 32)
        # Few first bits, so that many lie in each other and end where others begin.
        start = dice.choice([dice.getrandbits(8) << 24, 0x0A000000 | dice.getrandbits(12) << 12])
        networks[ipaddress.IPv4Network((start >> 32 - length << 32 - length, length))] = f"name {n}"
    lines = [f"{network},{name}" for network, name in networks.items()]
    dice.shuffle(lines)
    ranges = parse(lines)
    edges = [int(edge) + near for network in networks for edge in (network[0], network[-1]) for near in (-1, 0, 1)]
    for edge in edges:
        address = ipaddress.IPv4Address(edge % 2**32)
        holding = [network for network in networks if address in network]
        expected = networks[max(holding, key=lambda network: network.prefixlen)] if holding else None
        assert ranges.name(address) == expected, address


def test_where_there_are_no_networks_nothing_has_a_name() -> None:
    assert name_in(parse([]), "198.51.100.7") is None
    assert name_in(parse(["10.0.0.0/8,inside"]), "2001:db8::1") is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("office", "'office' is not a network|must be a name"),
        ("office,home", "'office' is not a network"),
        ("198.51.100.0,office", "'198.51.100.0' must have a length from /8 to /32"),
        ("198.51.100.0/33,office", "must have a length"),
        ("198.51.100.0/-1,office", "must have a length"),
        ("198.51.100.0/²,office", "must have a length"),
        ("198.51.100.0/99999999999999,office", "must have a length"),
        ("0.0.0.0/0,everywhere", "must have a length from /8"),
        ("126.0.0.0/7,everywhere", "must have a length from /8"),
        ("2000::/3,everywhere", "must have a length from /16"),
        ("2001:db8::1/128,host", "must have a length from /16 to /64"),
        ("198.51.100.7/24,office", "address bits beyond its length"),
        ("2001:db8::1/64,office", "address bits beyond its length"),
        ("198.051.100.0/24,office", "is not a network"),
        ("198.51.100.0/24/24,office", "must have a length"),
        ("fe80::1%eth0/64,office", "is not a network"),
        ("198.51.100.0\x00/24,office", "is not a network"),
        ("\ud800/24,office", "is not a network"),
        ("198.51.100.0/24", "must be a name"),
        ("198.51.100.0/24,", "must be a name"),
        ("198.51.100.0/24,a,b", "must be a name"),
        ('198.51.100.0/24,"office"', "must be a name"),
        ("198.51.100.0/24,off\x1bice", "must be a name"),
        ("198.51.100.0/24,off\u202eice", "must be a name"),
        ("198.51.100.0/24," + "x" * 61, "must be a name of 1 to 60 characters"),
        ("9" * 1_000_000 + ",x", "is not a network"),
    ],
    ids=lambda text: repr(text[:40]),
)  # fmt: skip
def test_a_wrong_line_is_named_with_what_is_wrong(line: str, why: str) -> None:
    with pytest.raises(RangesError, match=why) as refused:
        parse(["# header", "203.0.113.0/24,office", line])
    assert str(refused.value).startswith("line 3: ")
    assert len(str(refused.value)) < 250


def test_a_file_of_a_spreadsheet_is_read() -> None:
    text = "\ufeffnetwork,name\r\n198.51.100.0/24,Büro Köln\r\n\r\n"
    assert name_in(parse(text.splitlines()), "198.51.100.7") == "Büro Köln"
    assert name_in(parse(["\ufeff198.51.100.0/24,office"]), "198.51.100.7") == "office"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("13.224.0.1", None),  # CloudFront's: nobody's machine
        ("3.250.0.1", "AWS eu-west-1"),
        ("54.160.0.1", "AWS us-east-1"),
        ("2600:1f18::1", "AWS us-east-1"),
        ("2a05:d018::1", "AWS eu-west-1"),
        ("20.42.11.1", "Azure or GitHub"),
        ("8.8.8.8", None),
        ("203.0.113.7", None),
        ("10.0.0.1", None),
        ("2001:db8::1", None),
    ],
)
def test_the_shipped_ranges_know_where_machines_are_rented(address: str, name: str | None) -> None:
    assert {name_in(ranges, address) for ranges in shipped()} - {None} == ({name} if name else set())
