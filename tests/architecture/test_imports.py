"""Imports run one way; the contracts and their reasons are in `.importlinter`."""

import pytest
from importlinter.cli import lint_imports

from tests.servers import SOURCE


def test_every_import_contract_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SOURCE)
    status = lint_imports(config_filename=str(SOURCE / ".importlinter"), no_cache=True)
    assert status == 0, capsys.readouterr().out
