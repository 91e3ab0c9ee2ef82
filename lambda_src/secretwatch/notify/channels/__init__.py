"""Where notices go: the registry of channels.

A channel is a pure function from a ``Notice`` to the JSON body of a request, and what its receiver
answers when it took it. A new one is one file, one line here and one in types.json.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from secretwatch.notify.channels import generic, pagerduty, slack, teams
from secretwatch.notify.channels.webhook import Channel, Threading
from secretwatch.runtime.data import read_data

TYPES: Mapping[str, Mapping[str, bool]] = read_data("notify/channels/types.json")
"""What Terraform knows of each type, too."""
OUR_HEADERS: Collection[str] = read_data("notify/channels/our_headers.json")
"""Headers of a request, in small letters, that no user may set: they are ours, or HTTP's own."""
CHANNELS: Mapping[str, Channel] = {
    # Slack: "Rate limits" (one message a second and channel). Microsoft: "Webhooks and connectors" (four a second).
    "slack": Channel(slack.render, accepts=slack.accepts, mention=slack.mention, interval=1.0, gathers=True),
    "slack_bot": Channel(
        slack.render,
        accepts=slack.bot_accepts,
        refusal=slack.bot_refuses,
        address=slack.bot_address,
        mention=slack.mention,
        threading=Threading(slack.reply, slack.root),
        interval=1.0,
        gathers=True,
    ),
    "teams": Channel(teams.render, accepts=teams.accepts, interval=0.25, gathers=True),
    "pagerduty": Channel(
        pagerduty.render,
        accepts=pagerduty.accepts,
        refusal=pagerduty.refuses,
        address=pagerduty.address,
        resolve=pagerduty.resolve,
    ),
    "webhook": Channel(generic.render, accepts=generic.accepts, sign=generic.sign),
}
