"""The settings of the product on servers of the tests' own; a database of its own for every run."""

import os
from pathlib import Path

from tests import broker

os.environ.setdefault("REFILLWISE_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("LOG_LEVEL", "WARNING")
if broker.IS_OFF:
    os.environ["REDIS_URL"] = os.environ["CACHE_URL"] = broker.NOWHERE
    os.environ["SIGN_IN_WITHOUT_CACHE"] = "true"
# The browser's driver keeps an event loop in this thread, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = ["tests", *INSTALLED_APPS]  # its `flush` makes every test start with the same row numbers
# The process number is in the name: runs at the same time do not meet, and who left a database is known.
DATABASES["owner"]["TEST"] = {"DEPENDENCIES": [], "NAME": f"test_refillwise_{os.getpid()}"}
PASSWORD_HASHERS = ["tests.passwords.CheapArgon2"]  # half a second per person otherwise
