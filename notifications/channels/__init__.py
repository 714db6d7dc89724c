"""How a message leaves: one small class a channel, chosen by the settings. See docs/adr/0019-what-a-carrier-promises.md."""

from __future__ import annotations

from django.conf import settings

from notifications.channels.email import EmailCarrier
from notifications.channels.gateway import GatewayCarrier
from notifications.channels.in_app import InAppCarrier
from notifications.domain.kinds import ChannelName
from notifications.domain.transport import Carrier
from notifications.selectors.messages import stays_in_installation

__all__ = ["carrier_for"]


def carrier_for(channel: ChannelName) -> Carrier:
    """Who carries messages of this channel here; without settings they stay in the Messages page."""
    if channel is ChannelName.EMAIL:
        return InAppCarrier() if stays_in_installation() else EmailCarrier()
    match settings.SMS_PROVIDER:
        case "twilio":
            from notifications.channels.twilio import TwilioCarrier  # a large library, for those who use it

            return TwilioCarrier()
        case "gateway":
            return GatewayCarrier()
    return InAppCarrier()
