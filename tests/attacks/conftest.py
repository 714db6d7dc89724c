"""A clinic, somebody signed in, and one of everything that a page can be about: those of the pages' own tests."""

from tests.web.conftest import administrator, house, nurse, signed_in, url
from tests.web.matrix.conftest import about

__all__ = ["about", "administrator", "house", "nurse", "signed_in", "url"]
