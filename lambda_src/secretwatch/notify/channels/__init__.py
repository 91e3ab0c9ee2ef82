"""Where notices go: the registry of channels.

A channel is a pure function from a ``Notice`` to the JSON body of a webhook, and what
the webhook answers when it took it. A new one is one file and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from secretwatch.notify.channels import generic, slack, teams
from secretwatch.notify.channels.webhook import Channel

CHANNELS: Mapping[str, Channel] = {
    "slack": Channel(slack.render, accepts=slack.accepts),
    "teams": Channel(teams.render, accepts=teams.accepts),
    "webhook": Channel(generic.render, accepts=generic.accepts, sign=generic.sign),
}
