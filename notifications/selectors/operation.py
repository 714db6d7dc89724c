"""What those who run the system ask. Figures only, no persons."""

from django.db.models import Count

from notifications.models import Message


def messages_by_state() -> dict[str, int]:
    """How many messages stand in each state, over all clinics."""
    return dict(Message.objects.values_list("state").annotate(Count("pk")).order_by("state"))
