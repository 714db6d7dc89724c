"""Addresses of calendars."""

from django.urls import URLPattern, path

from web.feeds import feed, robots

urlpatterns: list[URLPattern] = [
    path("calendars/<str:token>.ics", feed.feed, name="calendar_feed"),
    path("robots.txt", robots.robots, name="robots"),
]
