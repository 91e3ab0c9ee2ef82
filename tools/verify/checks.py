"""Everything that is looked at, in the order in which a record travels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.gaps import of_local_aws
from tools.verify.hops import (
    alarms,
    analytics,
    audit_table,
    canary,
    channels,
    fast_path,
    functions,
    key,
    log_group,
    model,
    rotation,
    schedules,
    topics,
    trail,
)
from tools.verify.looking import guarded
from tools.verify.names import TRAIL, Names
from tools.verify.result import Result, failed

CHECKS: tuple[Check, ...] = (
    *trail.CHECKS,
    *log_group.CHECKS,
    *fast_path.CHECKS,
    *key.CHECKS,
    *functions.CHECKS,
    *audit_table.CHECKS,
    *model.CHECKS,
    *alarms.CHECKS,
    *topics.CHECKS,
    *channels.CHECKS,
    *rotation.CHECKS,
    *analytics.CHECKS,
    *schedules.CHECKS,
    *canary.CHECKS,
)


def verify(deployment: Deployment) -> Iterator[Result]:
    """Yield a result for everything that is looked at; an error of AWS's is one, and never the end.

    Raises AwsError once the credentials are no longer valid: nothing after that would be looked at.
    """
    judge = of_local_aws if deployment.aws.is_local else _as_it_is
    for check in CHECKS:
        deployment.progress(f"looking at {check.name}")
        yield from map(judge, guarded(check.name, check.look(deployment)))


def _as_it_is(result: Result) -> Result:
    return result


def find(deployment: Deployment) -> Result | None:
    """Return why there is nothing to verify, or None: the name, account or region may be wrong."""
    names = deployment.names
    try:
        if deployment.function("summarizer") or deployment.table or deployment.alarms:
            return None
        trails = deployment.aws.call("cloudtrail:DescribeTrails", includeShadowTrails=True).get("trailList", ())
    except AwsError:
        return None  # the checks say what cannot be looked at
    called = {str(trail.get("Name")): trail.get("HomeRegion") for trail in trails}
    homes = {name: home for name, home in called.items() if name.endswith(TRAIL)}
    if homes.get(names.trail) == names.region:
        return None  # next to nothing is, but something
    where = f"{names.region}, account {names.account}"
    return failed("deployment", f"nothing called {names.prefix}-… is in {where}", _elsewhere(names, homes))


def _elsewhere(names: Names, homes: Mapping[str, str | None]) -> str:
    """Return where to look instead, by the trails that the account has."""
    if home := homes.get(names.trail):
        return f"AWS_REGION={home}: its trail is at home there"
    others = ", ".join(f"PREFIX={name.removesuffix(TRAIL)} (AWS_REGION={home})" for name, home in homes.items())
    if others:
        return f"make verify {others}: there is a trail of that name"
    return "make verify PREFIX=<the module's name_prefix>, with AWS_REGION and AWS_PROFILE of its region and account"
