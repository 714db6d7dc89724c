"""One dispatcher, in a process of its own, until nothing is due at the moment named; told to go when it is warm.

Started by bench.dispatch.
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    import django

    django.setup()
    from django.utils.dateparse import parse_datetime

    from clinic.scope import EVERY, Ambient
    from notifications.domain.kinds import ChannelName
    from notifications.services.delivery import Dispatcher

    Ambient.scope = EVERY
    now = parse_datetime(sys.argv[1])
    assert now is not None
    dispatcher = Dispatcher()
    dispatcher.deliver(ChannelName.SMS, clock=lambda: now, size=int(sys.argv[2]))
    print("ready", flush=True)
    sys.stdin.readline()
    sent, used = 0, time.process_time()
    while count := dispatcher.deliver(ChannelName.SMS, clock=lambda: now):
        sent += count
    print(json.dumps({"sent": sent, "cpu_seconds": time.process_time() - used}), flush=True)


if __name__ == "__main__":
    main()
