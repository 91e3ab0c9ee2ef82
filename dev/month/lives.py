"""What goes on every day: each life yields the acts of one day, in any order.

A life is a pure function of organisation and day, with dice of its own: leaving one out changes no other.
Where something happens that a careful engineer would want to look at once, its acts are labelled ``review``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

from dev.month.networks import ABROAD, AWS, MOBILE, Place, address_in
from dev.month.organisation import DAYS, HISTORY_DAYS, OTHER_REGION, REGION, Organisation, Person, Secret, Service
from dev.month.records import (
    BOTO3,
    BOTO3_LINUX,
    CLOUDSHELL,
    CONSOLE,
    EXTERNAL_SECRETS,
    SCANNER,
    TERRAFORM,
    Act,
    Caller,
    Label,
    digits,
)

START = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
"""Midnight of the month's first day, a Monday."""
DAY, HOUR = 86_400, 3600
Life = Callable[[Organisation, int], Iterator[Act]]


def midnight(day: int) -> int:
    """Return when a day of the month begins, epoch seconds."""
    return START + day * DAY


def is_workday(day: int) -> bool:
    """Whether a day is from Monday to Friday."""
    return day % 7 < 5


def review(name: str) -> Label:
    """Return the label of what a careful engineer would look at once."""
    return Label("review", name)


def often(dice: Random, mean: float) -> int:
    """Return a number of times with a mean: at most one more or less than it, for what is regular."""
    return int(mean) + (dice.random() < mean % 1)


def about(dice: Random, mean: float) -> int:
    """Return a number of times with a mean, for what comes by chance."""
    number, left = 0, dice.expovariate(1)
    while left < mean:
        number += 1
        left += dice.expovariate(1)
    return number


def working_time(dice: Random, day: int) -> int:
    """Return a time between half past seven and six, UTC."""
    return midnight(day) + int(7.5 * HOUR) + int(dice.betavariate(2, 2) * 10.5 * HOUR)


# --- calls ------------------------------------------------------------------------------


def call(
    org: Organisation, time: int, caller: Caller, place: Place, agent: str, event: str, parameters: Any, **more: Any
) -> Act:
    """Return a call in the account."""
    return Act(time, caller, event, parameters, place, agent, org.account, more.pop("region", REGION), **more)


def get(
    org: Organisation, time: int, caller: Caller, place: Place, agent: str, secret: Secret, *, by_arn: bool = False,
    version: bool = False, **more: Any,
) -> Act:  # fmt: skip
    """Return the read of a secret."""
    parameters = {"secretId": secret.arn if by_arn else secret.name}
    if version:
        parameters["versionId"] = f"terraform-{digits(secret.name, length=26)}"
    more.setdefault("region", secret.region)
    return call(org, time, caller, place, agent, "GetSecretValue", parameters, **more)


def batch(
    org: Organisation, time: int, caller: Caller, place: Place, agent: str, secrets: Sequence[Secret],
    asked: dict[str, Any], **more: Any,
) -> Iterator[Act]:  # fmt: skip
    """Yield a BatchGetSecretValue and the GetSecretValue that CloudTrail writes for each of its secrets."""
    yield call(org, time, caller, place, agent, "BatchGetSecretValue", asked, **more)
    for secret in secrets:
        yield get(org, time, caller, place, agent, secret, by_arn=True, **more)


# --- workloads --------------------------------------------------------------------------


def starts(org: Organisation, day: int) -> Iterator[Act]:
    """Tasks and functions start, and read what they need; public addresses are new each time."""
    for service in org.services:
        if day < service.born:
            continue
        dice = org.dice("starts", service.name, day)
        mean = org.size.starts * (5 if service.is_lambda else 1) * (1.0 if is_workday(day) else 0.6)
        for n in range(often(dice, mean)):
            time = midnight(day) + dice.randrange(DAY - 60)
            if day > service.born or time > midnight(day) + 15 * HOUR:
                yield from start(org, service, time, f"{day}/{n}", dice)


