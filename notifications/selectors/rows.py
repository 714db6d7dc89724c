"""This package's rows as other packages know them: to read and to name in types; services write them."""

from notifications.models import Message, PatientAnswer, PatientLink
from notifications.models.answers import Answer
from notifications.models.links import LinkPurpose

__all__ = ["Answer", "LinkPurpose", "Message", "PatientAnswer", "PatientLink"]
