from __future__ import annotations

from dataclasses import replace

import pytest

from secretwatch.record.origin import Trust, TrustPolicy, parse_networks, parse_trusted_networks
from secretwatch.record.ranges import parse

POLICY = TrustPolicy(parse_networks(["198.51.100.0/24", "2001:db8:10::/48", "10.1.0.0/16"]), frozenset({"vpce-0aa"}))


@pytest.mark.parametrize(
    ("address", "endpoint", "trust"),
    [
        ("198.51.100.7", None, Trust.TRUSTED),
        ("::ffff:198.51.100.7", None, Trust.TRUSTED),
        ("2001:db8:10::25", None, Trust.TRUSTED),
        ("10.1.2.3", None, Trust.TRUSTED),
        ("10.9.9.9", "vpce-0aa", Trust.TRUSTED),
        ("203.0.113.66", None, Trust.UNTRUSTED),
        ("8.8.8.8", None, Trust.UNTRUSTED),
        ("2001:db8:11::1", None, Trust.UNTRUSTED),
        ("10.9.9.9", "vpce-0bb", Trust.UNTRUSTED),
        ("10.1.2.3", "vpce-0bb", Trust.UNTRUSTED),
        ("198.51.100.7", "vpce-0bb", Trust.UNTRUSTED),
        ("lambda.amazonaws.com", "vpce-0bb", Trust.UNTRUSTED),
        (None, "vpce-0bb", Trust.UNTRUSTED),
        ("nonsense", "vpce-0bb", Trust.UNTRUSTED),
        ("203.0.113.66", "vpce-0aa", Trust.TRUSTED),
        ("::1", None, Trust.UNKNOWN),
        ("::", None, Trust.UNKNOWN),
        ("10.9.9.9", None, Trust.UNKNOWN),
        ("100.64.0.1", None, Trust.UNKNOWN),
        ("fe80::1", None, Trust.UNKNOWN),
        ("fe80::1%eth0", None, Trust.UNKNOWN),
        ("127.0.0.1", None, Trust.UNKNOWN),
        ("lambda.amazonaws.com", None, Trust.AWS_SERVICE),
        ("ecs-tasks.amazonaws.com.cn", None, Trust.AWS_SERVICE),
        ("AWS Internal", None, Trust.AWS_SERVICE),
        ("evil-amazonaws.com", None, Trust.UNKNOWN),
        ("amazonaws.com.evil.example", None, Trust.UNKNOWN),
        ("198.51.100.007", None, Trust.UNKNOWN),
        ("198.51.100.7, 10.0.0.1", None, Trust.UNKNOWN),
        ("198.51.100.7/32", None, Trust.UNKNOWN),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", None, Trust.UNKNOWN),
        ("999.1.1.1", None, Trust.UNKNOWN),
        (None, None, Trust.UNKNOWN),
    ],
)
def test_whether_a_place_is_trusted(address: str | None, endpoint: str | None, trust: Trust) -> None:
    origin = POLICY.origin(address, endpoint)
    assert origin.trust is trust
    assert origin.reason


def test_without_any_trusted_network_nothing_is_untrusted() -> None:
    origin = TrustPolicy().origin("8.8.8.8")
    assert origin.trust is Trust.UNKNOWN
    assert origin.reason == "no trusted networks are configured"


@pytest.mark.parametrize("address", ["10.0.0.5", "198.51.100.7", "203.0.113.66", "lambda.amazonaws.com", None])
def test_an_endpoint_says_nothing_while_none_is_allow_listed(address: str | None) -> None:
    """The owner of the VPC chooses its addresses: one of ours, too."""
    policy = TrustPolicy(parse_networks(["198.51.100.0/24", "10.0.0.0/8"]))
    origin = policy.origin(address, "vpce-0bb")
    assert (origin.trust, origin.network, origin.configured) == (Trust.UNKNOWN, "vpce-0bb", True)


@pytest.mark.parametrize(
    ("address", "trust"),
    [
        ("8.8.8.8", Trust.UNTRUSTED),
        ("203.0.113.66", Trust.UNTRUSTED),
        ("2001:db8:11::1", Trust.UNTRUSTED),
        ("10.0.0.5", Trust.UNKNOWN),
        ("rds.amazonaws.com", Trust.AWS_SERVICE),
        (None, Trust.UNKNOWN),
    ],
)
def test_with_allow_listed_endpoints_only_the_internet_is_outside(address: str | None, trust: Trust) -> None:
    assert TrustPolicy(vpc_endpoints=frozenset({"vpce-0aa"})).origin(address).trust is trust


