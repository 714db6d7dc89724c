"""The same rows at several sizes, each country in a database and a process of its own, and how each row grows."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.table import Row

SIZES = (10_000, 30_000, 100_000)
CONSTANT, LINEAR = 0.2, 0.8
"""Exponents: cost that grows with less than the one is constant, with more than the other linear."""


def write_json(path: Path, implants: int, rows: Sequence[Row]) -> None:
    content = {"implants": implants, "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(content, indent=1) + "\n")


def run(*, sizes: Sequence[int], parts: Sequence[str], json_file: Path | None) -> None:
    """Measure at each size and print what of each, and the exponent of the line through them."""
    found: dict[int, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.json"
            only = [word for part in parts for word in ("--only", part)]
            command = [sys.executable, "-m", "bench", "--scale", str(size), "--json", str(path), *only]
            subprocess.run(command, check=True)
            found[size] = json.loads(path.read_text())["rows"]
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=1) + "\n")
    _print(found)


def _print(found: dict[int, list[dict[str, Any]]]) -> None:
    from bench.screen import table

    rows = []
    for each in zip(*found.values(), strict=True):
        power = exponent(
            [
                (row["size"] if row["grows_with_size"] else size, row["ours"])
                for size, row in zip(found, each, strict=True)
            ]
        )
        power = -power if each[0]["is_rate"] else power
        figures = [f"{row['ours']:.4g}" for row in each]
        rows.append(
            [named([row["what"] for row in each]), *figures, f"{power:.2f}", verdict(power), _memory(each)]
        )
    sizes = [f"{size:,}" for size in found]
    table("Growth", ["seconds (or a second), by implants", *sizes, "exponent", "grows", "peak memory"], rows)


def named(whats: Sequence[str]) -> str:
    """The row of several sizes: a word that is another at each, as the pumps of a clinic, is said for each."""
    words = list(zip(*(what.split(" ") for what in whats), strict=False))
    return " ".join(each[0] if len(set(each)) == 1 else "/".join(each) for each in words)


def _memory(each: Sequence[dict[str, Any]]) -> str:
    """Of the smallest country and of the largest."""
    first, last = each[0]["peak_bytes"], each[-1]["peak_bytes"]
    return f"{first / 1e6:.0f} → {last / 1e6:.0f} MB" if first and last else ""


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The p of cost = c × size^p that fits best (least squares on both logarithms)."""
    pairs = [(math.log(size), math.log(cost)) for size, cost in points]
    middle_x = sum(x for x, _ in pairs) / len(pairs)
    middle_y = sum(y for _, y in pairs) / len(pairs)
    spread = sum((x - middle_x) ** 2 for x, _ in pairs)
    return sum((x - middle_x) * (y - middle_y) for x, y in pairs) / spread


def verdict(power: float) -> str:
    if power < CONSTANT:
        return "constant"
    if power < LINEAR:
        return "slower than linear"
    return "linear" if power < 2 - LINEAR else "faster than linear"
