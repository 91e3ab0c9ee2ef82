"""Bedrock: one call by the summarizer itself, and what the refusals of it mean.

AWS: "Request access to models", "Troubleshooting Amazon Bedrock API Error Codes",
"Increase throughput with cross-region inference" (Amazon Bedrock User Guide).
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.verify.deployment import Check, Deployment
from tools.verify.result import Result, failed, ok, skipped

_FORM = "submit Anthropic's use case form: Bedrock console, Model catalog, the model; it takes effect after minutes"
_MARKETPLACE = (
    "the model's AWS Marketplace subscription is missing: invoke it once in the Bedrock console as somebody who "
    "may call aws-marketplace:Subscribe and ViewSubscriptions; it takes effect after minutes"
)
_PAYMENT = "AWS Marketplace has no valid payment method for the account: Billing, Payment preferences"
_DENIED = (
    "a policy denies it, an organization's (SCP) perhaps: allow bedrock:InvokeModel for the model in every region "
    "that its inference profile routes to"
)
_NOT_ALLOWED = "apply the module again, and look for a permissions boundary or an organization's policy (SCP)"
_ACCESS = "access to the model is not granted in that region: open it in the Bedrock console and invoke it once"
_PROFILE = "the model is called by an inference profile only: set its id as bedrock_model_id (global.…, us.…, eu.…)"
_UNKNOWN = "that region has no such model or profile: correct bedrock_model_id, the inference profile or the region"
_RETIRED = "AWS retires the model: set a newer bedrock_model_id"
_REQUEST = "the model refuses a parameter of the request: set another bedrock_model_id, and report it"
_GUARDRAIL = "look at guardrail_id and guardrail_version: the guardrail must be in the model's region"
_QUOTA = "the account's quota for the model is used up: ask for more under Service Quotas, or set another model"
_NETWORK = "the function cannot reach Bedrock in that region: look at the network that it is in"
_CURES = (
    # A part of the error, in lower case → what to do; the first that fits.
    ("use case details", _FORM),
    ("aws-marketplace", _MARKETPLACE),
    ("payment", _PAYMENT),
    ("explicit deny", _DENIED),
    ("is not authorized to perform", _NOT_ALLOWED),
    ("on-demand throughput", _PROFILE),
    ("identifier is invalid", _UNKNOWN),
    ("end of its life", _RETIRED),
    ("legacy", _RETIRED),
    ("guardrail", _GUARDRAIL),
    ("throttling", _QUOTA),
    ("too many", _QUOTA),
    ("accessdenied", _ACCESS),
    ("resourcenotfound", _UNKNOWN),
    ("validation", _REQUEST),
    ("timeout", _NETWORK),
    ("endpoint", _NETWORK),
)


def model(deployment: Deployment) -> Iterator[Result]:
    """The model, if one is configured."""
    if deployment.function("summarizer") is None:
        yield skipped("model", "there is no summarizer")
        return
    deployment.progress("asking the model for a sentence")
    answer = deployment.ask("summarizer", "test-model")
    if answer.problem is not None:
        yield skipped("model", f"the summarizer did not ask it: {answer.problem}")
    elif not answer.results:
        yield skipped("model", "none is configured: notices carry the facts alone")
    for called, problem in answer.results.items():
        yield judge_model(
            called, answer.settings.get("model_region") or "the function's region", problem, answer.milliseconds
        )


def judge_model(called: str, region: str, problem: str | None, milliseconds: int) -> Result:
    """Return whether the model answered, or why not and what to do."""
    if problem is None:
        return ok("model", f"{called} answered in {milliseconds} ms")
    lowered = problem.lower()
    cure = next(
        (cure for part, cure in _CURES if part in lowered), "notices carry the facts alone until the model answers"
    )
    return failed("model", f"{called} in {region}: {problem}", cure)


CHECKS = (Check("model", model),)
