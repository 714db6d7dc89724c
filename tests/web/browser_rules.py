"""What every answer to somebody who is signed in must hold to, whatever page it is."""

from __future__ import annotations

import re
from typing import Any

_INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=[\"']|javascript:", re.IGNORECASE)


def assert_browser_rules(response: Any, name: str) -> None:
    """No script or style of its own, a content policy without a hole, and nothing for a browser to keep."""
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy, name
    assert "default-src 'none'" in policy, name
    if response.status_code == 200:
        assert "no-store" in response["Cache-Control"], name
        if response["Content-Type"].startswith("text/html"):
            found = _INLINE.search(response.content.decode())
            assert found is None, f"{name}: {found}"
