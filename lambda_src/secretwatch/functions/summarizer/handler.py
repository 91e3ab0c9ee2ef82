"""Lambda: log subscription and queue → audit table, summaries in S3, notices on the alerts topic.

decode → record once → group into stories → decide → explain → remember → publish → keep. Each step
can be repeated: accesses are taken for this invocation, a notice is kept together with
what is remembered of its principal, and only then published.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from secretwatch.detect import story as stories
from secretwatch.detect.decide import Decision, decide
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import Story
from secretwatch.functions.summarizer import sightings
from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.prompt import Subject
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.notify.access_notice import access_notice, facts
from secretwatch.notify.notice import Notice, Prose
from secretwatch.notify.publisher import Publisher
from secretwatch.record.intake import Intake, Problem, read, respond
from secretwatch.record.origin import Judged
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import short_hash
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import StoreError, back_off

log = logging.getLogger(__name__)
WORKERS = 8
"""Most principals handled at once: the model takes seconds for each."""
_ATTEMPTS = 8
_TIME_FOR_MODEL = 40.0
"""Seconds that must be left for asking the model: two attempts of 15 s, and the rest of the work."""


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

    settings: SummarizerSettings
    store: Store
    explainer: Explainer
    summaries: Summaries
    publisher: Publisher

    def handle(self, event: object, invocation: Invocation) -> dict[str, list[dict[str, str]]] | None:
        """Record and notify everything in ``event``; what failed is returned to the queue or raised."""
        intake = read(event)
        problems = list(intake.problems)
        if intake.accesses:
            problems += self._note_sightings(intake, invocation)
            problems += self._record_and_notify(intake, invocation)
        return respond(event, problems)

    def _note_sightings(self, intake: Intake, invocation: Invocation) -> list[Problem]:
        """Note which paths brought the canary's reads, those recorded before too; return what could not be noted."""
        canary, namespace = self.settings.canary, self.settings.metric_namespace
        if canary is None or namespace is None:
            return []
        try:
            sightings.note(canary, intake, self.store.sightings, namespace, invocation.started)
        except Exception as error:  # the accesses must be recorded all the same
            log.error("the canary's reads were not noted", exc_info=error)
            return [intake.problem(access.event_id, str(error)) for access in sightings.reads(canary, intake)]
        return []

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        model = self.settings.model
        return {"model": model and model.model, "model_region": self.settings.model_region}

    def test_model(self) -> Results:
        """Ask the model for one sentence about a made-up access; nothing where there is no model."""
        model = self.settings.model
        return {} if model is None else {model.model: self.explainer.test()}

    def _record_and_notify(self, intake: Intake, invocation: Invocation) -> list[Problem]:
        """Return what could not be done; everything else is done."""
        taken = self.store.accesses.take(self.settings.trust.judge(intake.accesses), invocation)
        busy = [intake.problem(event_id, "held by another invocation") for event_id in taken.busy]
        adopted, failed = self._adopt(taken.orphans, invocation, intake)
        found = stories.group(entry for entry in taken.mine + adopted if not self._is_canarys(entry))
        kept = self.store.outbox.kept(short_hash(invocation.id, story.key) for story in found) if taken.retried else {}
        failed += self._notify_all(found, kept, invocation, intake)
        if failed:
            self.store.accesses.release(invocation)
        else:
            self.store.accesses.finish(invocation)
        log.info(
            "handled",
            extra={
                "accesses": len(taken.mine) + len(adopted),
                "duplicates": taken.duplicates,
                "ignored": intake.ignored,
                "stories": len(found),
                "problems": len(busy) + len(failed),
            },
        )
        return busy + failed

    def _is_canarys(self, entry: Judged) -> bool:
        return self.settings.canary is not None and self.settings.canary.made(entry.access.call)

    def _adopt(
        self, orphans: tuple[tuple[Judged, str], ...], invocation: Invocation, intake: Intake
    ) -> tuple[tuple[Judged, ...], list[Problem]]:
        """Deliver what an ended invocation had decided to publish; return the accesses that it had not reached."""
        identities = {entry.access.event_id: short_hash(token, stories.story_key(entry)) for entry, token in orphans}
        kept = self.store.outbox.kept(set(identities.values()))
        problems = []
        for notice, published in kept.values():
            try:
                self._deliver(notice, published)
            except Exception as error:  # the others must still be notified
                problems += _problems(intake, (e for e, identity in identities.items() if identity == notice.id), error)
        left = [(entry, token) for entry, token in orphans if identities[entry.access.event_id] not in kept]
        return self.store.accesses.adopt(left, invocation), problems

    def _notify_all(
        self, found: list[Story], kept: Mapping[str, tuple[Notice, bool]], invocation: Invocation, intake: Intake
    ) -> list[Problem]:
        """Notify the stories, those of different principals at once; return what failed."""
        by_principal: dict[str, list[Story]] = {}
        for story in found:
            by_principal.setdefault(story.principal.key, []).append(story)
        memories = self.store.memories.of(by_principal)

        def notify(principal: str) -> list[Problem]:
            return self._notify_of(by_principal[principal], memories[principal], kept, invocation, intake)

        if len(by_principal) == 1:
            return [problem for principal in by_principal for problem in notify(principal)]
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return [problem for problems in pool.map(notify, by_principal) for problem in problems]

    def _notify_of(
        self,
        found: list[Story],
        memory: Memory,
        kept: Mapping[str, tuple[Notice, bool]],
        invocation: Invocation,
        intake: Intake,
    ) -> list[Problem]:
        """Notify the stories of one principal, one after the other; return what failed."""
        problems = []
        for story in found:
            try:
                memory = self._notify(story, memory, kept, invocation)
            except Exception as error:  # one story's failure must not hold back the others
                memory = self._memory_of(story)
                problems += _problems(intake, (entry.access.event_id for entry in story.entries), error)
        return problems

    def _notify(
        self, story: Story, memory: Memory, kept: Mapping[str, tuple[Notice, bool]], invocation: Invocation
    ) -> Memory:
        """Notify one story if people are to know; return what is remembered of its principal now."""
        identity = short_hash(invocation.id, story.key)
        if identity in kept:  # an earlier attempt of this batch decided already
            self._deliver(*kept[identity])
            return memory
        explained: tuple[Prose | None, str | None] | None = None
        for attempt in range(_ATTEMPTS):
            decision = decide(story, memory, self.settings.tuning, self.settings.own_principals)
            notice = None
            if decision.notified:
                explained = explained or self._explain(story, decision, invocation)
                prose, no_prose = explained
                notice = access_notice(story, decision, identity, self.settings.region)
                notice = replace(notice, prose=prose, no_prose=no_prose)
            if self.store.memories.remember(
                story.principal.key, decision.memory, self.settings.tuning.history_days, notice
            ):
                if notice is not None:
                    self._deliver(notice, published=False)
                return decision.memory.stored()
            back_off(attempt)
            memory = self._memory_of(story)
        raise StoreError(f"what is remembered of {story.principal.key} kept changing")

    def _memory_of(self, story: Story) -> Memory:
        (memory,) = self.store.memories.of([story.principal.key]).values()
        return memory

    def _explain(self, story: Story, decision: Decision, invocation: Invocation) -> tuple[Prose | None, str | None]:
        if invocation.time_left < _TIME_FOR_MODEL:
            log.warning("no time left for the model, facts only", extra={"story": story.key})
            return None, "no time was left for the model"
        name, session = story.principal.name, story.entries[0].access.session.name
        return self.explainer.explain(Subject(facts(story), name, session, story.secrets, decision.severity))

    def _deliver(self, notice: Notice, published: bool) -> None:
        """Publish first: people must know even while S3 is down."""
        if not published:
            self.publisher.publish(notice)
            self.store.outbox.mark_published(notice.id)
        self.summaries.keep(notice)


def _problems(intake: Intake, event_ids: Iterable[str], error: Exception) -> list[Problem]:
    log.error("not notified", exc_info=error)
    return [intake.problem(event_id, str(error)) for event_id in event_ids]


@cache
def _summarizer() -> Summarizer:
    configure()
    settings = SummarizerSettings.read(Environment(os.environ), packaged_settings())
    store = open_store(client("dynamodb"), settings.table, settings.retention_days)
    model = Lazy("bedrock-runtime", region=settings.model_region, read_timeout=15, attempts=2)
    return Summarizer(
        settings=settings,
        store=store,
        explainer=Explainer(model, settings.model, lambda: store.limits.spend("model", settings.model_calls_per_hour)),
        summaries=Summaries(Lazy("s3"), settings.bucket),
        publisher=Publisher(Lazy("sns"), settings.topic),
    )


def handler(event: object, context: Any) -> Mapping[str, Any] | None:
    """Lambda's entry point."""
    summarizer = _summarizer()
    probed = answer(event, summarizer.about(), {"test-model": summarizer.test_model})
    return summarizer.handle(event, Invocation.of(context)) if probed is None else probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _summarizer()
