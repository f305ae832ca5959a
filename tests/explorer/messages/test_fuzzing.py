"""Random messages raise no error, reveal nothing, and change nothing for a person without a name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.helpers.fuzzing_messages import fuzz_messages
from tests.helpers.visitors import on_a_loop


@pytest.mark.parametrize("nameless", [True, False], ids=["nobody", "somebody"])
def test_a_thousand_messages_do_no_harm(
    collection_path: Path, tmp_path: Path, nameless: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    assert on_a_loop(lambda: fuzz_messages(path, 1_000, seed=7, nameless=nameless)) == {}
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
