"""Lambda: log subscription and queue → audit table, summaries in S3, notices on the alerts topic.

decode → record → for each actor: decide → explain → remember → publish → keep. Each step can be
repeated: an access is the same item whoever writes it, deciding twice changes nothing, and a
notice is kept together with what is remembered of its actor, and only then published.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.decide import decide, whose
from secretwatch.detect.evidence import Evidence, Recorded, gather, is_of
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import News
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.summarizer import sightings
from secretwatch.functions.summarizer.explainer import Explainer, MayAsk
from secretwatch.functions.summarizer.prompt import Subject
from secretwatch.functions.summarizer.published import Published
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.notify.access_notice import access_notice, facts
from secretwatch.notify.notice import Notice, Prose
from secretwatch.notify.publisher import Publisher
from secretwatch.record.actor import Actor, People
from secretwatch.record.intake import Intake, Problem, read, respond
from secretwatch.record.origin import Judged
from secretwatch.record.ranges import Ranges, shipped
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import count, timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.limits import Limits
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import DAY, StoreError, back_off, chunked

log = logging.getLogger(__name__)
WORKERS = 8
"""Most actors handled at once: the model takes seconds for each."""
ACTORS_AT_ONCE = 500
"""Actors whose memories are held together."""
ACCESSES_SHOWN = 2000
"""Most accesses of a story that are looked at for one notice."""
_ATTEMPTS = 8
_TIME_TO_STOP = 8.0
"""Seconds that must be left for beginning with an actor: what is not begun is retried."""
_TIME_FOR_MODEL = 40.0
"""Seconds that must be left for asking the model: two attempts of 15 s, and the rest of the work."""


class Summaries:
    """The summary objects: summaries/YYYY/MM/DD/<eventID>-<notice>.txt for people, details/….json for programs."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep(self, notice: Notice) -> None:
        """Write a notice under its first event's day and id, and its own: of one event there may be several."""
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in notice.event_ids[0])[:200]
        place = f"{notice.time[:10].replace('-', '/')}/{name}-{notice.id[:12]}"
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
    ranges: Callable[[], tuple[Ranges, ...]] = shipped
    """Returns the published ranges as they are now."""
    published: set[str] = field(default_factory=set)
    """Notices that are known to be published, so that their actors' next accesses need not ask."""

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
        shown = {
            "model": model and model.model,
            "model_region": self.settings.model_region,
            "canary": self.settings.canary is not None,
            "rotator": bool(self.settings.tuning.own_principals),
        }
        days = self.settings.tuning.learning_days
        return {**shown, "learning": self._learning()} if days else shown

    def _learning(self) -> str:
        """Return until when a deployment learns, for people."""
        since, days = self.store.start.since(), self.settings.tuning.learning_days
        if since is None:
            return f"for {count(days, 'day')} from the first record on"
        until = datetime.fromtimestamp(since + days * DAY, UTC)
        return f"{'until' if until.timestamp() > time.time() else 'ended'} {timestamp(until)}"

    def test_model(self) -> Results:
        """Ask the model for one sentence about a made-up access; nothing where there is no model."""
        model = self.settings.model
        return {} if model is None else {model.model: self.explainer.test()}

    def _record_and_notify(self, intake: Intake, invocation: Invocation) -> list[Problem]:
        """Return what could not be done; everything else is done."""
        trust = self.settings.trust
        judged = replace(trust, ranges=(*trust.ranges, *self.ranges())).judge(intake.accesses)
        entries = list(zip(judged, self._people.actors(intake.accesses), strict=True))
        try:
            self.store.accesses.record(entries)
            groups, tuning = self._by_actor(entries), self._tuning()
        except Exception as error:
            return _problems(intake, judged, error)
        problems: list[Problem] = []
        for chunk in chunked(groups.values(), ACTORS_AT_ONCE):
            problems += self._notify_all(chunk, tuning, invocation, intake)
        log.info(
            "handled",
            extra={
                "accesses": len(entries),
                "actors": len(groups),
                "ignored": intake.ignored,
                "problems": len(problems),
            },
        )
        return problems

    @property
    def _people(self) -> People:
        return People(self.settings.tuning.people_roles, self.settings.tuning.automation)

    def _tuning(self) -> Tuning:
        """Return the tuning with what people have declared since, and until when everything is new."""
        tuning = self.settings.tuning.learning_since(self.store.start.begun())
        return replace(tuning, expectations=(*tuning.expectations, *self.store.expectations.current()))

    def _by_actor(self, entries: list[tuple[Judged, Actor]]) -> dict[str, Group]:
        """Return the accesses to decide on, by actor: without the canary's, and without copies of shared calls."""
        groups: dict[str, Group] = {}
        for entry, actor in _without_copies(entries):
            shared = entry.access.shared_event_id
            named = not _is_poor(actor)
            if shared is not None and not self.store.accesses.claim_shared(shared, entry.access.event_id, named):
                continue
            if self.settings.canary is None or not self.settings.canary.made(entry.access.call):
                groups.setdefault(actor.key, (actor, []))[1].append(entry)
        return groups

    def _notify_all(self, groups: list[Group], tuning: Tuning, invocation: Invocation, intake: Intake) -> list[Problem]:
        """Decide on some actors, several at once; return what failed."""
        try:
            memories = self.store.memories.of(actor.key for actor, _ in groups)
        except StoreError:  # one that cannot be read must not hold back the others
            memories = {}
        groups, problems = self._by_habits(groups, memories, intake)

        def notify(group: Group) -> list[Problem]:
            actor, entries = group
            try:
                if invocation.time_left < _TIME_TO_STOP:
                    raise StoreError("no time was left, it is tried again")
                memory = memories.get(actor.key) or self._memory_of(actor)
                self._notify(actor, entries, memory, tuning, invocation)
            except Exception as error:  # one actor's failure must not hold back the others
                return _problems(intake, entries, error)
            return []

        if len(groups) == 1:
            return problems + notify(groups[0])
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return problems + [problem for failed in pool.map(notify, groups) for problem in failed]

    def _by_habits(
        self, groups: list[Group], memories: dict[str, Memory], intake: Intake
    ) -> tuple[list[Group], list[Problem]]:
        """Return the accesses by the actor by whose habits they are judged, and what could not be found out."""
        found: dict[str, Group] = {}
        problems = []

        def memory_of(key: str) -> Memory:
            if key not in memories:
                memories.update(self.store.memories.of([key]))
            return memories[key]

        for actor, entries in groups:
            try:
                by = whose(actor, memory_of, min(int(entry.access.time.timestamp()) for entry in entries))
                found.setdefault(by.key, (by, []))[1].extend(entries)
            except StoreError as error:  # as above
                problems += _problems(intake, entries, error)
        return list(found.values()), problems

    def _notify(
        self, actor: Actor, entries: list[Judged], memory: Memory, tuning: Tuning, invocation: Invocation
    ) -> None:
        """Decide on one actor's accesses, remember, and publish what people are to hear."""
        explained: dict[str, tuple[Prose | None, str | None]] = {}
        for attempt in range(_ATTEMPTS):
            decision = decide(actor, entries, memory, tuning, int(invocation.started))
            if decision.memory is memory:
                return self._publish(memory.unpublished, invocation)
            self.store.expectations.note(actor.key, decision.spared)
            notices = [self._notice(news, entries, explained, invocation) for news in decision.news]
            ids = [*self._still_unpublished(memory), *(notice.id for notice in notices)]
            unpublished = tuple(dict.fromkeys(ids))
            memory = replace(decision.memory, unpublished=unpublished)
            if self.store.memories.remember(actor.key, memory, self.settings.tuning.history_days, notices):
                return self._publish(unpublished, invocation)
            back_off(attempt)
            memory = self._memory_of(actor)
        raise StoreError(f"what is remembered of {actor.key} kept changing")

    def _memory_of(self, actor: Actor) -> Memory:
        (memory,) = self.store.memories.of([actor.key]).values()
        return memory

    def _notice(
        self,
        news: News,
        entries: list[Judged],
        explained: dict[str, tuple[Prose | None, str | None]],
        invocation: Invocation,
    ) -> Notice:
        evidence = self._evidence(news, entries)
        if news.id not in explained:
            explained[news.id] = self._explain(news, evidence, invocation)
        prose, no_prose = explained[news.id]
        return replace(access_notice(news, evidence, self.settings.region), prose=prose, no_prose=no_prose)

    def _evidence(self, news: News, entries: list[Judged]) -> Evidence:
        """Return the accesses of a story: those of its actor from its first notable one on."""
        start, end = news.story.since, news.story.span[1]
        quiet = self.settings.tuning.quiet_minutes * 60
        times = (int(entry.access.time.timestamp()) for entry in entries)
        end = max([end, *(time for time in times if time <= end + quiet)])
        sessions = self._people.actors(entry.access for entry in entries)
        found: list[Recorded] = []
        complete = True
        for key in dict.fromkeys([news.story.actor.key, *(actor.key for actor in sessions)]):
            part, whole = self.store.accesses.of(key, start, end, ACCESSES_SHOWN)
            found, complete = found + part, complete and whole
        lead = news.story.lead
        if not any(is_of(recorded.event_id, lead) for recorded in found):
            found += [Recorded.of(entry) for entry in entries if is_of(entry.access.event_id, lead)]
        return gather(lead, found, complete)

    def _explain(self, news: News, evidence: Evidence, invocation: Invocation) -> tuple[Prose | None, str | None]:
        if invocation.time_left < _TIME_FOR_MODEL:
            log.warning("no time left for the model, facts only", extra={"story": news.story.id})
            return None, "no time was left for the model"
        actor = news.story.actor
        name = actor.person or actor.principal.name
        subject = Subject(facts(news, evidence), name, evidence.lead.session, list(evidence.secrets), news.severity)
        return self.explainer.explain(subject)

    def _still_unpublished(self, memory: Memory) -> list[str]:
        kept = self.store.outbox.kept(memory.unpublished) if memory.unpublished else {}
        return [identity for identity, (_, published) in kept.items() if not published]

    def _publish(self, identities: tuple[str, ...], invocation: Invocation) -> None:
        """Publish the notices that are kept and not published yet, by whomever they were decided."""
        left = [identity for identity in identities if identity not in self.published]
        failures = []
        for notice, published in self.store.outbox.kept(left).values() if left else ():
            try:
                if not published:
                    self._deliver(notice, invocation)
                self.published.add(notice.id)
            except Exception as error:  # one notice must not hold back the others
                failures.append(error)
        if failures:
            raise failures[0]

    def _deliver(self, notice: Notice, invocation: Invocation) -> None:
        """Publish first: people must know even while S3 is down."""
        claim = self.store.claims.claim("publish", notice.id, invocation)
        if claim is Claim.BUSY:
            raise StoreError(f"notice {notice.id} is being published by another invocation")
        if claim is Claim.TAKEN:
            with self.store.claims.acting("publish", [notice.id], invocation):
                self.publisher.publish(notice)
        self.summaries.keep(notice)
        self.store.outbox.mark_published(notice.id)