def start(org: Organisation, service: Service, time: int, instance: str, dice: Random) -> Iterator[Act]:
    """Yield what one instance of a service reads when it starts."""
    caller, place = org.role_of(service, instance), org.place_of(service, instance)
    secrets = service.secrets[:2] if service.is_lambda else service.secrets
    day = (time - START) // DAY
    if service.batch_from is not None and day >= service.batch_from and len(secrets) > 1:
        asked = {"secretIdList": [s.name for s in secrets]}
        yield from batch(org, time, caller, place, service.agent, secrets, asked)
        return
    for n, secret in enumerate(secrets):
        yield get(org, time + n * dice.randint(0, 2), caller, place, service.agent, secret, by_arn=service.by_arn)


def polling(org: Organisation, day: int) -> Iterator[Act]:
    """Services that ask again every few minutes; a task lives some days, its credentials six hours."""
    for service in org.services:
        if service.poll_minutes is None:
            continue
        instance = f"poll{(day + 7) // 4}"
        place, offset = org.place_of(service, instance), org.dice("poll", service.name).randrange(60)
        for minute in range(0, 24 * 60, service.poll_minutes):
            caller = org.role_of(service, instance, f"{day}/{minute // 360}")
            time = midnight(day) + minute * 60 + offset
            for secret in service.secrets[:2]:
                yield get(org, time, caller, place, service.agent, secret, by_arn=service.by_arn)


def external_secrets(org: Organisation, day: int) -> Iterator[Act]:
    """The cluster's operator reads all that it syncs, every hour."""
    dice, offset = org.dice("external-secrets", day), org.dice("external-secrets").randrange(300)
    for hour in range(24 if org.polled else 0):
        session = digits("external-secrets", day * 24 + hour, length=19)
        caller = Caller("AssumedRole", org.account, "external-secrets", session, provider="oidc.eks")
        place = Place(dice.choice(org.nat[:2]))
        for n, secret in enumerate(org.polled):
            time = midnight(day) + hour * HOUR + offset + n // 4
            yield get(org, time, caller, place, EXTERNAL_SECRETS, secret)


def rotations(org: Organisation, day: int) -> Iterator[Act]:
    """Rotation functions, and RDS, make new values; the service's own events are around them."""
    for number, (secret, every) in enumerate(org.rotated):
        if (day + number) % every:
            continue
        dice = org.dice("rotation", secret.name, day)
        time = midnight(day) + dice.randrange(DAY - HOUR)
        function = f"rotate-{secret.name.replace('/', '-')}"
        caller = Caller("AssumedRole", org.account, f"{function}-role", function, str(day))
        place, token = Place(address_in(dice, AWS[REGION])), digits("version", secret.name, day, length=32)
        make = partial(call, org, caller=caller, place=place, agent="Boto3/1.34.145 exec-env/AWS_Lambda_python3.12")
        yield _service_event(org, time, "RotationStarted", secret)
        yield make(time + 1, event="DescribeSecret", parameters={"secretId": secret.arn})
        yield make(time + 2, event="GetSecretValue", parameters={"secretId": secret.arn, "versionStage": "AWSCURRENT"})
        yield make(
            time + 3,
            event="PutSecretValue",
            parameters={"secretId": secret.arn, "clientRequestToken": token, "versionStages": ["AWSPENDING"]},
        )
        for n in (6, 9):
            yield make(
                time + n,
                event="GetSecretValue",
                parameters={"secretId": secret.arn, "versionId": token, "versionStage": "AWSPENDING"},
            )
        moved = {"secretId": secret.arn, "versionStage": "AWSCURRENT", "moveToVersionId": token}
        yield make(time + 12, event="UpdateSecretVersionStage", parameters=moved)
        yield _service_event(org, time + 13, "RotationSucceeded", secret)
    for number, secret in enumerate(org.managed):
        if (day + 2 * number) % 7 == 0:
            time = midnight(day) + org.dice("managed", secret.name, day).randrange(DAY - HOUR)
            caller = Caller("AssumedRole", org.account, "AWSServiceRoleForRDS", "AmazonRDS", str(day),
                            "/aws-service-role/rds.amazonaws.com/", invoked_by="rds.amazonaws.com")  # fmt: skip
            make = partial(call, org, caller=caller, place=Place("rds.amazonaws.com"), agent="rds.amazonaws.com")
            yield make(time, event="RotateSecret", parameters={"secretId": secret.arn, "rotateImmediately": True})
            yield _service_event(org, time + 1, "RotationStarted", secret)
            yield make(time + 2, event="GetSecretValue", parameters={"secretId": secret.arn})
            yield make(time + 3, event="PutSecretValue", parameters={"secretId": secret.arn})
            yield _service_event(org, time + 30, "RotationSucceeded", secret)


