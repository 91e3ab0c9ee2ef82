"""Lambda: log subscription and queue → audit table, summaries in S3, notices on the alerts topic.

decode → record once → group into stories → decide → explain → remember → publish → keep. Each step
can be repeated: accesses are taken for this invocation, a notice is kept together with
what is remembered of its principal, and only then published.
"""

from __future__ import annotations

import logging
import os
import time as clock
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from secretwatch import story as stories
from secretwatch import telling
from secretwatch.audit import AuditError, AuditTable, Batch, back_off
from secretwatch.aws import Lazy, client
from secretwatch.intake import Intake, Problem, read, respond
from secretwatch.logs import configure
from secretwatch.notice import Notice, Prose, notice_id
from secretwatch.publisher import Publisher
from secretwatch.rules import Rules
from secretwatch.settings import Environment
from secretwatch.state import PrincipalState
from secretwatch.story import Story
from secretwatch.summarizer.bedrock import Explainer, ModelSettings
from secretwatch.summarizer.prompt import Subject
from secretwatch.telling import Decision
from secretwatch.trust import Judged, TrustPolicy

log = logging.getLogger(__name__)
WORKERS = 8
"""Most principals told of at once: the model takes seconds for each."""
_ATTEMPTS = 8
_TIME_FOR_MODEL = 40.0
"""Seconds that must be left for asking the model: two attempts of 15 s, and the rest of the work."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    table: str
    retention_days: int
    bucket: str
    topic: str
    model: ModelSettings | None
    model_region: str | None
    model_calls: int
    """Most model calls in an hour."""
    region: str | None
    """Where the system itself runs: its Athena is there."""
    trust: TrustPolicy
    rules: Rules
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
            model=_model(environment),
            model_region=environment.optional("BEDROCK_REGION"),
            model_calls=environment.integer("MODEL_CALLS_PER_HOUR", 200, 1, 1_000_000),
            region=environment.optional("AWS_REGION"),
            trust=environment.trust(),
            rules=environment.rules(),
            own_principals=frozenset(environment.items("OWN_PRINCIPALS")),
        )


def _model(environment: Environment) -> ModelSettings | None:
    model, guardrail = environment.optional("BEDROCK_MODEL"), environment.optional("GUARDRAIL_ID")
    if model is None:
        return None
    return ModelSettings(
        model,
        environment.optional("SUMMARY_LANGUAGE") or "English",
        None if guardrail is None else (guardrail, environment.text("GUARDRAIL_VERSION")),
    )


class Summaries:
    """The summary objects: summaries/YYYY/MM/DD/<eventID>.txt for people, details/….json for programs."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep(self, notice: Notice) -> None:
        """Write a notice under its first event's day and id; writing twice is the same objects."""
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in notice.event_ids[0])[:200]
        place = f"{notice.time[:10].replace('-', '/')}/{name}"
        self._put(f"summaries/{place}.txt", notice.to_text(), "text/plain; charset=utf-8")
        self._put(f"details/{place}.json", notice.to_json(), "application/json")

    def _put(self, key: str, text: str, kind: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=text.encode("utf-8", "replace"), ContentType=kind)


