"""Bringing the stored messages in line with the facts: the difference is written, and nothing else."""

from notifications.services.plan.apply import replan, replan_about, replan_patients
from notifications.services.plan.preview import Preview, PreviewLine, preview

__all__ = ["Preview", "PreviewLine", "preview", "replan", "replan_about", "replan_patients"]