def _service_event(org: Organisation, time: int, event: str, secret: Secret) -> Act:
    caller = Caller("AWSService", org.account, invoked_by="secretsmanager.amazonaws.com")
    place = Place("secretsmanager.amazonaws.com")
    extra = {
        "eventType": "AwsServiceEvent",
        "additionalEventData": {"SecretId": secret.arn},
        "readOnly": False,
    }
    return call(org, time, caller, place, place.address, event, None, extra=extra)


def refused(org: Organisation, day: int) -> Iterator[Act]:
    """Services without a permission ask in a loop: one has always done, others for some days."""
    for n in range(org.size.refused):
        first, last = (-HISTORY_DAYS, DAYS) if n == 0 else (4 + 6 * n, 6 + 7 * n)
        if not first <= day <= last:
            continue
        service = org.services[(4 * n + 6) % org.size.services]
        secret = Secret(f"legacy/{service.name}-token", org.account)
        place, caller = org.place_of(service, "refused"), org.role_of(service, f"refused{day}")
        label = review(f"refused: {service.name}") if day == first and n else None
        begin = 11 * HOUR if day == first else 0
        for second in range(begin, DAY, 300):
            yield denied(org, midnight(day) + second, caller, place, service.agent, secret, label)


def denied(
    org: Organisation, time: int, caller: Caller, place: Place, agent: str, secret: Secret, label: Label | None = None
) -> Act:
    """Return a read that is refused, as AWS words it."""
    who = f"arn:aws:sts::{caller.account}:assumed-role/{caller.name}/{caller.session}"
    if caller.type == "IAMUser":
        who = caller.arn
    text = (
        f"User: {who} is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret.name}"
        " because no identity-based policy allows the secretsmanager:GetSecretValue action"
    )
    return call(org, time, caller, place, agent, "GetSecretValue", None, error=("AccessDenied", text), label=label)


def replicas(org: Organisation, day: int) -> Iterator[Act]:
    """A standby in another region reads replicas; once in the month a new replica is made."""
    if org.size.people < 10:
        return
    service = org.services[1]
    dice = org.dice("replicas", day)
    caller = Caller("AssumedRole", org.account, f"{service.name}-standby", digits("standby", day, length=32))
    for n in range(6):
        place = Place(address_in(dice, AWS[OTHER_REGION]))
        for secret in service.secrets[:2]:
            there = secret._replace(region=OTHER_REGION)
            time = midnight(day) + n * 4 * HOUR + dice.randrange(HOUR)
            yield get(org, time, caller, place, service.agent, there)
    if day == org.dice("replica").randrange(2, DAYS - 2):
        time, secret = working_time(dice, day), org.services[2].secrets[0]
        asked = {"secretId": secret.arn, "addReplicaRegions": [{"region": OTHER_REGION}]}
        yield call(org, time, org.ci("replica"), org.runner("replica"), TERRAFORM, "ReplicateSecretToRegions", asked,
                   label=review("new replica"))  # fmt: skip


def through_services(org: Organisation, day: int) -> Iterator[Act]:
    """DMS reads its endpoints' passwords for its role, EventBridge its connections', Config describes."""
    if org.size.people < 10:
        return
    dice = org.dice("through-services", day)
    for hour in range(0, 24, 2):
        caller = Caller("AssumedRole", org.account, "dms-replication", "dms-session-for-replication-engine", str(day),
                        invoked_by="dms.amazonaws.com")  # fmt: skip
        place = Place("dms.amazonaws.com")
        yield get(org, midnight(day) + hour * HOUR + dice.randrange(600), caller, place, place.address,
                  org.managed[0], by_arn=True)  # fmt: skip
    config = Caller("AssumedRole", org.account, "AWSServiceRoleForConfig", "AWSConfig-Describe", str(day),
                    "/aws-service-role/config.amazonaws.com/", invoked_by="config.amazonaws.com")  # fmt: skip
    for secret in dice.sample(org.secrets, min(12, len(org.secrets))):
        yield call(org, midnight(day) + dice.randrange(DAY), config, Place("config.amazonaws.com"),
                   "config.amazonaws.com", "DescribeSecret", {"secretId": secret.arn})  # fmt: skip