@pytest.mark.parametrize(
    ("address", "endpoint", "place"),
    [
        ("198.51.100.7", None, "198.51.0.0/16"),
        ("::ffff:203.0.113.66", None, "203.0.0.0/16"),
        ("10.9.9.9", None, "10.9.0.0/16"),
        ("2001:db8:11::1", None, "2001:db8::/32"),
        ("::1", None, "::/32"),
        ("10.9.9.9", "vpce-0aa", "vpce-0aa"),
        ("10.9.9.9", "vpce-0bb", "vpce-0bb"),
        ("lambda.amazonaws.com", None, "lambda.amazonaws.com"),
        ("AWS Internal", None, "AWS Internal"),
        ("HIDDEN", None, "HIDDEN"),
        (None, None, "none"),
    ],
)
def test_the_place_of_a_habit(address: str | None, endpoint: str | None, place: str) -> None:
    assert POLICY.origin(address, endpoint).place == place


def test_a_moving_service_is_in_a_few_places() -> None:
    moving = [POLICY.origin(f"52.{95 + n % 3}.{n % 250}.{n // 250}") for n in range(5_000)]
    assert len({origin.place for origin in moving}) == 3
    assert len({origin.network for origin in moving}) == 5_000


def test_ipv6_addresses_of_a_host_are_one_network() -> None:
    assert POLICY.origin("2001:db8:11::1").network == POLICY.origin("2001:db8:11::ffff").network == "2001:db8:11::/64"


@pytest.mark.parametrize("cidr", ["198.51.100.7/24", "office", "198.51.100.0/33"])
def test_a_wrong_network_is_named(cidr: str) -> None:
    with pytest.raises(ValueError, match=f"'{cidr}' is not a network"):
        parse_networks([cidr])


@pytest.mark.parametrize(
    "cidrs",
    [
        ["8.0.0.0/7"], ["::/16"], ["2002::/16"], ["2002:8000::/17"], ["2001::/32"], ["64:ff9b::/96"],
        ["2600::/15"], [f"{n}.0.0.0/8" for n in range(17)],
    ],
    ids=str,
)  # fmt: skip
def test_a_large_part_of_the_internet_cannot_be_trusted(cidrs: list[str]) -> None:
    with pytest.raises(ValueError, match="large part of the internet"):
        parse_trusted_networks(cidrs)


def test_wide_networks_that_one_owner_can_have_are_trusted() -> None:
    wide = [
        "10.0.0.0/8",
        "fc00::/7",
        "2600::/16",
        "2002:c633:6400::/48",
        "::1/128",
        *(f"{n}.0.0.0/8" for n in range(40, 55)),
    ]
    assert len(parse_trusted_networks(wide)) == len(wide)


NAMED = replace(
    POLICY,
    ranges=(
        parse(["198.51.100.0/25,office", "10.9.0.0/16,warehouse", "203.0.113.0/24,ours"]),
        parse(["198.51.0.0/16,AWS eu-west-1", "203.0.113.64/26,AWS eu-west-1", "2001:db8::/32,AWS eu-west-1"]),
    ),
)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("198.51.100.7", "office"),
        ("198.51.100.200", "AWS eu-west-1"),
        ("::ffff:198.51.7.7", "AWS eu-west-1"),
        ("203.0.113.66", "ours"),
        ("10.9.9.9", "warehouse"),
        ("2001:db8:11::1", "AWS eu-west-1"),
        ("8.8.8.8", "8.8.0.0/16"),
        ("lambda.amazonaws.com", "lambda.amazonaws.com"),
        ("HIDDEN", "HIDDEN"),
    ],
)
def test_a_network_with_a_name_is_one_place_and_the_users_name_counts_before_a_published_one(
    address: str, place: str
) -> None:
    assert NAMED.origin(address).place == place


@pytest.mark.parametrize("address", ["198.51.100.7", "203.0.113.66", "10.9.9.9", "2001:db8:11::1", "8.8.8.8"])
def test_a_name_trusts_nobody(address: str) -> None:
    named, nameless = NAMED.origin(address), POLICY.origin(address)
    assert (named.trust, named.network, named.configured) == (nameless.trust, nameless.network, nameless.configured)
    assert NAMED.origin(address, "vpce-0bb") == POLICY.origin(address, "vpce-0bb")


def test_people_read_whose_the_untrusted_address_is() -> None:
    assert NAMED.origin("2001:db8:11::1").reason == "outside every trusted network, in AWS eu-west-1"
    assert NAMED.origin("8.8.8.8").reason == "outside every trusted network"
