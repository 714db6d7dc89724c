"""The browser tests on the processes of the compose file: `pytest -p tests.deploy.stack tests/e2e`.

The application runs as the compose file says, web behind the proxy, worker, beat and dispatcher at work, on the
production's settings and roles. The tests make their rows in the installation's own database, and their browser comes in
through the proxy. Other than in production are the site's port in PUBLIC_URL, and that a password alone signs in where a
test is not about second factors; without a proxy (no CADDY) there is no TLS either.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.deploy.installation import WITH_PROXY, Installation

found: Installation | None = None
"""The installation of this run, or None when the tests run on servers of their own."""

_OWN = ("PATH", "TMPDIR", "HOST", "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
"""Of a process: everything else that a container is told holds for the tests too."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start the servers before any setting is read: settings say where they are."""
    global found
    found = Installation(Path(tempfile.mkdtemp(prefix="refillwise-stack-")))
    found.more |= {"MFA_REQUIRED": "false", "PUBLIC_URL": found.address}
    if not WITH_PROXY:
        found.more |= {"HTTPS": "false", "BEHIND_TLS_PROXY": "false"}
    try:
        found.start_servers()
        told = found.environment("migrate")
        os.environ.update({name: value for name, value in told.items() if name not in _OWN})
        os.environ["REQUESTS_CA_BUNDLE"] = str(found.certificate)
        yield
    except BaseException:
        found.kill()
        raise


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """No database of the run's own: the owner, as production makes it, may create none."""
    from django.conf import settings

    from tests import leaks

    assert found is not None
    leaks.further.append(found.folder)
    config.option.reuse_db = True
    owner = settings.DATABASES["owner"]
    owner["TEST"]["NAME"] = owner["NAME"]


def pytest_report_header() -> str:
    assert found is not None
    return f"the compose file's processes on PostgreSQL {found.version_of_database()}, at {found.address}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop them as Compose would; logs are read for leaks when all have ended."""
    assert found is not None
    ended = found.stop()
    if found.running and any(ended.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nthey did not end as they should: {ended}")  # noqa: T201


def pytest_unconfigure(config: pytest.Config) -> None:
    assert found is not None
    found.kill()
    if not config.option.keep_stack:
        shutil.rmtree(found.folder)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-stack", action="store_true", help="leave the folder of the processes, with their logs"
    )


def trusted() -> list[str]:
    """What tells Chromium whom to trust as if the certificate were bought: passkeys work on no other page."""
    if found is None or not WITH_PROXY:
        return []
    keys = ",".join(_fingerprint(file) for file in sorted(found.certificate.parent.glob("*.crt")))
    return [f"--ignore-certificate-errors-spki-list={keys}"]


def _fingerprint(file: Path) -> str:
    key = x509.load_pem_x509_certificate(file.read_bytes()).public_key()
    coded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(coded).digest()).decode()
