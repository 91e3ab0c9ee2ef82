"""The calls to AWS: each by its name in IAM's style, each error with what could not be looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

_ABSENT = re.compile(r"NotFound|NonExistent|DoesNotExist|NoSuch")
_REFUSED = re.compile(r"AccessDenied|AuthorizationError|UnauthorizedOperation|NotAuthorized|^AuthFailure|^403$")
_EXPIRED = re.compile(
    r"Expired|InvalidClientTokenId|UnrecognizedClient|InvalidToken|SSOToken|InvalidGrant|LoginRefresh"
)
_NO_CREDENTIALS = re.compile(
    r"NoCredentials|PartialCredentials|CredentialRetrieval|ProfileNotFound|NoRegion|TokenRetrieval"
)
_NO_ANSWER = re.compile(r"EndpointConnection|ConnectTimeout|ReadTimeout|ConnectionClosed|ProxyConnection|SSLError")
_NAMED = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)")
"""AWS names the permission that lacks, which may be another service's: kms:Decrypt for an item of a table."""
IAM_NAMES = {"lambda:Invoke": "lambda:InvokeFunction", "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration"}
"""Calls whose permission has another name."""
LOG_IN = "set AWS_PROFILE and AWS_REGION, or log in (aws sso login), and run it again"


class AwsError(Exception):
    """A call did not succeed."""

    def __init__(self, action: str, code: str, message: str) -> None:
        super().__init__(f"{action}: {code}: {message}")
        self.action = action
        self.code = code
        self.message = message

    @property
    def is_absent(self) -> bool:
        """Whether what was asked about is not there."""
        return _ABSENT.search(self.code) is not None

    @property
    def is_credentials(self) -> bool:
        """Whether no call at all will succeed: there are no credentials, or they are no longer valid."""
        return any(pattern.search(self.code) for pattern in (_NO_CREDENTIALS, _EXPIRED))

    @property
    def detail(self) -> str:
        """The error as the end of "could not look: …"."""
        if _REFUSED.search(self.code):
            named = _NAMED.search(self.message)
            return f"these credentials may not call {named[1] if named else IAM_NAMES.get(self.action, self.action)}"
        if _NO_ANSWER.search(self.code):
            return f"no answer to {self.action}: {self.message}"
        return f"{self.action} answered {self.code}: {self.message}"

    @property
    def cure(self) -> str:
        """What to do about it."""
        if self.is_credentials:
            return LOG_IN
        if _REFUSED.search(self.code) and "explicit deny" in self.message:
            return "a policy denies it, whatever else allows it: an organization's (SCP) or a permissions boundary"
        if _REFUSED.search(self.code):
            return "python -m tools.verify --permissions prints the policy that is needed"
        if _NO_ANSWER.search(self.code):
            return "look at the network, a proxy and AWS_REGION"
        return ""


class Aws:
    """Calls AWS through clients that are made when first needed."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._clients: dict[str, Any] = {}

    def call(self, action: str, **parameters: Any) -> Any:
        """Call ``service:Operation``; raises AwsError."""
        service, _, operation = action.partition(":")
        try:
            return getattr(self._of(service), xform_name(operation))(**parameters)
        except (ClientError, BotoCoreError) as error:
            raise _error(action, error) from None
        except ValueError as error:  # an endpoint that is none
            raise AwsError(action, "InvalidEndpoint", str(error)) from None

    def read(self, action: str, body: Any) -> bytes:
        """Read to its end what a call answered as a stream; raises AwsError."""
        try:
            return bytes(body.read())
        except BotoCoreError as error:
            raise _error(action, error) from None

    def find(self, action: str, **parameters: Any) -> Any | None:
        """Call ``service:Operation``; return None where what is asked about is not there. Raises AwsError."""
        try:
            return self.call(action, **parameters)
        except AwsError as error:
            if error.is_absent:
                return None
            raise

    def pages(self, action: str, *keys: str, **parameters: Any) -> list[Any]:
        """Return what all pages of ``service:Operation`` hold under ``keys``; raises AwsError."""
        service, _, operation = action.partition(":")
        try:
            pages = self._of(service).get_paginator(xform_name(operation)).paginate(**parameters)
            return [entry for page in pages for key in keys for entry in page.get(key, ())]
        except (ClientError, BotoCoreError) as error:
            raise _error(action, error) from None

    @property
    def is_local(self) -> bool:
        """Whether the calls go to a local AWS (AWS_ENDPOINT_URL) and not to Amazon."""
        host = str(self._of("sts").meta.endpoint_url)
        return re.search(r"\.(amazonaws\.com(\.cn)?|api\.aws)(:|/|$)", host) is None

    def _of(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]


def _error(action: str, error: ClientError | BotoCoreError) -> AwsError:
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return AwsError(action, str(said.get("Code", "unknown")), str(said.get("Message", "")).strip())
    return AwsError(action, type(error).__name__.removesuffix("Error"), str(error))
