"""Which actors are noisy, and which setting would make them quiet: each is tried on what was found before.

What can be proposed at all stands in ``detect/advice.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from secretwatch.detect import advice
from secretwatch.detect.advice import MANY_PEOPLE, Noise
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import News, Story
from secretwatch.record.agent import is_by_hand
from secretwatch.runtime.text import count, one_line
from tools.backtest.replay import Closed, messages_of
from tools.backtest.settings import BacktestSettings

_NOISY = 20
"""Messages of one actor from which on it is listed."""
_SHOWN = 3
_ACTORS_KEPT = 20_000


class Advice:
    """Collects what was sent, gives lines for the summary."""

    def __init__(self, settings: BacktestSettings) -> None:
        self._settings = settings
        self._least = min(route.minimum.rank for route in settings.channels)
        self._noise: dict[str, Noise] = {}
        self._endpoints: Counter[str] = Counter()

    def add(self, closed: Closed) -> None:
        """Take in a story that people heard of."""
        story, actor = closed.story, closed.story.actor
        self._add_endpoints(closed)
        if actor.key not in self._noise and len(self._noise) >= _ACTORS_KEPT:
            return
        noise = self._noise.setdefault(actor.key, Noise(actor))
        reaching = self._reaching(closed.messages)
        noise.messages += len(reaching)
        noise.severe += sum(any(map(_is_severe, news.fresh)) for news in reaching)
        noise.signals.update({finding.signal for news in reaching for finding in news.fresh})
        noise.as_automation += self._left(story, (_for_automation(finding) for finding in story.findings))
        for finding in story.findings:
            if is_by_hand(finding.moment.tool) and len(noise.by_hand) < MANY_PEOPLE:
                noise.by_hand.add(finding.moment.key)

    def _add_endpoints(self, closed: Closed) -> None:
        """Count the messages that would not be there if a VPC endpoint were known for one of the user's own."""
        story, number = closed.story, len(self._reaching(closed.messages))
        for endpoint in {finding.moment.network for finding in story.findings if _is_endpoint(finding)}:
            others = (f for f in story.findings if not (_is_endpoint(f) and f.moment.network == endpoint))
            if endpoint in self._endpoints or len(self._endpoints) < _ACTORS_KEPT:
                self._endpoints[endpoint] += number - self._left(story, others)

    def _reaching(self, messages: Iterable[News]) -> list[News]:
        return [news for news in messages if news.severity.rank >= self._least]

    def _left(self, story: Story, findings: Iterable[Finding]) -> int:
        """Return how many messages a story would have with other findings."""
        kept = tuple(findings)
        return len(self._reaching(messages_of(replace(story, findings=kept)).values())) if kept else 0

    def lines(self) -> Iterator[str]:
        """Yield the noisiest actors with what would help."""
        noisy = [noise for noise in self._noise.values() if noise.messages >= _NOISY]
        for noise in sorted(noisy, key=lambda noise: (-noise.messages, noise.actor.key))[:_SHOWN]:
            signals = ", ".join(signal for signal, _ in noise.signals.most_common(_SHOWN))
            yield f"noisy: {one_line(noise.actor.key, 120)}, {count(noise.messages, 'message')} ({signals})"
            helpful = [f"  {line}" for line in advice.for_actor(noise, self._settings.tuning)]
            yield from helpful or ["  no setting is proposed"]
            if noise.severe:
                yield f"  {noise.severe:,} of them no setting should lower: ask its owner whether it was them"

        for endpoint, number in self._endpoints.most_common(_SHOWN):
            if number > 0:
                yield advice.for_endpoint(endpoint, number)


def _for_automation(finding: Finding) -> Finding:
    usual = advice.is_usual_for_automation([finding.signal])
    return finding._replace(severity=Severity.INFO) if usual else finding


def _is_severe(finding: Finding) -> bool:
    return advice.is_severe(finding.severity, [finding.signal])


def _is_endpoint(finding: Finding) -> bool:
    """Whether a finding is only that nobody said whose VPC endpoint it was."""
    return finding.signal in ("unknown_network", "elsewhere") and advice.is_endpoint(finding.moment.network)
