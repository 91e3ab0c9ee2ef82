"""What is notable about a moment when it is compared: with the actor's habits, and with what came just before.

One small pure function for each signal of the catalogue that compares; ``marks.py`` has those
that a call shows by itself. Each looks at one moment in its place in time and says in a
sentence why it is notable, or nothing. ``catalogue.json`` says the rest; ``tuning.py`` tunes it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.expectations import Expectation
from secretwatch.detect.kinship import is_akin, words_of
from secretwatch.detect.marks import listed
from secretwatch.detect.memory import (
    DAY,
    HOUR,
    KEY_SEPARATOR,
    LISTING_BUCKET,
    MOMENTS_KEPT,
    Kind,
    Memory,
    Moment,
    Way,
    is_recent,
)
from secretwatch.detect.observe import UNCONFIGURED, use_seconds, way_of_mark
from secretwatch.detect.tuning import SignalTuning, Tuning
from secretwatch.record.actor import Actor
from secretwatch.record.agent import BROWSER, CLOUDSHELL, TERRAFORM, is_by_hand
from secretwatch.record.origin import Trust
from secretwatch.runtime.text import count

_USUAL_SHOWN = 2
_KIN_SECONDS = 14 * DAY
"""After so long, what an actor reads says which secrets it has to do with."""
_GENERALIST = 8
"""So many words in the names of what it reads, and an actor has to do with everything."""
_MOVES = 2
"""New places within two weeks after which another one says nothing: the actor moves."""
_COLLECTED_DAYS = 3
"""Fewer days are no slow collection: a new task brings several secrets at once."""
_KEY_HOURS = 24
"""Hours after which a place is new again for an access key."""
_NEAR = 3
"""Times of ten minutes before and after a person's use of credentials: who was elsewhere in both is there, too."""


class Spared(NamedTuple):
    """What nobody hears of a finding that was expected."""

    expectation: str
    """Its id."""
    severity: Severity
    """How bad the finding would be otherwise."""


class Finding(NamedTuple):
    """One reason why one moment is notable."""

    time: int
    """Epoch seconds."""
    event_id: str
    signal: str
    severity: Severity
    technique: str
    sentence: str
    moment: Moment
    since: int
    """When what it counts may have begun, epoch seconds."""
    spared: Spared | None = None
    """Of what was expected; its severity is info then."""


