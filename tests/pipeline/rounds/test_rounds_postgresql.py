"""A database that goes away while a round runs, and comes back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from pipeline.collection import Collection
from pipeline.collection.score_origins import named_origin
from pipeline.errors import StoreUnavailableError
from pipeline.label_store import Purpose, open_label_store
from pipeline.label_store.schema.engines import postgresql_url
from pipeline.progress import Progress
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round
from tests.pipeline.conftest import BIRD, OWN, drawn_for, open_workspace


class Server:
    """One database of a server, that can be closed to everybody."""

    def __init__(self, url: str) -> None:
        self.name = f"rounds_{uuid.uuid4().hex}"
        self._engine = create_engine(postgresql_url(url), isolation_level="AUTOCOMMIT")
        self._run(f'CREATE DATABASE "{self.name}"')
        self.url: URL = postgresql_url(url).set(database=self.name)

    def stop(self) -> None:
        """Refuse new connections, and end all connections."""
        self._run(f'ALTER DATABASE "{self.name}" WITH ALLOW_CONNECTIONS false')
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name", name=self.name)

    def start(self) -> None:
        self._run(f'ALTER DATABASE "{self.name}" WITH ALLOW_CONNECTIONS true')

    def close(self) -> None:
        self.start()
        self._run(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self._engine.dispose()

    def _run(self, command: str, **values: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(command), values)


@pytest.fixture
def server(postgresql: str) -> Iterator[Server]:
    made = Server(postgresql)
    yield made
    made.close()


@pytest.mark.parametrize("stage", ["Ranking", "Writing the scores"])
def test_a_round_whose_database_went_away_is_run_again_with_the_same_number(
    copy: Path, server: Server, stage: str
) -> None:
    url = server.url.render_as_string(hide_password=False)
    with open_label_store(Collection(copy), url) as store:
        workspace = open_workspace(copy, store)
        workspace.begin_with()
        first = run_round(workspace.collection, store, BIRD, OWN)
        asked = drawn_for(workspace, Purpose.TRAINING)

        def stop(progress: Progress) -> None:
            if progress.stage == stage:
                server.stop()

        with pytest.raises(StoreUnavailableError, match=r"does not answer .*Send it again when the store is back"):
            run_round(workspace.reopened(), store, BIRD, OWN, stop)
        assert named_origin(workspace.collection, BIRD) == first.origin
        assert [report.number for report in read_reports(workspace.collection, BIRD)] == [1]
        server.start()
        assert drawn_for(workspace, Purpose.TRAINING) == asked
        second = run_round(workspace.reopened(), store, BIRD, OWN)
        assert (second.number, named_origin(workspace.collection, BIRD)) == (2, "round-2")
        assert second.answers == 12
