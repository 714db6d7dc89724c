"""How hard the property tests look: `HYPOTHESIS_PROFILE=thorough` for a long search, `ci` by default."""

import os

from hypothesis import HealthCheck, settings

# Records are large and the simulator is slow on purpose; neither is a fault of the test.
_SLOW_ON_PURPOSE = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile("ci", max_examples=30, deadline=None, suppress_health_check=_SLOW_ON_PURPOSE)
settings.register_profile(
    "thorough", max_examples=5000, deadline=None, suppress_health_check=_SLOW_ON_PURPOSE
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