Group = tuple[Actor, list[Judged]]
"""An actor and accesses of it."""


def _without_copies(entries: list[tuple[Judged, Actor]]) -> list[tuple[Judged, Actor]]:
    """Return the accesses, of those that are one call only the record that knows most of its caller."""
    best: dict[tuple[str, ...], tuple[Judged, Actor]] = {}
    for entry, actor in entries:
        access = entry.access
        shared = access.shared_event_id
        key = (access.event_id, *access.call.secret_names) if shared is None else ("shared", shared)
        known = best.get(key)
        if known is None or (_is_poor(known[1]), known[0].access.event_id) > (_is_poor(actor), access.event_id):
            best[key] = (entry, actor)
    return list(best.values())


def _is_poor(actor: Actor) -> bool:
    """Whether a record names no more of its caller than the account."""
    return actor.principal.type == "AWSAccount"


def _problems(intake: Intake, entries: Iterable[Judged], error: Exception) -> list[Problem]:
    log.error("not notified", exc_info=error)
    return [intake.problem(entry.access.event_id, str(error)) for entry in entries]


def budget(limits: Limits, calls_per_hour: int) -> MayAsk:
    """Return the hour's budget of model calls; what is below high may use half of it."""

    def may_ask(severity: Severity) -> bool:
        half = (calls_per_hour + 1) // 2
        return limits.spend("model", calls_per_hour if severity.rank >= Severity.HIGH.rank else half)

    return may_ask


@cache
def _summarizer() -> Summarizer:
    configure()
    settings = SummarizerSettings.read(Environment(os.environ), packaged_settings())
    store = open_store(client("dynamodb"), settings.table, settings.retention_days)
    model = Lazy("bedrock-runtime", region=settings.model_region, read_timeout=15, attempts=2)
    return Summarizer(
        settings=settings,
        store=store,
        explainer=Explainer(model, settings.model, budget(store.limits, settings.model_calls_per_hour)),
        summaries=Summaries(Lazy("s3"), settings.bucket),
        publisher=Publisher(Lazy("sns"), settings.topic),
        ranges=Published(_quick_s3(), settings.bucket).ranges if settings.refreshed else shipped,
    )


def _quick_s3() -> Lazy:
    """S3 for what can be done without: the ranges that are shipped are there at once."""
    return Lazy("s3", read_timeout=3, attempts=1)


def handler(event: object, context: Any) -> Mapping[str, Any] | None:
    """Lambda's entry point."""
    summarizer = _summarizer()
    probed = answer(event, summarizer.about(), {"test-model": summarizer.test_model})
    return summarizer.handle(event, Invocation.of(context)) if probed is None else probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _summarizer().ranges()
