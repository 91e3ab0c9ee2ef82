"""Lambda: log subscription, rule and schedule → rotation of a configured secret read from an untrusted network.

What a record calls for is decided in ``policy``, what is done about it in ``answering``; how a
rotation ended that was started here is told by ``ended``. Once a minute what is due is done.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from secretwatch.functions.rotator.answering import READ_AGAIN, Answering, Read
from secretwatch.functions.rotator.ended import Ends, is_end
from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.outlet import Outlet
from secretwatch.functions.rotator.policy import Action, Target, action_for
from secretwatch.functions.rotator.secret_value import SecretStore
from secretwatch.functions.rotator.security_hub import SecurityHub
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.notify.publisher import Publisher
from secretwatch.record.intake import Intake, IntakeError, Problem, read, respond
from secretwatch.record.origin import Judged
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.store.due import Task
from secretwatch.store.store import Store, open_store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rotator:
    """Rotates what an untrusted read exposed."""

    settings: RotatorSettings
    store: Store
    secrets: SecretStore
    publisher: Publisher
    freeze: Freeze
    hub: SecurityHub | None

    def handle(self, event: object, invocation: Invocation) -> None:
        """Rotate and notify; raises IntakeError if a record could not be handled."""
        intake = read(event)
        judged = sorted(self.settings.trust.judge(intake.accesses), key=lambda entry: entry.access.time)
        problems = list(intake.problems)
        for target in self.settings.targets:
            reads = [found for entry in judged if (found := self._read(entry, target)) is not None]
            if reads:
                problems += self._handled(
                    intake, [r.judged for r in reads], self._answering.answer, target, reads, invocation
                )
        for entry in filter(is_end, judged):
            problems += self._handled(intake, [entry], self._ends.handle, entry, invocation)
        respond(event, problems)

    def do_due(self, invocation: Invocation) -> None:
        """Do what is due; raises IntakeError if something could not be done, which stays due."""
        failures = []
        for task in self.store.due.by_now():
            try:
                self._do(task, invocation)
            except Exception as error:  # the others are due all the same
                log.exception("not done", extra={"kind": task.kind, "subject": task.subject})
                failures.append(f"{task.kind} of {task.subject}: {error}")
            else:
                self.store.due.done(task)
        if failures:
            raise IntakeError(f"{len(failures)} not done, and due still: {'; '.join(failures[:5])}")

    def _do(self, task: Task, invocation: Invocation) -> None:
        if task.kind != READ_AGAIN:
            raise ValueError(f"nobody knows how to do {task.kind}")
        self._answer_again(task.at, json.loads(task.body), invocation)

    def _answer_again(self, at: int, kept: Mapping[str, str], invocation: Invocation) -> None:
        """Answer a read that came within a cooldown, now that it is over."""
        intake = read(json.loads(kept["record"]))
        if intake.problems:
            raise IntakeError(intake.problems[0].text)
        judged = self.settings.trust.judge(intake.accesses)
        for target in self.settings.targets:
            if target.secret.requested == kept["target"]:
                reads = [found for entry in judged if (found := self._read(entry, target)) is not None]
                if reads:
                    self._answering.answer(target, reads, invocation, again=at)

    def _read(self, entry: Judged, target: Target) -> Read | None:
        decision = action_for(entry, target, self.settings.policy)
        return None if decision.action is Action.NOTHING else Read(entry, decision)

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        return {
            "mode": "dry_run" if self.settings.policy.dry_run else "rotate",
            "targets": len(self.settings.targets),
            "freeze_parameter": self.settings.freeze_parameter,
        }

    def test_targets(self) -> Results:
        """Describe every target, as the first step of its rotation would."""
        return {target.secret.requested: self._problem(target.secret.requested) for target in self.settings.targets}

    def _problem(self, secret: str) -> str | None:
        try:
            self.secrets.dated(self.secrets.describe(secret))
        except Exception as error:  # each target has its own answer
            return str(error)
        return None

    @property
    def _outlet(self) -> Outlet:
        return Outlet(self.store, self.publisher, self.hub)

    @property
    def _answering(self) -> Answering:
        return Answering(self.settings, self.store, self.secrets, self.freeze, self._outlet)

    @property
    def _ends(self) -> Ends:
        return Ends(self.store, self.secrets, self._outlet)

    @staticmethod
    def _handled(intake: Intake, entries: Iterable[Judged], do: Callable[..., None], *arguments: Any) -> list[Problem]:
        """Do something about some accesses; return what could not be done."""
        try:
            do(*arguments)
        except Exception as error:  # the other records must still be handled
            log.exception("not handled")
            return [intake.problem(entry.access.event_id, str(error)) for entry in entries]
        return []


def _is_schedule(event: object) -> bool:
    return isinstance(event, Mapping) and event.get("detail-type") == "Scheduled Event"


@cache
def _rotator() -> Rotator:
    configure()
    settings = RotatorSettings.read(Environment(os.environ), packaged_settings())
    return Rotator(
        settings=settings,
        store=open_store(client("dynamodb"), settings.table, settings.retention_days),
        secrets=SecretStore(Lazy("secretsmanager")),
        publisher=Publisher(Lazy("sns"), settings.topic),
        freeze=Freeze(Lazy("ssm"), settings.freeze_parameter),
        hub=SecurityHub(Lazy("securityhub")) if settings.security_hub else None,
    )


def handler(event: object, context: Any) -> dict[str, Any] | None:
    """Lambda's entry point."""
    rotator = _rotator()
    probed = answer(event, rotator.about(), {"test-targets": rotator.test_targets})
    if probed is None:
        invocation = Invocation.of(context)
        if _is_schedule(event):
            rotator.do_due(invocation)
        else:
            rotator.handle(event, invocation)
    return probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _rotator()
