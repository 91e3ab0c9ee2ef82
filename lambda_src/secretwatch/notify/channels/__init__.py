"""Where notices go: the registry of channels.

A channel is a pure function from a ``Notice`` to the JSON body of a webhook, and what
the webhook answers when it took it. A new one is one file and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from secretwatch.notify.channels import generic, slack, teams
from secretwatch.notify.channels.webhook import Channel

CHANNELS: Mapping[str, Channel] = {
    # Slack: "Rate limits" (one message a second and channel). Microsoft: "Webhooks and connectors" (four a second).
    "slack": Channel(slack.render, accepts=slack.accepts, interval=1.0, gathers=True),
    "teams": Channel(teams.render, accepts=teams.accepts, interval=0.25, gathers=True),
    "webhook": Channel(generic.render, accepts=generic.accepts, sign=generic.sign),
}