@dataclass(frozen=True, slots=True)
class Summarizer:
    """Turns accesses into notices."""

    settings: Settings
    audit: AuditTable
    explainer: Explainer
    summaries: Summaries
    publisher: Publisher

    def handle(self, event: object, batch: Batch) -> dict[str, list[dict[str, str]]] | None:
        """Record and tell everything in ``event``; what failed is handed back to the queue or raised."""
        intake = read(event)
        problems = list(intake.problems)
        if intake.accesses:
            problems += self._record_and_tell(intake, batch)
        return respond(event, problems)

    def _record_and_tell(self, intake: Intake, batch: Batch) -> list[Problem]:
        """Return what could not be done; everything else is done."""
        taken = self.audit.take(self.settings.trust.judge(intake.accesses), batch)
        busy = [intake.problem(event_id, "held by another invocation") for event_id in taken.busy]
        adopted, failed = self._adopt(taken.orphans, batch, intake)
        told = stories.group(taken.mine + adopted)
        kept = self.audit.kept_notices(notice_id(batch.token, story.key) for story in told) if taken.retried else {}
        failed += self._tell_all(told, kept, batch, intake)
        if failed:
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
                "problems": len(busy) + len(failed),
            },
        )
        return busy + failed

    def _adopt(
        self, orphans: tuple[tuple[Judged, str], ...], batch: Batch, intake: Intake
    ) -> tuple[tuple[Judged, ...], list[Problem]]:
        """Deliver what an ended invocation had decided to tell; return the accesses that it had not come to."""
        identities = {entry.access.event_id: notice_id(token, stories.story_key(entry)) for entry, token in orphans}
        kept = self.audit.kept_notices(set(identities.values()))
        problems = []
        for notice, published in kept.values():
            try:
                self._deliver(notice, published)
            except Exception as error:  # the others must still be told
                problems += _problems(intake, (e for e, identity in identities.items() if identity == notice.id), error)
        left = [(entry, token) for entry, token in orphans if identities[entry.access.event_id] not in kept]
        return self.audit.adopt(left, batch), problems

    def _tell_all(
        self, told: list[Story], kept: Mapping[str, tuple[Notice, bool]], batch: Batch, intake: Intake
    ) -> list[Problem]:
        """Tell the stories, those of different principals at once; return what failed."""
        by_principal: dict[str, list[Story]] = {}
        for story in told:
            by_principal.setdefault(story.principal.key, []).append(story)
        states = self.audit.states(by_principal)

        def tell(principal: str) -> list[Problem]:
            return self._tell_of(by_principal[principal], states[principal], kept, batch, intake)

        if len(by_principal) == 1:
            return [problem for principal in by_principal for problem in tell(principal)]
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return [problem for problems in pool.map(tell, by_principal) for problem in problems]

    def _tell_of(
        self,
        told: list[Story],
        state: PrincipalState,
        kept: Mapping[str, tuple[Notice, bool]],
        batch: Batch,
        intake: Intake,
    ) -> list[Problem]:
        """Tell the stories of one principal, one after the other; return what failed."""
        problems = []
        for story in told:
            try:
                state = self._tell(story, state, kept, batch)
            except Exception as error:  # one story's failure must not keep the others from being told
                state = self._state_of(story)
                problems += _problems(intake, (entry.access.event_id for entry in story.entries), error)
        return problems

    def _tell(
        self, story: Story, state: PrincipalState, kept: Mapping[str, tuple[Notice, bool]], batch: Batch
    ) -> PrincipalState:
        """Tell one story if it is to be told; return what is remembered of its principal now."""
        identity = notice_id(batch.token, story.key)
        if identity in kept:  # an earlier attempt of this batch decided already
            self._deliver(*kept[identity])
            return state
        explained: tuple[Prose | None, str | None] | None = None
        for attempt in range(_ATTEMPTS):
            decision = telling.decide(story, state, self.settings.rules, self.settings.own_principals)
            notice = None
            if decision.told:
                explained = explained or self._explain(story, decision, batch)
                prose, no_prose = explained
                notice = telling.notice(story, decision, identity, self.settings.region)
                notice = replace(notice, prose=prose, no_prose=no_prose)
            if self.audit.remember(story.principal.key, decision.state, self.settings.rules.history_days, notice):
                if notice is not None:
                    self._deliver(notice, published=False)
                return decision.state.stored()
            back_off(attempt)
            state = self._state_of(story)
        raise AuditError(f"what is remembered of {story.principal.key} kept changing")

    def _state_of(self, story: Story) -> PrincipalState:
        (state,) = self.audit.states([story.principal.key]).values()
        return state

    def _explain(self, story: Story, decision: Decision, batch: Batch) -> tuple[Prose | None, str | None]:
        if batch.lease_until - clock.time() < _TIME_FOR_MODEL:
            log.warning("no time left for the model, facts only", extra={"story": story.key})
            return None, "no time was left for the model"
        name, session = story.principal.name, story.entries[0].access.session
        return self.explainer.explain(Subject(stories.facts(story), name, session, story.secrets, decision.severity))

    def _deliver(self, notice: Notice, published: bool) -> None:
        """Publish first: people must be told even while S3 is down."""
        if not published:
            self.publisher.publish(notice)
            self.audit.mark_published(notice.id)
        self.summaries.keep(notice)


def _problems(intake: Intake, event_ids: Iterable[str], error: Exception) -> list[Problem]:
    log.error("not told", exc_info=error)
    return [intake.problem(event_id, str(error)) for event_id in event_ids]


@cache
def _summarizer() -> Summarizer:
    configure()
    settings = Settings.read(os.environ)
    audit = AuditTable(client("dynamodb"), settings.table, settings.retention_days)
    model = Lazy("bedrock-runtime", region=settings.model_region, read_timeout=15, attempts=2)
    return Summarizer(
        settings=settings,
        audit=audit,
        explainer=Explainer(model, settings.model, lambda: audit.spend("model", settings.model_calls)),
        summaries=Summaries(Lazy("s3"), settings.bucket),
        publisher=Publisher(Lazy("sns"), settings.topic),
    )


def handler(event: object, context: Any) -> dict[str, list[dict[str, str]]] | None:
    """Lambda's entry point."""
    batch = Batch(context.aws_request_id, clock.time() + context.get_remaining_time_in_millis() / 1000)
    return _summarizer().handle(event, batch)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _summarizer()
