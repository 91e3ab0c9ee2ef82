"""Twelve attacks, one of each in a month, every act of them labelled. Each uses who and what the organisation has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from dev.month.lives import DAY, HOUR, batch, call, get, is_workday, midnight, old_hands, policy_for
from dev.month.networks import AWS, FAR, HOSTING, Place, address_in
from dev.month.organisation import DAYS, REGION, TRAIL, Organisation, Person, Secret, Service
from dev.month.records import BOTO3_LINUX, CLI, CLI_LINUX, Act, Caller, Label, digits

_THEIRS = "666777888999"
"""The attacker's account."""
Attack = Callable[[Organisation, int], Iterator[Act]]


def _services(org: Organisation, **having: object) -> list[Service]:
    """Return the old services that have an attribute, else all old ones."""
    old = [s for s in org.services if s.born < 0]
    return [s for s in old if all(getattr(s, name) == value for name, value in having.items())] or old


def _strange(org: Organisation, known: tuple[Secret, ...]) -> list[Secret]:
    """Return the secrets beside those that somebody knows."""
    return [s for s in org.secrets if s not in known and not s.name.startswith("shared/")]


def _of_other_teams(org: Organisation, person: Person) -> list[Secret]:
    known = {s for service in org.services if service.team == person.team for s in service.secrets}
    known |= {s for s in org.vendors if s.name.startswith(f"{person.team}/")}
    found = [s for s in _strange(org, person.usual) if s not in known]
    return found or _strange(org, person.usual)


def key_from_abroad(org: Organisation, day: int) -> Iterator[Act]:
    """A developer's own access key, used on another continent: a list, and three reads."""
    dice = org.dice("attack", "key")
    person = dice.choice([p for p in old_hands(org) if p.permission_set is None] or old_hands(org))
    caller, place = org.person(person, "stolen"), Place(address_in(dice, FAR))
    time = midnight(day) + dice.randrange(DAY - HOUR)
    yield call(org, time, caller, place, CLI.format("list-secrets"), "ListSecrets", {})
    for n, secret in enumerate([person.usual[0], *dice.sample(_strange(org, person.usual), 2)]):
        yield get(org, time + 40 + 25 * n, caller, place, CLI.format("get-secret-value"), secret)


def task_credentials(org: Organisation, day: int) -> Iterator[Act]:
    """A task role's credentials, read out through a hole in the service, used on a rented server."""
    dice = org.dice("attack", "task")
    service = dice.choice([s for s in _services(org) if not s.is_lambda])
    caller, place = org.role_of(service, f"{day}/0"), Place(address_in(dice, HOSTING))
    time = midnight(day) + dice.randrange(DAY - HOUR)
    for n, secret in enumerate(service.secrets[:3]):
        yield get(org, time + 8 * n, caller, place, BOTO3_LINUX, secret)


def list_and_read_all(org: Organisation, day: int) -> Iterator[Act]:
    """Somebody on an instance of ours lists the secrets and reads one after the other, by the instance's role."""
    dice = org.dice("attack", "all")
    instance = Caller("AssumedRole", org.account, "jump-host", f"i-0{digits('jump', org.account, length=16)}", str(day))
    place, time = Place(org.nat[0]), midnight(day) + dice.randrange(DAY - HOUR)
    for n in range(3):
        yield call(org, time + n, instance, place, CLI_LINUX, "ListSecrets", {"maxResults": 100})
    for n, secret in enumerate(dice.sample(org.secrets, min(60, len(org.secrets)))):
        yield get(org, time + 30 + 7 * n, instance, place, CLI_LINUX, secret)


def one_a_day(org: Organisation, day: int) -> Iterator[Act]:
    """An engineer reads one secret of other teams every workday, for weeks, at an ordinary hour and place."""
    dice = org.dice("attack", "slow")
    person = dice.choice([p for p in old_hands(org) if p.permission_set] or old_hands(org))
    wanted = dice.sample(_of_other_teams(org, person), k=min(20, len(_of_other_teams(org, person))))
    today = org.dice("attack", "slow", day)
    number = sum(map(is_workday, range(3, day)))
    if day >= 3 and is_workday(day) and number < len(wanted):
        time = midnight(day) + 9 * HOUR + today.randrange(6 * HOUR)
        yield get(org, time, org.person(person, day), org.desk(person, day), person.agent, wanted[number])


def batch_in_ci(org: Organisation, day: int) -> Iterator[Act]:
    """A poisoned dependency in CI asks for everything at once, between two refreshes of Terraform."""
    dice = org.dice("attack", "ci")
    run, time = f"{day}/0", midnight(day) + 9 * HOUR + dice.randrange(8 * HOUR)
    everything = {"filters": [{"key": "tag-key", "values": ["!nothing"]}], "maxResults": 20}
    for page in range(3):
        secrets = dice.sample(org.secrets, min(20, len(org.secrets)))
        yield from batch(org, time + 2 * page, org.ci(run), org.runner(run), CLI_LINUX, secrets, everything)