class Past:
    """The moments of one memory, as signals ask for them: each question is worked out once for all moments."""

    def __init__(self, memory: Memory, actor: Actor, expectations: Iterable[Expectation] = ()) -> None:
        self.memory = memory
        self._expectations = [expectation for expectation in expectations if expectation.is_of(actor)]
        self._own_words = words_of(actor.principal.name or "")
        self.since = memory.since()
        """When the actor first read anything, epoch seconds."""
        self._earlier: dict[str, list[tuple[int, str]]] = {}

    def new(self, moment: Moment) -> frozenset[str]:
        """Return the kinds of which a moment is the actor's first with one of its names."""
        return frozenset(way.kind for way in moment.ways if self.memory.is_first(way, moment.time))

    def expectation(self, moment: Moment) -> Expectation | None:
        """Return the expectation that covers a moment, or None: as for every new place that is not trusted."""
        if not self._expectations or self._is_strange(moment):
            return None
        secret = "" if moment.kind is Kind.BATCH else moment.name
        return next((e for e in self._expectations if e.covers(secret, moment.time)), None)

    def _is_strange(self, moment: Moment) -> bool:
        """Whether a place is not trusted, and the actor has used it for less than a day.

        Where nothing is trusted every place of a newcomer is like that: there it says nothing.
        """
        known = self.memory.known(Way("place", moment.place))
        if moment.trust in (Trust.TRUSTED, Trust.AWS_SERVICE) or (known and moment.time - known.first >= DAY):
            return False
        return moment.trust != UNCONFIGURED or (self.since is not None and moment.time - self.since >= DAY)

    @cached_property
    def _counted(self) -> list[Moment]:
        """The moments that windows count: what was expected is not one of many."""
        return [moment for moment in self.memory.moments if self.expectation(moment) is None]

    @cached_property
    def first_reads(self) -> list[Moment]:
        """The first reads of secrets, in order of time."""
        return [m for m in self._counted if m.kind is Kind.READ and "secret" in self.new(m)]

    @cached_property
    def first_looks(self) -> list[Moment]:
        """The first looks at a secret's description, policy or versions."""
        return [m for m in self._counted if m.kind is Kind.DESCRIBED and "described" in self.new(m)]

    @cached_property
    def first_in_region(self) -> list[Moment]:
        """What was the first in its region."""
        kinds = (Kind.READ, Kind.LISTED, Kind.DESCRIBED)
        return [m for m in self._counted if m.kind in kinds and self.new(m) & {"region", "looked"}]

    @cached_property
    def listings(self) -> list[Moment]:
        """The listings of secrets."""
        return [m for m in self.memory.moments if m.kind is Kind.LISTED]

    @cached_property
    def denied(self) -> list[Moment]:
        """The denied reads of secrets that were not denied until a day before."""
        return self._recent(Kind.DENIED)

    @cached_property
    def missing(self) -> list[Moment]:
        """The reads of secrets that do not exist, and were not asked for until a day before."""
        return self._recent(Kind.MISSING)

    def _recent(self, kind: Kind) -> list[Moment]:
        memory = self.memory
        return [m for m in self._counted if m.kind is kind and any(is_recent(memory, way, m.time) for way in m.ways)]

    @cached_property
    def _words(self) -> list[tuple[int, str]]:
        """The words in the names of the secrets that were read, each with the time of the first of them."""
        words: dict[str, int] = {}
        for key, known in self.memory.names("secret").items():
            for word in key.split(" ")[1:]:
                words[word] = min(words.get(word, known.first), known.first)
        return sorted((first, word) for word, first in words.items())

    def is_akin(self, key: str, time: int) -> bool | None:
        """Whether the actor had to do with a secret when it first read it; None: its name does not say.

        It has to do with what is named like itself, like what it has read for two weeks, or read
        on its first day; one that reads of many systems has to do with all.
        """
        until = min(time - 1, max(time - _KIN_SECONDS, (self.since or 0) + DAY - 1))
        known = self._words[: bisect_left(self._words, (until + 1,))]
        if len(known) >= _GENERALIST:
            return True
        words = key.split(" ")[1:]
        return is_akin(words, [*self._own_words, *(word for _, word in known)]) if words else None

    @cached_property
    def strange(self) -> list[int]:
        """When secrets were first read that the actor had nothing to do with, as far as names can say."""
        known = self.memory.names("secret").items()
        return sorted(times.first for key, times in known if not self.is_akin(key, times.first))

    def earlier(self, kind: str, time: int) -> list[str]:
        """Return the names of a kind that the actor had to do with before a time, the first of all first."""
        names = self._earlier.get(kind)
        if names is None:
            known = self.memory.names(kind)
            names = self._earlier[kind] = sorted((times.first, name) for name, times in known.items())
        return [name for _, name in names[: bisect_left(names, (time,))]]

    @cached_property
    def _uses(self) -> dict[str, dict[str, dict[int, int]]]:
        """Key → place → number of the time in which it was used there → when first within it, epoch seconds."""
        uses: dict[str, dict[str, dict[int, int]]] = {}
        for name, known in sorted(self.memory.names("key").items()):
            key, number, place = name.split(KEY_SEPARATOR)
            uses.setdefault(key, {}).setdefault(place, {})[int(number)] = known.first
        return uses

    def was_used(self, key: str, place: str, since: int, until: int) -> bool:
        """Whether credentials were used at a place between two times (epoch seconds)."""
        return any(since <= first < until for first in self._uses.get(key, {}).get(place, {}).values())

    def used_elsewhere(self, key: str, place: str, numbers: range) -> str | None:
        """Return another place where credentials were used within some times, or None."""
        elsewhere = (
            other
            for other, uses in self._uses.get(key, {}).items()
            if other != place and any(number in uses for number in numbers)
        )
        return min(elsewhere, default=None)

    def used_around(self, key: str, place: str, time: int, number: int, near: int) -> str | None:
        """Return another place where credentials were used both before and after a time, or None."""
        elsewhere = (
            other
            for other, uses in self._uses.get(key, {}).items()
            if other != place
            and any(uses.get(n, time + 1) <= time for n in range(number - near, number + 1))
            and any(uses.get(n, time - 1) >= time for n in range(number, number + near + 1))
        )
        return min(elsewhere, default=None)


