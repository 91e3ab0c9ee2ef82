"""The three organisations: who and what is in them, drawn once from a seed.

``large`` is five accounts of twice ``mid`` each; everything else is one account.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import NamedTuple

from dev.month.networks import AWS, GITHUB_RUNNERS, OFFICES, VPN, Home, Place, address_in
from dev.month.records import (
    BOTO3,
    CLI,
    RUNTIMES,
    Caller,
    capitals,
    digits,
)

REGION, OTHER_REGION = "eu-central-1", "eu-west-1"
DAYS, HISTORY_DAYS = 30, 14
TRAIL = "secretwatch-secrets-manager-trail"
"""The trail that the deployment made: stopping it is an attack."""
_FIRST = ("anna", "ben", "clara", "david", "elif", "finn", "greta", "hannes", "ida", "jonas", "katrin", "lars", "mia",
          "noah", "olga", "paul", "rosa", "samir", "tara", "uwe", "vera", "wim", "yara", "zoe")  # fmt: skip
_LAST = ("keller", "vogt", "brandt", "arslan", "hofer", "lindner", "meier", "novak", "okafor", "peters", "reuter",
         "santos", "thoma", "ulrich", "weiss", "ziegler")  # fmt: skip
_TEAMS = ("payments", "search", "platform", "data", "mobile", "growth", "logistics", "identity")
_SERVICES = ("billing", "invoices", "ledger", "payouts", "catalog", "ranking", "indexer", "suggest", "gateway",
             "mailer", "scheduler", "audit", "warehouse", "reports", "events", "metrics", "push", "devices", "profiles",
             "campaigns", "referrals", "pricing", "shipping", "tracking", "returns", "accounts", "sessions",
             "consent")  # fmt: skip
_THINGS = ("db", "api-key", "jwt-signing-key", "redis-auth", "stripe-key", "smtp", "oauth-client", "kafka", "webhook")
_ROLE_ENDINGS = ("-task", "-prod", "-service-role")


@dataclass(frozen=True, slots=True)
class Size:
    """How large an organisation is, and how much of each kind of life it has."""

    people: int
    teams: int
    services: int
    starts: float
    """Starts of a task, and a tenth of a function's cold starts, a day and service."""
    polling: int
    """Services that read again every few minutes."""
    polled: int
    """Secrets that External Secrets reads every hour; 0: there is no cluster."""
    refreshed: int
    """Secrets that Terraform refreshes in CI."""
    refreshes: float
    """Times a day that it does."""
    scanners: int
    refused: int
    """Services that are refused in a loop, for some days or all the time."""
    partners: int
    """Other accounts that read here."""
    new_hires: int
    deployments: int
    """New services in the month."""
    previews: float
    """Environments that CI makes and removes again, a workday."""
    incidents: int
    """Reads by people of what they do not own, for good reasons, in the month."""


SIZES: Mapping[str, Size] = {
    "small": Size(5, 1, 3, 1.1, 1, 0, 8, 0.8, 0, 0, 0, 1, 1, 0.0, 1),
    "mid": Size(40, 6, 25, 7, 4, 150, 80, 15, 2, 3, 2, 3, 6, 1.0, 4),
    "large": Size(80, 8, 50, 7, 8, 300, 160, 15, 2, 6, 2, 5, 10, 2.0, 8),
}
"""``large``: of each of its five accounts."""


class Secret(NamedTuple):
    """A secret of an account."""

    name: str
    account: str
    region: str = REGION

    @property
    def arn(self) -> str:
        """Its ARN, with the six characters that AWS adds."""
        suffix = capitals("suffix", self.account, self.name, length=6)
        mixed = "".join(c.lower() if i % 2 else c for i, c in enumerate(suffix))
        return f"arn:aws:secretsmanager:{self.region}:{self.account}:secret:{self.name}-{mixed[:5]}7"


