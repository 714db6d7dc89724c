"""A worker's share of a run, in a process of its own whose memory can be asked for. Started by bench.sweep."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime


def main() -> None:
    share, shares = int(sys.argv[1]), int(sys.argv[2])
    import django

    django.setup()
    from django.db import connection

    from scheduling.selectors.sweeps import queued_chunks
    from scheduling.services.sweeps import run_chunk

    chunk_ids = queued_chunks()[share::shares]
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()  # both shares begin together
    began, used = time.perf_counter(), time.process_time()
    for chunk_id in chunk_ids:
        run_chunk(chunk_id=chunk_id, now=datetime.now(UTC))
    unit = 1 if sys.platform == "darwin" else 1024
    figures = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - used,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