class View(NamedTuple):
    """What a signal's function looks at."""

    moment: Moment
    past: Past
    """Everything that is known now, before and after the moment."""
    actor: Actor
    tuning: Tuning
    tuned: SignalTuning
    """Of the signal that looks."""
    new: frozenset[str]
    """The kinds of which the moment is the actor's first with one of its names."""

    def is_new(self, kind: str) -> bool:
        """Whether the moment is the actor's first with one of its names of a kind."""
        return kind in self.new

    def is_known(self, seconds: int = HOUR) -> bool:
        """Whether the actor had read anything so long before: else everything about it is new, said once."""
        return self.past.since is not None and self.moment.time - self.past.since >= seconds

    def before(self, moments: list[Moment], seconds: int | None = None) -> list[Moment]:
        """Return those of some moments that are within the signal's window up to this one."""
        window = self.tuned.window_minutes * 60 if seconds is None else seconds
        time = self.moment.time
        return moments[bisect_left(moments, (time - window,)) : bisect_left(moments, (time + 1,))]

    def usual(self, kind: str) -> str:
        """Return the names of a kind that the actor had before, the first of all first, for people."""
        return listed(self.past.earlier(kind, self.moment.time)[:_USUAL_SHOWN])


Sentence = str | None
"""Why a moment is notable, or None."""
_FUNCTIONS: dict[str, Callable[[View], Sentence]] = {}
_OWN = frozenset({"decoy_touched", "own_role_elsewhere"})
"""All that a role of this system can show: the rest is its work."""


_NEVER_EXPECTED = frozenset({"decoy_touched", "own_role_elsewhere", "root", "elsewhere", "key_in_two_places"})
"""What no expectation covers, however it is tuned: credentials in the wrong hands."""


def _signal(function: Callable[[View], Sentence]) -> Callable[[View], Sentence]:
    """Register the function of the signal that has its name in the catalogue."""
    _FUNCTIONS[function.__name__] = function
    return function


def names() -> frozenset[str]:
    """Return the signals that compare."""
    return frozenset(_FUNCTIONS)


def find(memory: Memory, actor: Actor, tuning: Tuning) -> list[Finding]:
    """Return everything that is notable about an actor's moments, in order of time."""
    automation = tuning.automation_pattern(actor.principal.key) is not None
    own = actor.principal.key in tuning.own_principals
    past = Past(memory, actor, tuning.expectations)
    found = []
    for moment in memory.moments:
        shown = []
        for name, sentence in _sentences(moment, past, actor, tuning):
            tuned = tuning.signals[name]
            lowered = automation and SIGNALS[name].usual_for_automation
            severity = Severity.INFO if lowered else _severity(tuned, moment, name, sentence, memory)
            if moment.time < tuning.learning_until and SIGNALS[name].only_new:
                severity = min(severity, Severity.LOW, key=lambda each: each.rank)
            counts = tuned.threshold and moment.kind is not Kind.READ
            since = moment.time - tuned.window_minutes * 60 if counts else moment.time
            if not own or name in _OWN:
                shown.append(
                    Finding(moment.time, moment.event_id, name, severity, tuned.technique, sentence, moment, since)
                )
        found += _spared(shown, past.expectation(moment)) if shown else shown
    return found


def _spared(shown: list[Finding], expectation: Expectation | None) -> list[Finding]:
    """Return what is notable about a moment, at severity info where it was expected and nothing of it is critical."""
    if expectation is None or any(f.severity is Severity.CRITICAL or f.signal in _NEVER_EXPECTED for f in shown):
        return shown
    return [
        finding._replace(severity=Severity.INFO, spared=Spared(expectation.id, finding.severity))
        if finding.severity is not Severity.INFO
        else finding
        for finding in shown
    ]


def _severity(tuned: SignalTuning, moment: Moment, signal: str, sentence: str, memory: Memory) -> Severity:
    """Return how bad a finding is: less of what its actor did on earlier days, too."""
    if tuned.usual_severity is None or not memory.is_usual(way_of_mark(signal, sentence), moment.time):
        return tuned.severity
    return tuned.usual_severity


def _sentences(moment: Moment, past: Past, actor: Actor, tuning: Tuning) -> Iterator[tuple[str, str]]:
    yield from ((name, sentence) for name, sentence in moment.marks if tuning.signals[name].enabled)
    new = past.new(moment)
    if moment.kind is Kind.READ and not new:
        return
    for name, function in _BY_KIND.get(moment.kind, ()):
        tuned = tuning.signals[name]
        if tuned.enabled:
            sentence = function(View(moment, past, actor, tuning, tuned, new))
            if sentence is not None:
                yield name, sentence


