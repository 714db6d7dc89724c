"""What the regions with public holidays of their own are called, from the ``holidays`` package."""

from __future__ import annotations

from functools import cache

import holidays

from clinic.domain.public_holidays import regions_by_country


@cache
def region_names(country: str) -> dict[str, str]:
    """The known regions of a country with their names by code; of an unknown country none.

    A region is called what its own people call it; where the package has no name, its code stands for it.
    """
    codes = regions_by_country().get(country, ())
    if not codes:
        return {}
    aliases = holidays.country_holidays(country).get_subdivision_aliases()
    return {code: next(iter(aliases.get(code, [])), code) for code in codes}
