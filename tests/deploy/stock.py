"""`python -m tests.deploy.stock`: a clinic with a pump, messages that are due and a calendar link, into a new installation.

Prints what a browser needs to know, as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime


def main() -> None:
    import django

    django.setup()
    from clinic.scope import across_clinics
    from tests import feeds
    from tests.factories import PASSWORD, found_house, make_running_pump
    from tests.message_rows import make_due_messages, zone_where_it_is_day
    from tests.second_factors import give_app

    with across_clinics("it makes a clinic"):
        house = found_house("Riverside Pump Clinic", zone_where_it_is_day(), datetime.now(UTC))
        implant = make_running_pump(house)
        make_due_messages(house.clinic, number=2, actor_id=house.nurse.id, now=datetime.now(UTC))
        _, token = feeds.link(house)
        told = {
            "slug": house.clinic.slug,
            "today": house.today.isoformat(),
            "nurse": house.nurse.email,
            "password": PASSWORD,
            "app": give_app(house.nurse),
            "implant": str(implant.ref),
            "patient": str(implant.patient.ref),
            "token": token,
        }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
