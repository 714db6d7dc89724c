"""x"""

from scheduling.domain.case import PumpCase
from scheduling.domain.projection import Projection


def explain(case: PumpCase, projection: Projection) -> tuple[str, ...]:
    """x"""
    return ()
