"""Lambda: on a schedule, read a secret of our own, and look whether every path brought the reads before.

A path that missed three in a row is reported on the operations topic, past the notifier,
which may be what does not work. Steps: read → look → report → remember. Each run can be
repeated: the worst is a second read, or a message that comes twice.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from secretwatch.functions.canary import messages
from secretwatch.functions.canary.hops import Clients, Hops
from secretwatch.functions.canary.messages import Report, Silence
from secretwatch.functions.canary.settings import CanarySettings
from secretwatch.functions.canary.watch import Watch
from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.aws import Lazy, client, error_code
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import DAY

log = logging.getLogger(__name__)
VALUE = "The canary's secret. It protects nothing and opens nothing: secretwatch reads it to see that reads are seen."
_KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """One run after the other; ``now`` returns epoch seconds."""

    settings: CanarySettings
    store: Store
    secrets: Any
    topic: Any
    hops: Hops
    now: Callable[[], float] = time.time

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        paths = [str(path) for path in self.settings.paths]
        return {"secret": self.settings.secret, "schedule_minutes": self.settings.schedule_minutes, "paths": paths}

    def test_read(self) -> Results:
        """Read the secret now. No path is judged by this read: it does not count as a period."""
        failure = self._read()
        return {self.settings.secret: None if failure is None else str(failure)}

    def run(self) -> None:
        """Read the secret and report the paths; raises what the read or the report failed with, after the rest."""
        now = int(self.now())
        failure = self._read()
        seen = {path: self._seen(path) for path in self.settings.paths}
        watches = {path: self._begin(path, now, seen[path]) for path in self.settings.paths}
        watches = self._report_silence(watches, seen, now)
        watches = self._report_recovery(watches, seen)
        for path, watch in watches.items():
            ended = watch.end(None if failure else now)
            self.store.evidence.note(_note_name(path), ended.to_note(), _KEPT_DAYS * DAY)
        missed = {path: len(watch.missed) for path, watch in watches.items()}
        log.info("canary", extra={"read": failure is None, "missed": missed})
        if failure is not None:
            raise failure

    @property
    def _period(self) -> int:
        return self.settings.schedule_minutes * 60

    def _read(self) -> Exception | None:
        """Read the secret, which is given its value by the first run; return why that failed, if it did.

        Terraform does not write the value: it would read it back on every plan, and a read by
        anybody but the canary is an incident.
        """
        try:
            try:
                self.secrets.get_secret_value(SecretId=self.settings.secret)
            except Exception as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                self.secrets.put_secret_value(SecretId=self.settings.secret, SecretString=VALUE)
                self.secrets.get_secret_value(SecretId=self.settings.secret)
        except Exception as error:  # the paths must be looked at all the same
            log.error("the canary could not read its secret", exc_info=error)
            return error
        return None

    def _seen(self, path: RecordPath) -> int | None:
        seen = self.store.sightings.latest(path)
        return None if seen is None else int(seen.timestamp())

    def _begin(self, path: RecordPath, now: int, seen: int | None) -> Watch:
        watch = Watch.from_note(self.store.evidence.noted(_note_name(path)))
        return watch.begin(now, self._period, seen)

    def _report_silence(
        self, watches: dict[RecordPath, Watch], seen: dict[RecordPath, int | None], now: int
    ) -> dict[RecordPath, Watch]:
        """Publish one message about every path whose silence must be reported; return the watches after it."""
        silences = []
        for path, watch in watches.items():
            if watch.is_silent(self._period):
                diagnosis = self.hops.look(path, watch.missed[0])
                if watch.is_due(diagnosis.cause, now):
                    silences.append(Silence(path, seen[path], watch.missed[0], diagnosis))
        if not silences:
            return watches
        working = [path for path, watch in watches.items() if not watch.missed and seen[path] is not None]
        self._publish(messages.silent(self.settings.name_prefix, silences, working))
        return {**watches, **{s.path: watches[s.path].report(s.diagnosis.cause, now) for s in silences}}

    def _report_recovery(
        self, watches: dict[RecordPath, Watch], seen: dict[RecordPath, int | None]
    ) -> dict[RecordPath, Watch]:
        """Publish one message about every path that is back; return the watches after it."""
        times = {path: time for path in watches if watches[path].is_back and (time := seen[path]) is not None}
        if not times:
            return watches
        self._publish(messages.back(self.settings.name_prefix, list(times), max(times.values())))
        return {**watches, **{path: watches[path].recovered() for path in times}}

    def _publish(self, message: Report) -> None:
        self.topic.publish(TopicArn=self.settings.topic, Subject=message.subject, Message=message.text)
        log.warning("reported", extra={"subject": message.subject})


def _note_name(path: RecordPath) -> str:
    return f"canary {path}"


@cache
def _canary() -> CanaryRun:
    configure()
    settings = CanarySettings.read(Environment(os.environ), packaged_settings())
    return CanaryRun(
        settings=settings,
        store=open_store(client("dynamodb"), settings.table),
        secrets=Lazy("secretsmanager"),
        topic=Lazy("sns"),
        hops=Hops(
            Clients(Lazy("cloudtrail"), Lazy("logs"), Lazy("events"), Lazy("sqs"), Lazy("lambda")), settings.parts
        ),
    )


def handler(event: object, context: object) -> dict[str, Any] | None:  # noqa: ARG001
    """Lambda's entry point; what the schedule sends says nothing, a probe is answered."""
    canary = _canary()
    probed = answer(event, canary.about(), {"read": canary.test_read})
    if probed is None:
        canary.run()
    return probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _canary()
