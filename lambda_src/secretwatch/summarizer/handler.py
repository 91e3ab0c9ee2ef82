"""Lambda: log subscription → audit table, summaries in S3, notices on the alerts topic.

decode → record once → group into stories → explain → keep → publish. Each step can be
repeated: accesses are taken for this invocation, notices are kept before publishing.
"""

from __future__ import annotations

import logging
import os
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from secretwatch import story as stories
from secretwatch.audit import AuditTable, Batch, Judged
from secretwatch.aws import client
from secretwatch.intake import Intake, fail_visibly, judge, read
from secretwatch.logs import configure
from secretwatch.notice import Notice, notice_id
from secretwatch.publisher import Publisher
from secretwatch.settings import Environment
from secretwatch.story import Story
from secretwatch.summarizer.bedrock import Explainer
from secretwatch.trust import TrustPolicy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    table: str
    retention_days: int
    bucket: str
    topic: str
    model: str | None
    trust: TrustPolicy
    own_principals: frozenset[str]
    """Role ARNs whose reads are recorded and not told: the rotator's."""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Settings:
        """Return the settings; raises SettingsError naming the variable."""
        environment = Environment(variables)
        return cls(
            table=environment.text("AUDIT_TABLE"),
            retention_days=environment.integer("AUDIT_RETENTION_DAYS", 365, 1, 3650),
            bucket=environment.text("SUMMARIES_BUCKET"),
            topic=environment.text("ALERTS_TOPIC_ARN"),
            model=environment.optional("BEDROCK_MODEL"),
            trust=environment.trust(),
            own_principals=frozenset(environment.items("OWN_PRINCIPALS")),
        )


class Summaries:
    """The summary objects: summaries/YYYY/MM/DD/<eventID>.txt."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep(self, notice: Notice) -> None:
        """Write a notice under its first event's day and id; writing twice is the same object."""
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in notice.event_ids[0])[:200]
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"summaries/{notice.time[:10].replace('-', '/')}/{name}.txt",
            Body=notice.to_text().encode("utf-8", "replace"),
            ContentType="text/plain; charset=utf-8",
        )


@dataclass(frozen=True, slots=True)
class Summarizer:
    """Turns accesses into notices."""

    settings: Settings
    audit: AuditTable
    explainer: Explainer
    summaries: Summaries
    publisher: Publisher

    def handle(self, event: object, batch: Batch) -> None:
        """Record and tell everything in ``event``; raises IntakeError if some of it could not be handled."""
        intake = read(event)
        problems = list(intake.problems)
        if intake.accesses:
            problems += self._record_and_tell(intake, batch)
        fail_visibly(problems)

    def _record_and_tell(self, intake: Intake, batch: Batch) -> list[str]:
        """Return what could not be done; everything else is done."""
        taken = self.audit.take(judge(intake.accesses, self.settings.trust), batch)
        problems = [f"record {event_id}: held by another invocation" for event_id in taken.busy]
        adopted = self._adopt(taken.orphans, batch, problems)
        told = stories.group(filter(self._worth_telling, taken.mine + adopted))
        kept = self.audit.kept_notices(notice_id(batch.token, story.key) for story in told) if taken.retried else {}
        for story in told:
            self._attempt(partial(self._tell, story, kept, batch), story.first.event_id, problems)
        if len(problems) > len(taken.busy):
            self.audit.release(batch)
        else:
            self.audit.finish(batch)
        log.info(
            "handled",
            extra={
                "accesses": len(taken.mine) + len(adopted),
                "duplicates": taken.duplicates,
                "ignored": intake.ignored,
                "stories": len(told),
                "problems": len(problems),
            },
        )
        return problems

    def _worth_telling(self, entry: Judged) -> bool:
        return stories.worth_telling(entry.access, self.settings.own_principals)

    def _adopt(self, orphans: tuple[tuple[Judged, str], ...], batch: Batch, problems: list[str]) -> tuple[Judged, ...]:
        """Deliver what an ended invocation had decided to tell; return the accesses that it had not come to."""
        identities = {entry.access.event_id: notice_id(token, stories.story_key(entry)) for entry, token in orphans}
        kept = self.audit.kept_notices(set(identities.values()))
        for notice, published in kept.values():
            self._attempt(partial(self._deliver, notice, published), notice.event_ids[0], problems)
        left = [(entry, token) for entry, token in orphans if identities[entry.access.event_id] not in kept]
        return self.audit.adopt(left, batch)

    def _tell(self, told: Story, kept: Mapping[str, tuple[Notice, bool]], batch: Batch) -> None:
        """Tell a story, by the notice that an earlier attempt kept if there is one."""
        identity = notice_id(batch.token, told.key)
        notice, published = kept.get(identity, (None, False))
        if notice is None:
            prose = self.explainer.explain(stories.facts(told))
            notice = stories.notice(told, identity, prose, self.explainer.model)
            self.audit.keep_notice(notice)
        self._deliver(notice, published)

    def _deliver(self, notice: Notice, published: bool) -> None:
        """Publish first: people must be told even while S3 is down."""
        if not published:
            self.publisher.publish(notice)
            self.audit.mark_published(notice.id)
        self.summaries.keep(notice)

    def _attempt(self, action: Callable[[], None], subject: str, problems: list[str]) -> None:
        """One story's failure must not keep the others from being told."""
        try:
            action()
        except Exception as error:
            log.exception("not told", extra={"subject": subject})
            problems.append(f"record {subject}: {error}")


@cache
def _summarizer() -> Summarizer:
    configure()
    settings = Settings.read(os.environ)
    return Summarizer(
        settings=settings,
        audit=AuditTable(client("dynamodb"), settings.table, settings.retention_days),
        explainer=Explainer(lambda: client("bedrock-runtime", read_timeout=15, attempts=2), settings.model),
        summaries=Summaries(client("s3"), settings.bucket),
        publisher=Publisher(client("sns"), settings.topic),
    )


def handler(event: object, context: Any) -> None:
    """Lambda's entry point."""
    batch = Batch(context.aws_request_id, clock.time() + context.get_remaining_time_in_millis() / 1000)
    _summarizer().handle(event, batch)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _summarizer()
