"""What checks have in common: an error ends one look and no other, and a policy's verdict becomes a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tools.verify.aws import AwsError
from tools.verify.policies import Decision, Verdict
from tools.verify.result import Result, failed, ok, skipped


def guarded(name: str, results: Iterable[Result]) -> Iterator[Result]:
    """Yield results as they are found; an error of AWS's is the last of them, by ``name``, and is not raised.

    But for credentials that are no longer valid: with them nothing else can be looked at.
    """
    try:
        yield from results
    except AwsError as error:
        if error.is_credentials:
            raise
        yield could_not_look(name, error)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        yield skipped(name, f"could not look: AWS's answer was not understood ({error!r})", "report it")


def could_not_look(name: str, error: AwsError) -> Result:
    """Return that a call did not succeed."""
    return skipped(name, f"could not look: {error.detail}", error.cure)


def judge_access(name: str, verdict: Verdict, works: str, refused: str, cure: str) -> Result:
    """Return whether a policy lets a service do its part; where that cannot be told, what it depends on."""
    if verdict.decision is Decision.ALLOWED:
        return ok(name, works)
    if verdict.decision is Decision.UNKNOWN:
        return skipped(name, f"cannot tell: {verdict.why}", "the canary's lines at the end show whether records arrive")
    return failed(name, f"{refused} ({verdict.why})", cure)