# --- where from, by what ---------------------------------------------------------------


@_signal
def cross_account(view: View) -> Sentence:
    """A principal of another account reads a secret for the first time."""
    if not view.is_new("foreign"):
        return None
    return f"The principal belongs to account {view.actor.principal.account}, the secret to another."


@_signal
def untrusted_network(view: View) -> Sentence:
    """A value returned to a network that is not trusted, and new for this actor."""
    if view.moment.trust != Trust.UNTRUSTED or not view.is_new("place"):
        return None
    return f"The read came from {view.moment.network}, outside every trusted network{_instead_of(view, 'place')}."


@_signal
def elsewhere(view: View) -> Sentence:
    """A workload, or a long-lived access key, reads from a place where it never was; one that moves does not."""
    moment, memory = view.moment, view.past.memory
    lasting = view.actor.principal.type == "IAMUser"
    if (view.actor.is_person and not lasting) or moment.trust in (Trust.TRUSTED, Trust.UNTRUSTED):
        return None
    place = memory.known(Way("place", moment.place))
    if place is None or not view.is_known(DAY) or not _is_somewhere(moment):
        return None
    since = max(place.first - _KIN_SECONDS, (view.past.since or 0) + DAY)
    moves = sum(since <= known.first < place.first for known in memory.names("place").values()) >= _MOVES
    # That it moves explains a new place, not a new secret there as well.
    notable = moment.time - place.first < HOUR and view.is_new("secret") if moves else view.is_new("place")
    what = "An access key" if lasting else "A workload's credentials"
    return f"{what} read from {moment.network}, where they never did{_instead_of(view, 'place')}." if notable else None


@_signal
def unknown_network(view: View) -> Sentence:
    """A value returned to an address that cannot be judged, new for this actor."""
    if view.moment.trust != Trust.UNKNOWN or not view.is_new("place"):
        return None
    return f"The source {view.moment.network} cannot be judged{_instead_of(view, 'place')}."


@_signal
def first_network(view: View) -> Sentence:
    """A known actor reads from a place that it did not use within the history."""
    if not view.is_known() or not view.is_new("place"):
        return None
    return f"First read from {view.moment.network}{_instead_of(view, 'place')}."


@_signal
def new_region(view: View) -> Sentence:
    """A known actor reads in a region where it did not read within the history."""
    if not view.is_known() or not view.is_new("region"):
        return None
    return f"First read in {view.moment.region}{_instead_of(view, 'region')}."


@_signal
def new_tool(view: View) -> Sentence:
    """A known actor reads by a tool that it did not use within the history."""
    if not view.is_known() or not view.is_new("tool"):
        return None
    return f"First read by {view.moment.tool}{_instead_of(view, 'tool')}."


@_signal
def used_by_hand(view: View) -> Sentence:
    """A workload's credentials used at a prompt, where they never were."""
    tool = view.moment.tool
    if view.actor.is_person or not is_by_hand(tool) or not view.is_known() or not view.is_new("tool"):
        return None
    earlier = view.past.earlier("tool", view.moment.time)
    return None if any(map(is_by_hand, earlier)) else f"A workload's credentials were used by hand, with {tool}."


@_signal
def cloudshell(view: View) -> Sentence:
    """An actor reads from AWS CloudShell for the first time."""
    return "It was read from AWS CloudShell." if view.moment.tool == CLOUDSHELL and view.is_new("tool") else None


@_signal
def console_read(view: View) -> Sentence:
    """A person views the value of a secret in the console for the first time."""
    return "A person viewed the value in the AWS console." if view.is_new("console") else None


@_signal
def read_through_service(view: View) -> Sentence:
    """A service reads on an actor's behalf for the first time."""
    service = next((way.name for way in view.moment.ways if way.kind == "service"), None)
    return f"{service} read it on the caller's behalf." if service and view.is_new("service") else None


