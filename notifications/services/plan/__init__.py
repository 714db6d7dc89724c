"""Bringing the stored messages in line with the facts: the difference is written, and nothing else."""

from notifications.services.plan.apply import replan, replan_about, replan_patients

__all__ = ["replan", "replan_about", "replan_patients"]