@dataclass(frozen=True, slots=True)
class Service:
    """A workload with a role of its own."""

    name: str
    team: str
    role: str
    runtime: str
    network: str
    """``public`` (an address of the region that changes), ``nat`` or ``endpoint``."""
    secrets: tuple[Secret, ...]
    by_arn: bool
    poll_minutes: int | None = None
    born: int = -HISTORY_DAYS - 1
    """Day on which it was deployed first."""
    batch_from: int | None = None
    """Day from which its SDK asks with BatchGetSecretValue."""

    @property
    def is_lambda(self) -> bool:
        """Whether it is a function."""
        return self.runtime.startswith("lambda")

    @property
    def agent(self) -> str:
        """Its user agent."""
        return RUNTIMES[self.runtime]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works there."""

    name: str
    team: str
    permission_set: str | None
    """Of Identity Center; None: an IAM user with a key of their own."""
    home: Home
    usual: tuple[Secret, ...]
    """The secrets that they read now and then."""
    agent: str
    office_share: float
    """Of their workdays."""
    hired: int = -HISTORY_DAYS - 1
    """First workday."""


@dataclass(frozen=True)
class Organisation:
    """An account and who and what works in it."""

    seed: str
    account: str
    size: Size
    teams: tuple[str, ...]
    services: tuple[Service, ...]
    people: tuple[Person, ...]
    nat: tuple[str, ...]
    """Addresses behind which services, the cluster and instances are."""
    endpoint: str
    polled: tuple[Secret, ...]
    managed: tuple[Secret, ...]
    """Secrets that RDS manages."""
    rotated: tuple[tuple[Secret, int], ...]
    """Secrets with a rotation function, and after how many days."""
    shared: tuple[Secret, ...]
    """What partners read."""
    vendors: tuple[Secret, ...]
    """What only people read: logins of vendors and tools, by team."""
    partners: tuple[str, ...]
    """Accounts."""
    siblings: tuple[str, ...] = ()
    """Accounts of the same organisation that are watched too: their calls here are recorded twice."""
    office: str = field(default=OFFICES[0])

    def dice(self, *names: object) -> Random:
        """Return dice of their own for a part of the month: no part changes another's throws."""
        return Random(f"{self.seed}/{self.account}/{'/'.join(map(str, names))}")

    @cached_property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that exists from the beginning."""
        own = [s for service in self.services if service.born < 0 for s in service.secrets]
        return tuple(dict.fromkeys([*own, *self.polled, *self.managed, *self.shared, *self.vendors]))

    @cached_property
    def refreshed(self) -> tuple[Secret, ...]:
        """What Terraform made, and refreshes."""
        own = [s for s in self.secrets if s not in (*self.polled, *self.managed, *self.vendors)]
        return tuple([*own, *self.polled][: self.size.refreshed])

    def place_of(self, service: Service, instance: object) -> Place:
        """Return where an instance of a service (a task, a function's sandbox) calls from."""
        dice = self.dice("place", service.name, instance)
        if service.network == "endpoint":
            return Place(f"10.20.{dice.randrange(1, 60)}.{dice.randrange(4, 250)}", self.endpoint)
        if service.network == "nat":
            return Place(dice.choice(self.nat))
        return Place(address_in(dice, AWS[REGION]))

    def role_of(self, service: Service, instance: object, key: object = "") -> Caller:
        """Return the credentials of an instance of a service."""
        session = service.name
        if service.runtime.startswith("ecs"):
            session = digits("task", self.seed, service.name, instance, length=32)
        elif service.runtime.startswith("ec2"):
            session = f"i-0{digits(service.name)}"
        return Caller("AssumedRole", self.account, service.role, session, f"{instance}/{key}")

    def person(self, person: Person, key: object) -> Caller:
        """Return the credentials of a person; ``key`` tells one sign-in from another."""
        if person.permission_set is None:
            return Caller("IAMUser", self.account, person.name)
        role = f"AWSReservedSSO_{person.permission_set}_{digits(self.account, person.permission_set)}"
        path = f"/aws-reserved/sso.amazonaws.com/{REGION}/"
        return Caller("AssumedRole", self.account, role, person.name, str(key), path)

    def ci(self, run: object) -> Caller:
        """Return the credentials of a run of CI."""
        provider = "token.actions.githubusercontent.com"
        return Caller("AssumedRole", self.account, "github-terraform", "GitHubActions", str(run), provider=provider)

    def runner(self, run: object) -> Place:
        """Return where a run of CI happens."""
        return Place(address_in(self.dice("runner", run), GITHUB_RUNNERS))

    def desk(self, person: Person, day: int) -> Place:
        """Return where a person works on a day: an office, or home, with or without the tunnel."""
        dice = self.dice("desk", person.name, day)
        if dice.random() < person.office_share:
            return Place(address_in(dice, (self.office,)))
        if dice.random() < 0.3:
            return Place(VPN[0].partition("/")[0])
        return self.at_home(person, day)

    def at_home(self, person: Person, day: int) -> Place:
        """Return a person's own address on a day."""
        return Place(person.home.address(f"{self.seed}/{person.name}", day))


def organisations(size: str, seed: int) -> tuple[Organisation, ...]:
    """Return the accounts of an organisation: one, of ``large`` five."""
    if size != "large":
        return (_organisation(size, seed, _account(seed, 0)),)
    accounts = [_account(seed, n) for n in range(5)]
    made = (_organisation(size, seed, account) for account in accounts)
    return tuple(replace(org, siblings=tuple(a for a in accounts if a != org.account)) for org in made)


def _account(seed: object, number: object) -> str:
    return str(10**11 + int(digits("account", seed, number), 16) % (9 * 10**11))


def _organisation(name: str, seed: int, account: str) -> Organisation:
    size, root = SIZES[name], f"{name}/{seed}"
    dice = Random(f"{root}/{account}/organisation")
    teams = _TEAMS[: size.teams]
    managed = tuple(
        Secret(f"rds!db-{uuid.UUID(digits('rds', root, account, n, length=32))}", account)
        for n in range(max(1, size.services // 6))
    )
    services = tuple(_services(dice, size, teams, account, managed))
    stems = ("checkout", "search", "ingest", "crm", "cms", "ops")
    polled = tuple(Secret(f"k8s/{stems[n % 6]}/{_THINGS[n // 6 % 9]}-{n // 54}", account) for n in range(size.polled))
    shared = tuple(Secret(f"shared/{name}", account) for name in ("datadog", "partner-feed", "sftp"))
    own = [s for service in services if service.born < 0 for s in service.secrets if not s.name.startswith("rds!")]
    number = max(1, size.services // 2)
    rotated = tuple((s, (7, 14, 30)[n % 3]) for n, s in enumerate(own[:: max(1, len(own) // number)][:number]))
    tools = ("github", "npm", "grafana", "jira", "zoom", "figma", "intercom")
    vendors = tuple(Secret(f"{teams[n % len(teams)]}/{tools[n % 7]}-{n}", account) for n in range(6 + size.people))
    people = tuple(_people(dice, size, teams, services, (*shared, *vendors)))
    return Organisation(
        seed=root,
        account=account,
        size=size,
        teams=teams,
        services=services,
        people=people,
        nat=tuple(address_in(dice, AWS[REGION]) for _ in range(3 if size.people > 10 else 1)),
        endpoint=f"vpce-0{digits('vpce', root, account)}",
        polled=polled,
        managed=managed,
        rotated=rotated,
        shared=shared,
        vendors=vendors,
        partners=tuple(_account(root, f"partner{account}{n}") for n in range(size.partners)),
        office=dice.choice(OFFICES),
    )


def _services(
    dice: Random, size: Size, teams: tuple[str, ...], account: str, managed: tuple[Secret, ...]
) -> list[Service]:
    """Return the services; those that are deployed within the month come last."""
    names = [name + ending for ending in ("", "-v2", "-batch") for name in _SERVICES]
    runtimes = ("ecs-java", "lambda-node", "ecs-go", "lambda-python", "ecs-python")
    networks = ("nat", "public", "endpoint", "public", "nat")
    common = Secret("shared/datadog", account)
    found = []
    for n in range(size.services + size.deployments):
        name, team = names[n], teams[n * len(teams) // (size.services + size.deployments)]
        if n % 7 == 5:
            prefix = f"prod-{name}-"  # not everybody writes slashes
        elif n % 9 == 4:
            prefix = f"{team}/{name}/"
        else:
            prefix = f"{name}/"
        secrets = [Secret(prefix + thing, account) for thing in dice.sample(_THINGS, dice.randint(1, 4))]
        if n % 3 == 0:
            secrets.append(common)
        if n % 6 == 2 and n // 6 < len(managed):
            secrets.append(managed[n // 6])
        runtime = "ec2-php" if n == size.services - 1 else runtimes[n % 5]
        is_new = n >= size.services
        found.append(
            Service(
                name=name,
                team=team,
                role=f"{name}-function" if runtime.startswith("lambda") else f"{name}{dice.choice(_ROLE_ENDINGS)}",
                runtime=runtime,
                network="nat" if runtime == "ec2-php" else networks[n % 5],
                secrets=tuple(secrets),
                by_arn=dice.random() < 0.4,
                poll_minutes=None if n >= size.polling else (5, 15, 10)[n % 3] if size.people > 10 else 60,
                born=dice.randrange(1, DAYS - 2) if is_new else -HISTORY_DAYS - 1,
                batch_from=dice.randrange(3, 25) if n % 11 == 3 and not is_new else None,
            )
        )
    return found


def _people(
    dice: Random, size: Size, teams: tuple[str, ...], services: tuple[Service, ...], others: tuple[Secret, ...]
) -> list[Person]:
    sets = {"platform": "PlatformAdmin", "data": "DataEngineer"}
    hires = sorted(dice.sample(range(1, DAYS - 1), size.new_hires))
    found = []
    for n in range(size.people + size.new_hires):
        team = teams[n % len(teams)]
        own = [s for service in services if service.team == team and service.born < 0 for s in service.secrets]
        own = list(dict.fromkeys(s for s in own if not s.name.startswith("shared/")))
        usual = dice.sample(own, min(len(own), dice.randint(1, 4)))
        usual.append(dice.choice([s for s in others if s.name.startswith(f"{team}/")]))
        if team == "platform" or dice.random() < 0.2:
            usual.append(others[0])
        is_small = size.people < 10
        with_key = is_small or n % 13 == 4
        name = f"{_FIRST[n % len(_FIRST)]}.{_LAST[(n * 7 + n // len(_FIRST)) % len(_LAST)]}"
        found.append(
            Person(
                name=f"{name}-cli" if with_key and not is_small else name,
                team=team,
                permission_set=None if with_key else sets.get(team, f"{team.capitalize()}Developer"),
                home=Home.draw(dice),
                usual=tuple(usual),
                agent=dice.choice((CLI.format("get-secret-value"), CLI.format("get-secret-value"), BOTO3)),
                office_share=dice.choice((0.2, 0.5, 0.5, 0.8)),
                hired=hires[n - size.people] if n >= size.people else -HISTORY_DAYS - 1,
            )
        )
    return found