def insider_at_night(org: Organisation, day: int) -> Iterator[Act]:
    """An engineer reads eight secrets of other teams at home, at three in the morning."""
    dice = org.dice("attack", "insider")
    person = dice.choice([p for p in old_hands(org) if p.permission_set] or old_hands(org))
    wanted = _of_other_teams(org, person)
    time, place = midnight(day) + 1 * HOUR + dice.randrange(2 * HOUR), org.at_home(person, day)
    for n, secret in enumerate(dice.sample(wanted, min(8, len(wanted)))):
        yield get(org, time + 95 * n, org.person(person, f"{day}/night"), place, person.agent, secret)


def function_elsewhere(org: Organisation, day: int) -> Iterator[Act]:
    """A function's credentials, used from an attacker's own machine for exactly what the function reads."""
    dice = org.dice("attack", "function")
    service = dice.choice([s for s in _services(org) if s.is_lambda] or _services(org))
    place = Place(address_in(dice, HOSTING if dice.random() < 0.5 else AWS["us-west-2"]))
    caller, time = org.role_of(service, f"{day}/1"), midnight(day) + dice.randrange(DAY - HOUR)
    for n in range(2):
        yield get(org, time + 600 * n, caller, place, BOTO3_LINUX, service.secrets[0], by_arn=service.by_arn)


def neighbour(org: Organisation, day: int) -> Iterator[Act]:
    """From one service somebody gets the role of another behind the same address, and reads a third one's secrets."""
    dice = org.dice("attack", "neighbour")
    service = dice.choice([s for s in _services(org, network="nat") if not s.is_lambda] or _services(org))
    caller, place = org.role_of(service, f"{day}/0"), org.place_of(service, f"{day}/0")
    time = midnight(day) + dice.randrange(DAY - HOUR)
    others = [s for s in _services(org) if s.name != service.name]
    for n, secret in enumerate(dice.choice(others).secrets[:2]):
        yield get(org, time + 30 * n, caller, place, service.agent, secret, by_arn=service.by_arn)


def trail_stopped(org: Organisation, day: int) -> Iterator[Act]:
    """An administrator's session stops the trail."""
    dice = org.dice("attack", "trail")
    caller, place, time = _admin(org, day), Place(address_in(dice, HOSTING)), midnight(day) + dice.randrange(DAY)
    asked = {"name": f"arn:aws:cloudtrail:{REGION}:{org.account}:trail/{TRAIL}"}
    extra = {"eventSource": "cloudtrail.amazonaws.com"}
    yield call(org, time, caller, place, CLI.format("stop-logging"), "StopLogging", asked, extra=extra)


def _admin(org: Organisation, day: int) -> Caller:
    dice = org.dice("attack", "admin")
    person = dice.choice([p for p in old_hands(org) if p.team == "platform"] or old_hands(org))
    return org.person(person, f"{day}/admin")


def policy_opened(org: Organisation, day: int) -> Iterator[Act]:
    """Somebody lets an account that nobody knows read a secret."""
    yield _tampering(org, day, "PutResourcePolicy", {"resourcePolicy": policy_for(_THEIRS)})


def key_swapped(org: Organisation, day: int) -> Iterator[Act]:
    """Somebody encrypts a secret with a key of theirs."""
    key = f"arn:aws:kms:{REGION}:{_THEIRS}:key/{digits('theirs', org.seed, length=32)}"
    yield _tampering(org, day, "UpdateSecret", {"kmsKeyId": key})


def rotation_cancelled(org: Organisation, day: int) -> Iterator[Act]:
    """Somebody turns the rotation of a secret off, so that a stolen value stays valid."""
    yield _tampering(org, day, "CancelRotateSecret", {})


def _tampering(org: Organisation, day: int, event: str, more: dict[str, str]) -> Act:
    """Return what an engineer's session does to a secret that is rotated, from where the engineer works."""
    dice = org.dice("attack", event)
    person, (secret, _) = dice.choice(old_hands(org)), dice.choice(org.rotated)
    time = midnight(day) + 8 * HOUR + dice.randrange(10 * HOUR)
    make = partial(call, org, time, org.person(person, f"{day}/odd"), org.desk(person, day), person.agent)
    return make(event, {"secretId": secret.arn, **more})


ATTACKS: tuple[Attack, ...] = (
    key_from_abroad, task_credentials, list_and_read_all, one_a_day, batch_in_ci, insider_at_night, function_elsewhere,
    neighbour, trail_stopped, policy_opened, key_swapped, rotation_cancelled,
)  # fmt: skip
NAMES = tuple(attack.__name__ for attack in ATTACKS)


def attacks_on(org: Organisation, day: int, attacks: tuple[Attack, ...] = ATTACKS) -> Iterator[Act]:
    """Yield the labelled acts of a day's attacks; each has its day, but the slow one, which has weeks."""
    days = day_of_attacks(org)
    for attack in attacks:
        if attack is one_a_day or days[attack.__name__] == day:
            label = Label("attack", attack.__name__)
            yield from (act._replace(label=label) for act in attack(org, day))


def day_of_attacks(org: Organisation) -> dict[str, int]:
    """Return the day of each attack: no two on the same."""
    days = org.dice("attacks").sample(range(2, DAYS - 1), len(NAMES))
    return dict(zip(NAMES, days, strict=True))
