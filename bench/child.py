"""A worker's share of a sweep, in a process of its own whose memory can be asked for. Started by bench.sweep.

Each line on its input names a clinic whose chunks it does; it answers with seconds. In the end it says its peak memory.
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    import django

    django.setup()
    from django.db import connection
    from django.utils.dateparse import parse_datetime

    from bench.memory import peak_bytes
    from clinic.scope import EVERY, Ambient
    from scheduling.models import SweepChunk
    from scheduling.services.sweeps import run_chunk

    Ambient.scope = EVERY
    now = parse_datetime(sys.argv[1])
    assert now is not None
    connection.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        chunks = SweepChunk.objects.filter(run__clinic_id=int(line), state="queued").order_by("id")
        chunk_ids = list(chunks.values_list("pk", flat=True))
        began, used = time.perf_counter(), time.process_time()
        for chunk_id in chunk_ids:
            run_chunk(chunk_id=chunk_id, now=now)
        figures = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used}
        print(json.dumps(figures), flush=True)
    print(json.dumps({"peak_bytes": peak_bytes()}), flush=True)


if __name__ == "__main__":
    main()