def partners(org: Organisation, day: int) -> Iterator[Act]:
    """Other accounts read what is shared with them; one of them from within the month on."""
    for n, account in enumerate(org.partners):
        since, caller = granted(org, n), Caller("AWSAccount", account, "feed-reader", f"partner{n}")
        if day < since:
            continue
        dice = org.dice("partner", n, day)
        place = Place(address_in(org.dice("partner", n), AWS["eu-west-1"]))
        label = review("new cross-account reader") if day == since and since > 0 else None
        for hour in range(0 if day > since else 16, 24):
            extra = {"sharedEventID": digits("partner", org.account, n, day, hour, length=32)}
            yield get(org, midnight(day) + hour * HOUR + dice.randrange(900), caller, place, BOTO3_LINUX,
                      org.shared[1 + n % 2], by_arn=True, extra=extra, label=label)  # fmt: skip
    if org.siblings:
        yield from _of_sibling(org, day)


def granted(org: Organisation, partner: int) -> int:
    """Return the day from which a partner may read."""
    return -HISTORY_DAYS if partner == 0 else 5 + int(digits("grant", org.seed, partner), 16) % 20


def _of_sibling(org: Organisation, day: int) -> Iterator[Act]:
    """An account of the same organisation reads: its own trail names the role, the owner's only the account."""
    sibling, secret = org.siblings[0], org.shared[0]
    for hour in range(24):
        time, session = midnight(day) + hour * HOUR + 77, digits("sibling", day, length=32)
        extra = {"sharedEventID": digits("shared", org.account, day, hour, length=32)}
        place = Place(address_in(org.dice("sibling", day), AWS[REGION]))
        caller = Caller("AssumedRole", sibling, "central-metrics", session, str(day))
        seen = Caller("AWSAccount", sibling, "central-metrics", session)
        make = partial(get, org, time, place=place, agent=BOTO3_LINUX, secret=secret, by_arn=True, extra=extra)
        yield make(caller)._replace(account=sibling)
        yield make(seen)


# --- CI, and what it deploys ------------------------------------------------------------


def terraform(org: Organisation, day: int) -> Iterator[Act]:
    """Terraform refreshes in CI: each run on another machine, each secret described and read by version."""
    dice = org.dice("terraform", day)
    for n in range(often(dice, org.size.refreshes * (1.25 if is_workday(day) else 0.35))):
        time = working_time(dice, day) if n % 4 else midnight(day) + dice.randrange(DAY - 300)
        yield from refresh(org, time, org.ci(f"{day}/{n}"), org.runner(f"{day}/{n}"), org.refreshed)


