"""How a gateway signs what it reports: docs/reference/gateway.md."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

SIGNATURE_HEADER = "X-Gateway-Signature"
TIMESTAMP_HEADER = "X-Gateway-Timestamp"
GOOD_FOR = timedelta(minutes=5)


def sign(secret: str, *, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in hexadecimal over the time, a dot and the body as it is sent."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(*, secrets: Iterable[str], timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether one of the secrets signed this body not more than five minutes from now."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > GOOD_FOR.total_seconds():
        return False
    given = signature.removeprefix("sha256=").lower().encode(errors="replace")
    found = [
        hmac.compare_digest(sign(secret, timestamp=timestamp, body=body).encode(), given)
        for secret in secrets
        if secret
    ]
    return any(found)
