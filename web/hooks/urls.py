"""Addresses for providers, below /hooks/. See docs/how-to/send-messages.md."""

from django.urls import path

from web.hooks import gateway, mail, twilio

app_name = "hooks"
urlpatterns = [
    path("twilio/status", twilio.status, name="twilio_status"),
    path("twilio/inbound", twilio.inbound, name="twilio_inbound"),
    path("gateway/status", gateway.status, name="gateway_status"),
    path("gateway/inbound", gateway.inbound, name="gateway_inbound"),
    path("email/<slug:esp>", mail.report, name="email"),
]