def refresh(org: Organisation, time: int, caller: Caller, place: Place, secrets: Iterable[Secret]) -> Iterator[Act]:
    """Yield what Terraform asks of the secrets that it manages."""
    for n, secret in enumerate(secrets):
        make = partial(call, org, time + n // 4, caller, place, TERRAFORM)
        yield make("DescribeSecret", {"secretId": secret.arn})
        yield make("GetResourcePolicy", {"secretId": secret.arn})
        yield get(org, time + n // 4, caller, place, TERRAFORM, secret, by_arn=True, version=True)


def deployments(org: Organisation, day: int) -> Iterator[Act]:
    """Terraform makes a new service's secrets before the service starts; now and then an old one gets one more."""
    for service in org.services:
        if service.born != day:
            continue
        run = f"deploy/{service.name}"
        for n, secret in enumerate(s for s in service.secrets if s not in org.secrets):
            yield from create(org, midnight(day) + 14 * HOUR + 4 * n, org.ci(run), org.runner(run), TERRAFORM, secret)
    dice = org.dice("another-secret", day)
    if is_workday(day) and dice.random() < 0.02 * org.size.services:
        service = dice.choice([s for s in org.services if s.born < day])
        secret = Secret(f"{service.name}/extra-{day + HISTORY_DAYS}", org.account)
        run, time = f"extra/{day}", working_time(dice, day)
        yield from create(org, time, org.ci(run), org.runner(run), TERRAFORM, secret)
        for n in range(3):
            caller, place = org.role_of(service, f"extra/{day}/{n}"), org.place_of(service, f"extra/{day}/{n}")
            yield get(org, time + 1200 + n * 3000, caller, place, service.agent, secret, by_arn=service.by_arn)


def create(org: Organisation, time: int, caller: Caller, place: Place, agent: str, secret: Secret) -> Iterator[Act]:
    """Yield the making of a secret with its value; CloudTrail hides the value."""
    extra = {"responseElements": {"arn": secret.arn, "name": secret.name}}
    parameters = {"name": secret.name, "clientRequestToken": digits("new", secret.name, length=32)}
    yield call(org, time, caller, place, agent, "CreateSecret", parameters, extra=extra)
    put = {"secretId": secret.arn, "clientRequestToken": digits("put", secret.name, length=32)}
    yield call(org, time + 1, caller, place, agent, "PutSecretValue", put, extra=extra)
    yield get(org, time + 2, caller, place, agent, secret, by_arn=True, version=agent == TERRAFORM)


def previews(org: Organisation, day: int) -> Iterator[Act]:
    """CI makes an environment for a pull request, with secrets, and removes it without a recovery window."""
    dice = org.dice("previews", day)
    for n in range(often(dice, org.size.previews) if is_workday(day) else 0):
        time, run, number = working_time(dice, day), f"preview/{day}/{n}", 4000 + 10 * (day + HISTORY_DAYS) + n
        secrets = [Secret(f"preview-{number}/{thing}", org.account) for thing in ("db", "api-key")]
        for i, secret in enumerate(secrets):
            yield from create(org, time + 4 * i, org.ci(run), org.runner(run), TERRAFORM, secret)
        app = Caller("AssumedRole", org.account, "preview-task", digits("preview", day, n, length=32), "1")
        place = Place(address_in(dice, AWS[REGION]))
        for i, secret in enumerate(secrets):
            yield get(org, time + 400 + i, app, place, org.services[0].agent, secret)
        for i, secret in enumerate(secrets):
            asked = {"secretId": secret.arn, "forceDeleteWithoutRecovery": True}
            yield call(org, time + 5400 + i, org.ci(f"{run}/end"), org.runner(f"{run}/end"), TERRAFORM,
                       "DeleteSecret", asked)  # fmt: skip


def housekeeping(org: Organisation, day: int) -> Iterator[Act]:
    """What Terraform does to secrets now and then: deletes, restores, re-applies policies, grants, moves to a key."""
    dice, when = org.dice("housekeeping", day), org.dice("housekeeping")
    deleted, moved = when.randrange(1, DAYS - 6), when.randrange(2, DAYS - 2)
    run, time = f"housekeeping/{day}", midnight(day) + 10 * HOUR + dice.randrange(4 * HOUR)
    make = partial(call, org, caller=org.ci(run), place=org.runner(run), agent=TERRAFORM)
    old = [Secret(f"retired/{thing}", org.account) for thing in ("db", "api-key", "smtp")][: 1 + org.size.people // 20]
    if day == deleted:
        for n, secret in enumerate(old):
            yield make(time + n, event="DeleteSecret", parameters={"secretId": secret.arn, "recoveryWindowInDays": 30})
    if day == deleted + 4:
        yield make(time, event="RestoreSecret", parameters={"secretId": old[0].arn})
    for n, account in enumerate(org.partners):
        is_new = day == granted(org, n)
        if is_new or (day > granted(org, n) and (day + n) % 7 == 1):
            label = review("new cross-account grant") if is_new else None
            asked = {"secretId": org.shared[1 + n % 2].arn, "resourcePolicy": policy_for(account)}
            yield make(time, event="PutResourcePolicy", parameters=asked, label=label)
    if day == moved and org.size.people > 10:
        key = f"arn:aws:kms:{REGION}:{org.account}:key/{digits('cmk', org.account, length=32)}"
        for n, secret in enumerate(org.services[3].secrets[:3]):
            yield make(time + n, event="UpdateSecret", parameters={"secretId": secret.arn, "kmsKeyId": key},
                       label=review("secrets moved to another key"))  # fmt: skip


def policy_for(account: str) -> str:
    """Return a resource policy that lets an account read."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def scanners(org: Organisation, day: int) -> Iterator[Act]:
    """Scanners describe everything, every night, from the vendor's machines."""
    for n in range(org.size.scanners):
        dice = org.dice("scanner", n, day)
        caller = Caller("AssumedRole", org.account, ("security-audit", "posture-scanner")[n], f"scan-{day}", str(day))
        place = Place(address_in(dice, AWS["us-east-1"]))
        time = midnight(day) + (2 + n) * HOUR + dice.randrange(600)
        yield call(org, time, caller, place, SCANNER, "ListSecrets", {"maxResults": 100})
        for i, secret in enumerate(org.secrets):
            make = partial(call, org, time + 5 + i // 3, caller, place, SCANNER)
            yield make("DescribeSecret", {"secretId": secret.arn})
            yield make("GetResourcePolicy", {"secretId": secret.arn})


def old_servers(org: Organisation, day: int) -> Iterator[Act]:
    """A backup job in the office's cellar, with the key of an IAM user, every night."""
    dice = org.dice("backup", day)
    caller, place = Caller("IAMUser", org.account, "backup-agent"), Place(address_in(org.dice("cellar"), (org.office,)))
    for secret in org.secrets[:2]:
        time = midnight(day) + HOUR + dice.randrange(120)
        yield get(org, time, caller, place, BOTO3_LINUX, secret)


# --- people -----------------------------------------------------------------------------


def people(org: Organisation, day: int) -> Iterator[Act]:
    """People read what they usually read, where they work; now and then something else of their team's."""
    for person in org.people:
        dice = org.dice("person", person.name, day)
        if day < person.hired or not (is_workday(day) or dice.random() < 0.03):
            continue
        place, moved = org.desk(person, day), dice.random() < 0.03
        for n in range(about(dice, 0.9)):
            time = working_time(dice, day)
            here = Place(address_in(dice, MOBILE)) if moved and n else place
            secrets = dice.sample(person.usual, min(len(person.usual), dice.randint(1, 3)))
            if dice.random() < 0.05:
                secrets.append(dice.choice(of_team(org, person)))
            yield from visit(org, person, time, here, secrets, dice, f"{day}")


def of_team(org: Organisation, person: Person) -> list[Secret]:
    """Return the secrets of a person's team."""
    own = [s for service in org.services if service.team == person.team and service.born < 0 for s in service.secrets]
    own += [s for s in org.vendors if s.name.startswith(f"{person.team}/")]
    return list(dict.fromkeys(s for s in own if not s.name.startswith("shared/")))


def visit(
    org: Organisation, person: Person, time: int, place: Place, secrets: Iterable[Secret], dice: Random, key: object,
    label: Label | None = None,
) -> Iterator[Act]:  # fmt: skip
    """Yield one visit of a person: at a prompt, in a script, in the console or in CloudShell."""
    tool = dice.random()
    if person.permission_set is None or tool < 0.66:
        agent = person.agent if tool < 0.6 else BOTO3
        for n, secret in enumerate(secrets):
            yield get(org, time + 20 * n, org.person(person, key), place, agent, secret, label=label)
    elif tool < 0.97:
        yield from in_console(org, person, time, place, secrets, key, label)
    else:
        shell = Place(address_in(dice, AWS[REGION]))
        for n, secret in enumerate(secrets):
            yield get(org, time + 20 * n, org.person(person, f"{key}/shell"), shell, CLOUDSHELL, secret, label=label)


def in_console(
    org: Organisation, person: Person, time: int, place: Place, secrets: Iterable[Secret], key: object,
    label: Label | None = None,
) -> Iterator[Act]:  # fmt: skip
    """Yield a visit to the console: a list, and of each secret its description, policy and value."""
    caller, extra = org.person(person, f"{key}/console"), {"sessionCredentialFromConsole": "true"}
    make = partial(call, org, caller=caller, place=place, agent=CONSOLE, extra=extra, label=label)
    yield make(time, event="ListSecrets", parameters={"maxResults": 100, "sortOrder": "asc"})
    for n, secret in enumerate(secrets):
        at = time + 15 + 40 * n
        for event in ("DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds"):
            yield make(at, event=event, parameters={"secretId": secret.name})
        yield make(at + 4, event="GetSecretValue", parameters={"secretId": secret.name})


def new_hires(org: Organisation, day: int) -> Iterator[Act]:
    """On their first days new people set up what they need: many of their team's secrets, one after the other."""
    for person in org.people:
        if person.hired != day:
            continue
        dice = org.dice("hire", person.name)
        own = list(dict.fromkeys([*person.usual, *of_team(org, person)]))[: dice.randint(5, 8)]
        label, time = review(f"new hire: {person.name}"), midnight(day) + 9 * HOUR + dice.randrange(2 * HOUR)
        yield from in_console(org, person, time, org.desk(person, day), own[:2], day, label)
        for n, secret in enumerate(own):
            yield get(org, time + 1800 + 300 * n, org.person(person, day), org.desk(person, day), person.agent, secret,
                      label=label)  # fmt: skip


def incidents(org: Organisation, day: int) -> Iterator[Act]:
    """Somebody helps another team, at whatever hour, and reads what is not theirs: right, and worth a look."""
    for n in range(org.size.incidents):
        dice = org.dice("incident", n)
        if dice.randrange(DAYS) != day:
            continue
        person, service = dice.choice(old_hands(org)), dice.choice([s for s in org.services if s.born < 0])
        at_night = dice.random() < 0.5
        time = midnight(day) + (22 * HOUR if at_night else 13 * HOUR) + dice.randrange(HOUR)
        place = org.at_home(person, day) if at_night else org.desk(person, day)
        yield from visit(org, person, time, place, service.secrets, dice, f"{day}/incident",
                         review(f"incident: {person.name} reads {service.name}"))  # fmt: skip


def travel(org: Organisation, day: int) -> Iterator[Act]:
    """Somebody works from another country for some days."""
    for n in range(1 + org.size.people // 20):
        dice = org.dice("travel", n)
        person, first = dice.choice(old_hands(org)), dice.randrange(1, DAYS - 4)
        if first <= day < first + 3:
            place, today = Place(address_in(dice, ABROAD)), org.dice("travel", n, day)
            yield from visit(org, person, working_time(today, day), place, person.usual[:2], today, f"{day}/travel",
                             review(f"travel: {person.name}"))  # fmt: skip


def scripts(org: Organisation, day: int) -> Iterator[Act]:
    """People's own bulk work: a script over their team's secrets, a Terraform plan on a laptop."""
    if not is_workday(day):
        return
    dice = org.dice("scripts", day)
    if dice.random() < org.size.people / 400:
        person = dice.choice(old_hands(org))
        own = of_team(org, person)[:7]
        for n, secret in enumerate(own):
            yield get(org, midnight(day) + 14 * HOUR + 2 * n, org.person(person, day), org.desk(person, day), BOTO3,
                      secret, label=review(f"script: {person.name}"))  # fmt: skip
    planners = [p for p in old_hands(org) if p.team == "platform"][:2]
    for person in planners:
        if dice.random() < 0.2:
            yield from refresh(org, working_time(dice, day), org.person(person, day), org.desk(person, day),
                               org.refreshed[:30])  # fmt: skip


def old_hands(org: Organisation) -> list[Person]:
    """Return the people who were there before the month."""
    return [person for person in org.people if person.hired < 0]


LIVES: tuple[Life, ...] = (
    starts, polling, external_secrets, rotations, refused, replicas, through_services, partners, terraform, deployments,
    previews, housekeeping, scanners, old_servers, people, new_hires, incidents, travel, scripts,
)  # fmt: skip
