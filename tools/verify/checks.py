"""Everything that is looked at, in the order in which a record travels."""

from __future__ import annotations

from collections.abc import Iterator

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
    topics,
    trail,
)
from tools.verify.result import Result, failed, skipped

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
    *canary.CHECKS,
)


def verify(deployment: Deployment) -> Iterator[Result]:
    """Yield a result for everything that is looked at; an error of AWS's is one, and never the end."""
    judge = of_local_aws if deployment.aws.is_local else _as_it_is
    for check in CHECKS:
        deployment.progress(f"looking at {check.name}")
        try:
            for result in check.look(deployment):
                yield judge(result)
        except AwsError as error:
            yield judge(skipped(check.name, f"could not look: {error.detail}", error.cure))
        except (KeyError, TypeError, ValueError) as error:
            yield skipped(check.name, f"could not look: AWS's answer was not understood ({error!r})", "report it")


def _as_it_is(result: Result) -> Result:
    return result


def find(deployment: Deployment) -> Result | None:
    """Return why there is nothing to verify, or None: the name, account or region may be wrong."""
    names = deployment.names
    try:
        if deployment.function("summarizer") or deployment.table or deployment.alarms:
            return None
        trails = deployment.aws.call("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"]
    except AwsError:
        return None  # the checks say what cannot be looked at
    homes = [trail.get("HomeRegion") for trail in trails if trail["Name"] == names.trail]
    elsewhere = next((home for home in homes if home != names.region), None)
    cure = f"AWS_REGION={elsewhere}: its trail is at home there" if elsewhere else (
        "make verify PREFIX=<the module's name_prefix>, with AWS_REGION and AWS_PROFILE of its region and account"
    )  # fmt: skip
    where = f"{names.region}, account {names.account}"
    return failed("deployment", f"nothing called {names.prefix}-… is in {where}", cure)
