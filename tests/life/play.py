"""Everything that happens in a clinic, each as one call with a number to choose by; refusals are part of life."""

from __future__ import annotations

from tests.life.clock import NothingThere
from tests.life.house import HouseLife
from tests.life.patients import Patients
from tests.life.work import Work

__all__ = ["Life", "NothingThere"]


class Life(Patients, Work, HouseLife):
    """A clinic and all that can happen in it."""
