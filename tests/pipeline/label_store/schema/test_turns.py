"""Writers of one file take turns; one that is stopped while it waits lets the others go on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from pipeline.label_store.schema import database as module
from pipeline.label_store.schema.database import Database
from tests.helpers.waiting import DEADLINE


@pytest.mark.parametrize("error", [KeyboardInterrupt, ImportError])
def test_a_writer_that_is_stopped_while_it_waits_keeps_nobody_waiting(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: object) -> None:
        raise error  # as Ctrl-C does in the middle of the wait

    database = Database(URL.create("sqlite", database=str(tmp_path / "labels.sqlite")))
    with monkeypatch.context() as patch:
        patch.setattr(module, "lock", stop)
        with pytest.raises(error), database.writing():
            pass

    def work() -> None:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE t (x)"))
        database.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    assert not thread.is_alive()
