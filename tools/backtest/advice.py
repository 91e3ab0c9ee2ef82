"""Which actors are noisy, and which setting would make them quiet: each is tried on what was found before.

What can be proposed at all stands in ``detect/advice.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from secretwatch.detect import advice
from secretwatch.detect.advice import ENDPOINTS_SHOWN, MANY_PEOPLE, Noise, Proposal
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import DAY
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import News, Story
from secretwatch.record.agent import is_by_hand
from secretwatch.runtime.text import count, one_line
from tools.backtest.replay import messages_of
from tools.backtest.settings import BacktestSettings

NOISY = 5
"""Messages of one actor from which on it is listed: in a month that has five a day, what one actor adds is felt."""
_SHOWN = 3
_ACTORS_KEPT = 20_000


class Advice:
    """Collects what was sent, gives lines for the summary."""

    def __init__(self, settings: BacktestSettings) -> None:
        self._settings = settings
        self._least = max(advice.COUNTED.rank, min(route.minimum.rank for route in settings.channels))
        self._noise: dict[str, Noise] = {}
        self._days: dict[str, set[int]] = {}
        self._endpoints: Counter[str] = Counter()

    def add(self, story: Story, messages: Sequence[News]) -> None:
        """Take in a story that people heard of, and what was sent of it."""
        actor, reaching = story.actor, self._reaching(messages)
        if not reaching:
            return
        self._add_endpoints(story, len(reaching))
        if actor.key not in self._noise and len(self._noise) >= _ACTORS_KEPT:
            return
        noise = self._noise.setdefault(actor.key, Noise(actor))
        days = self._days.setdefault(actor.key, set())
        days.add(story.span[0] // DAY)
        noise.days = len(days)
        noise.messages += len(reaching)
        noise.severe += sum(any(map(_is_severe, news.fresh)) for news in reaching)
        noise.signals.update({finding.signal for news in reaching for finding in news.fresh})
        noise.as_automation += self._left(story, (_for_automation(finding) for finding in story.findings))
        for finding in story.findings:
            if is_by_hand(finding.moment.tool) and len(noise.by_hand) < MANY_PEOPLE:
                noise.by_hand.add(finding.moment.key)

    def _add_endpoints(self, story: Story, messages: int) -> None:
        """Count the messages that would not be there if a VPC endpoint were known for one of the user's own.

        Where no network is trusted, an endpoint that is would make every other place a stranger's.
        """
        if not self._settings.trust.networks:
            return
        for endpoint in {finding.moment.network for finding in story.findings if _is_endpoint(finding)}:
            others = (f for f in story.findings if not (_is_endpoint(f) and f.moment.network == endpoint))
            if endpoint in self._endpoints or len(self._endpoints) < _ACTORS_KEPT:
                self._endpoints[endpoint] += messages - self._left(story, others)

    def _reaching(self, messages: Iterable[News]) -> list[News]:
        return [news for news in messages if news.severity.rank >= self._least]

    def _left(self, story: Story, findings: Iterable[Finding]) -> int:
        """Return how many messages a story would have with other findings."""
        kept = tuple(findings)
        return len(self._reaching(messages_of(replace(story, findings=kept)).values())) if kept else 0

    def noisy(self) -> list[Noise]:
        """Return the actors with most messages, the noisiest first."""
        noisy = [noise for noise in self._noise.values() if noise.messages >= NOISY]
        return sorted(noisy, key=lambda noise: (-noise.messages, noise.actor.key))

    def proposals(self) -> Iterator[Proposal]:
        """Yield what to set about noisy actors, and about VPC endpoints."""
        for noise in self.noisy():
            yield from advice.for_actor(noise, self._settings.tuning)
        yield from self._for_endpoints()

    def _for_endpoints(self) -> Iterator[Proposal]:
        seen = [(endpoint, number) for endpoint, number in self._endpoints.most_common(ENDPOINTS_SHOWN) if number]
        if seen:
            yield advice.for_endpoints([endpoint for endpoint, _ in seen], sum(number for _, number in seen))

    def lines(self) -> Iterator[str]:
        """Yield the noisiest actors, and those that something can be done about, with what would help."""
        noisy = self.noisy()
        helped = [noise for noise in noisy[_SHOWN:] if any(advice.for_actor(noise, self._settings.tuning))]
        for noise in noisy[:_SHOWN] + helped[:_SHOWN]:
            signals = ", ".join(signal for signal, _ in noise.signals.most_common(_SHOWN))
            yield f"noisy: {one_line(noise.actor.key, 120)}, {count(noise.messages, 'message')} ({signals})"
            helpful = [f"  {proposal}" for proposal in advice.for_actor(noise, self._settings.tuning)]
            yield from helpful or ["  no setting is proposed"]
            if noise.severe:
                yield f"  {noise.severe:,} of them no setting should lower: ask its owner whether it was them"
        yield from map(str, self._for_endpoints())


def _for_automation(finding: Finding) -> Finding:
    usual = advice.is_usual_for_automation([finding.signal])
    return finding._replace(severity=Severity.INFO) if usual else finding


def _is_severe(finding: Finding) -> bool:
    return advice.is_severe(finding.severity, [finding.signal])


def _is_endpoint(finding: Finding) -> bool:
    """Whether a finding is only that nobody said whose VPC endpoint it was."""
    return finding.signal in ("unknown_network", "elsewhere") and advice.is_endpoint(finding.moment.network)
