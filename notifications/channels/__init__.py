"""How a message leaves: one small class a channel, chosen by the settings. See docs/adr/0019-what-a-carrier-promises.md."""

from __future__ import annotations

from notifications.channels.email import EmailCarrier
from notifications.channels.in_app import InAppCarrier
from notifications.domain.kinds import ChannelName
from notifications.domain.transport import Carrier
from notifications.selectors.messages import stays_in_installation

__all__ = ["carrier_for"]


def carrier_for(channel: ChannelName) -> Carrier:
    """Who carries messages of this channel here; without settings they stay in the Messages page."""
    if channel is ChannelName.EMAIL and not stays_in_installation():
        return EmailCarrier()
    return InAppCarrier()
