"""The aws provider as one process that many runs of Terraform share.

A plan that starts its own provider pays half a second to check the 700 MB on disk and a second to start them.
Terraform attaches to a running provider by TF_REATTACH_PROVIDERS (HashiCorp: "Debugging providers") and pays
neither. The provider keeps the configuration it was given last: use one process for one run at a time.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.harness.terraform import AWS, Workspace

_ANSWER = "TF_REATTACH_PROVIDERS="


class AwsProviderError(Exception):
    """The provider did not start; the message is what it printed."""


class AwsProvider:
    """The provider that ``terraform init`` brought into a workspace, running while ``with`` runs."""

    def __init__(self, initialised: Workspace, endpoint: str | None = None) -> None:
        """Take the provider of a workspace whose ``init`` has checked it against the modules' versions.

        ``endpoint`` is for roots that name none: a running provider reads its own environment, not Terraform's.
        """
        found = sorted(initialised.folder.glob(f".terraform/providers/{AWS}/*/*/terraform-provider-aws*"))
        if len(found) != 1:
            raise AwsProviderError(f"{initialised.folder} holds {len(found)} aws providers, not one: run init first")
        # Terraform's own variables are for Terraform; the rest says which account and endpoint are meant.
        self._environment = {k: v for k, v in initialised.environment.items() if not k.startswith("TF_")}
        if endpoint is not None:
            self._environment["AWS_ENDPOINT_URL"] = endpoint
        self._executable = found[0].resolve()
        self._process: subprocess.Popen[str] | None = None
        self._where: Mapping[str, Any] = {}

    def __enter__(self) -> AwsProvider:
        self._process = subprocess.Popen(
            [str(self._executable), "-debug"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if _ANSWER in line:
                self._where = json.loads(line.partition(_ANSWER)[2].strip().strip("'"))
                return self
        self.__exit__()
        raise AwsProviderError(f"{self._executable.name} did not start:\n{''.join(said)}")

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait(5)
        if process.stdout is not None:
            process.stdout.close()

    def attach(self, environment: dict[str, str]) -> None:
        """Let the Terraform that runs in this environment use the provider."""
        known = json.loads(environment.get("TF_REATTACH_PROVIDERS", "{}"))
        environment["TF_REATTACH_PROVIDERS"] = json.dumps({**known, **self._where})
