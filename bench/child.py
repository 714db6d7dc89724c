"""A worker's share of a run, in a process of its own whose memory can be asked for. Started by bench.sweep."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


def main() -> None:
    share, shares = int(sys.argv[1]), int(sys.argv[2])
    import django

    django.setup()
    from django.db import connection

    from clinic.scope import EVERY, Ambient
    from scheduling.selectors.sweeps import queued_chunks
    from scheduling.services.sweeps import run_chunk

    Ambient.scope = EVERY
    chunk_ids = queued_chunks()[share::shares]
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()  # both shares begin together
    began, used = time.perf_counter(), time.process_time()
    for chunk_id in chunk_ids:
        run_chunk(chunk_id=chunk_id, now=datetime.now(UTC))
    figures = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - used,
        "peak_bytes": peak_bytes(),
    }
    print(json.dumps(figures), flush=True)


def peak_bytes() -> int:
    """The most memory this process ever held.

    On Linux ``ru_maxrss`` remembers the parent's peak from before the program was loaded, so the kernel's own
    figure for this program is read; elsewhere there is none.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