@_signal
def key_in_two_places(view: View) -> Sentence:
    """The same credentials used from two places at once: a person who moves on does not come back within minutes."""
    moment, seconds = view.moment, use_seconds(view.actor)
    number, past = moment.time // seconds, view.past
    since = (moment.time // HOUR - _KEY_HOURS) * HOUR
    if not moment.key or not view.is_new("key") or since < past.memory.forgotten:
        return None
    if past.was_used(moment.key, moment.place, since, number * seconds):
        return None
    if view.actor.is_person:
        elsewhere = past.used_around(moment.key, moment.place, moment.time, number, _NEAR)
        when = "just before and just after"
    else:
        elsewhere, when = (
            past.used_elsewhere(moment.key, moment.place, range(number - 1, number + 2)),
            "within the hour",
        )
    return f"The same credentials ({moment.key}) were in use from {elsewhere} {when}." if elsewhere else None


def _is_somewhere(moment: Moment) -> bool:
    """Whether a place is an address's or an endpoint's, not a text that nobody can read."""
    return moment.place != moment.network or moment.network.startswith("vpce-")


def _instead_of(view: View, kind: str) -> str:
    usual = view.usual(kind)
    return f"; before: {usual}" if usual else ""


# --- what and how much -----------------------------------------------------------------


@_signal
def first_reader(view: View) -> Sentence:
    """An actor reads a secret for the first time within the history."""
    if not view.is_new("secret") or view.moment.expected:
        return None
    return f"First read of {view.moment.name} by this principal in {count(view.tuning.history_days, 'day')}."


@_signal
def many_secrets(view: View) -> Sentence:
    """Many secrets that are new for this actor within minutes; Terraform's refresh of known places is not one."""
    if not view.is_new("secret") or view.moment.expected or _is_refresh(view, view.moment):
        return None
    new = {m.secret for m in view.before(view.past.first_reads) if not m.expected and not _is_refresh(view, m)}
    # Everything is new to a newcomer; of an actor that is known half as many are as telling.
    threshold = (view.tuned.threshold + 1) // 2 if view.is_known(DAY) else view.tuned.threshold
    if len(new) < threshold:
        return None
    return f"{_number(new)} secrets that are new to this principal were read within {_window(view)}."


@_signal
def unexpected_reader(view: View) -> Sentence:
    """Somebody who is not declared as a reader of a secret reads it, for the first time within the history."""
    if not view.is_new("unexpected"):
        return None
    return f"{view.moment.name} was read by a principal that expected_readers does not name for it."


@_signal
def unrelated_secret(view: View) -> Sentence:
    """A workload reads a secret that has nothing to do with its name, nor with what it reads."""
    moment = view.moment
    if view.actor.is_person or moment.expected or not view.is_known(DAY) or not view.is_new("secret"):
        return None
    if _is_refresh(view, moment) or view.past.is_akin(moment.secret, moment.time) is not False:
        return None
    return f"{moment.name} has nothing to do with what this workload reads, as far as names can say."


@_signal
def slow_collection(view: View) -> Sentence:
    """A known actor reads one secret after the other that it has nothing to do with, over days."""
    if not view.is_known(DAY) or not view.is_new("secret") or view.moment.expected:
        return None
    time, threshold, strange = view.moment.time, view.tuned.threshold, view.past.strange
    after = max(time - view.tuned.window_minutes * 60, (view.past.since or 0) + DAY)
    firsts = strange[bisect_left(strange, after) : bisect_left(strange, time + 1)]
    if _stage(firsts, threshold) <= _stage(firsts[: bisect_left(firsts, time)], threshold):
        return None
    days = len({first // DAY for first in firsts})
    return f"{len(firsts)} secrets that this principal has nothing to do with were first read on {days} days."


def _stage(firsts: list[int], threshold: int) -> int:
    """Return how often what was collected has doubled since it was enough, and on days enough; 0: it is not."""
    enough = len(firsts) >= threshold and len({first // DAY for first in firsts}) >= _COLLECTED_DAYS
    return (len(firsts) // threshold).bit_length() if enough else 0


@_signal
def batch(view: View) -> Sentence:
    """An actor calls BatchGetSecretValue for the first time."""
    is_first = view.is_new("batch") and not view.past.earlier("batch", view.moment.time)
    return "The first BatchGetSecretValue of this principal." if is_first else None


@_signal
def batch_catch_all(view: View) -> Sentence:
    """An actor calls BatchGetSecretValue with filters that leave nothing out, for the first time."""
    if Way("batch", "everything") not in view.moment.ways or not view.is_new("batch"):
        return None
    return "The filters of the BatchGetSecretValue call match every secret."


@_signal
def denied_burst(view: View) -> Sentence:
    """Several reads denied within minutes, of secrets that were not denied for days before."""
    denied = {moment.event_id: moment.name for moment in view.before(view.past.denied)}
    if len(denied) < view.tuned.threshold:
        return None
    return f"{_number(denied)} reads were denied within {_window(view)}: {_named(denied.values())}."


@_signal
def guessed_names(view: View) -> Sentence:
    """Reads of many secrets that do not exist."""
    guessed = {moment.secret: moment.name for moment in view.before(view.past.missing)}
    if len(guessed) < view.tuned.threshold:
        return None
    names = _named(guessed.values())
    return f"{_number(guessed)} secrets that do not exist were asked for within {_window(view)}: {names}."


@_signal
def enumerate_then_read(view: View) -> Sentence:
    """Secrets listed, then one read that is new to the actor, by the same tool and credentials, within minutes.

    The console lists before anybody can read anything: there it says nothing.
    """
    moment = view.moment
    if not view.is_new("secret") or moment.tool == BROWSER:
        return None
    window = view.tuned.window_minutes * 60 + LISTING_BUCKET
    listings = view.before(view.past.listings, seconds=window)
    alike = any((m.tool, m.key) == (moment.tool, moment.key) for m in listings)
    return "The same credentials had listed the secrets just before." if alike else None


@_signal
def many_described(view: View) -> Sentence:
    """The descriptions, policies or versions of many secrets looked at for the first time, within minutes."""
    looked = {m.secret: m.name for m in view.before(view.past.first_looks)}
    refreshes = view.moment.tool == TERRAFORM and _is_at_home(view, view.moment)
    if refreshes or len(looked) < view.tuned.threshold:
        return None
    return f"{_number(looked)} secrets were looked at within {_window(view)}: {_named(looked.values())}."


@_signal
def many_regions(view: View) -> Sentence:
    """Secrets listed, looked at or read in many regions that are new to the actor, within minutes."""
    regions = {m.region for m in view.before(view.past.first_in_region)}
    if len(regions) < view.tuned.threshold:
        return None
    what = {Kind.READ: "read", Kind.LISTED: "listed"}.get(view.moment.kind, "looked at")
    named = f" ({view.moment.name})" if view.moment.name else ""
    return (
        f"Secrets{named} were {what} in {_number(regions)} regions within {_window(view)}: {_named(sorted(regions))}."
    )


@_signal
def first_writer(view: View) -> Sentence:
    """An actor puts a value into a secret for the first time within the history."""
    return f"First value put into {view.moment.name} by this principal." if view.is_new("written") else None


def _is_refresh(view: View, moment: Moment) -> bool:
    """Whether it is Terraform that refreshes its state: by the agent, the version and the place together."""
    return moment.tool == TERRAFORM and moment.version and _is_at_home(view, moment)


def _is_at_home(view: View, moment: Moment) -> bool:
    """Whether a moment is from a trusted place, or from one that the actor has read from for a day."""
    known = view.past.memory.known(Way("place", moment.place))
    return moment.trust == Trust.TRUSTED or (known is not None and moment.time - known.first >= DAY)


def _named(names: object) -> str:
    found = [name for name in dict.fromkeys(names) if name]  # type: ignore[call-overload]
    return listed(found) if found else "no secret named"


def _number(found: object) -> str:
    number = len(found)  # type: ignore[arg-type]
    return f"at least {number}" if number >= MOMENTS_KEPT else f"{number}"


def _window(view: View) -> str:
    return count(view.tuned.window_minutes, "minute")


_OTHERS: dict[str, frozenset[Kind]] = {
    "batch": frozenset({Kind.BATCH}),
    "batch_catch_all": frozenset({Kind.BATCH}),
    "denied_burst": frozenset({Kind.DENIED}),
    "guessed_names": frozenset({Kind.MISSING}),
    "many_described": frozenset({Kind.DESCRIBED}),
    "many_regions": frozenset({Kind.READ, Kind.LISTED, Kind.DESCRIBED}),
    "first_writer": frozenset({Kind.CHANGED}),
}
"""Signal → the kinds of moments that it looks at, of those that do not look at reads alone."""
_BY_KIND: dict[Kind, tuple[tuple[str, Callable[[View], Sentence]], ...]] = {
    kind: tuple(
        (name, _FUNCTIONS[name])
        for name in SIGNALS
        if name in _FUNCTIONS and kind in _OTHERS.get(name, frozenset({Kind.READ}))
    )
    for kind in Kind
}
"""Kind of moment → the signals that look at it, in the order of the catalogue; at a read only if it is new somehow."""
