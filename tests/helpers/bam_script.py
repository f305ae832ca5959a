# ruff: noqa: S608 -- names of the file itself
"""A script as users of BAM write them: plain SQL over the tables that the release describes. It knows nothing of us."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

TABLES = (
    "modules",
    "scores",
    "automatic_labels",
    "crowd_labels",
    "crowd_raw_hits",
    "crowd_raw_choices",
    "crowd_raw_captions",
)


def tables_of(path: Path) -> dict[str, tuple[list[tuple[str, str]], list[tuple[Any, ...]]]]:
    """Return the columns with their types, and the rows in a fixed order, of all tables."""
    found = {}
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
            columns = database.execute("select name, type from pragma_table_info(?)", (name,)).fetchall()
            rows = database.execute(f"select * from {name}").fetchall()
            found[name] = (columns, sorted(rows, key=repr))
    return found


def summary(path: Path) -> dict[str, Any]:
    """Return what a user of BAM asks of a release."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row

        def rows(query: str, *values: object) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in database.execute(query, values)]

        attributes = [row["name"] for row in database.execute("pragma table_info(scores)") if row["name"] != "mid"]
        return {
            "best": {
                name: rows(
                    f"select mid, src from scores join modules using (mid) where {name} > -1 "
                    f"order by {name} desc, mid limit 20"
                )
                for name in attributes
            },
            "negatives": {name: rows(f"select count(*) from scores where {name} < -7") for name in attributes},
            "automatic": {
                name: rows(f"select {name}, count(*) from automatic_labels group by 1 order by 1")
                for name in attributes
            },
            "positives of the crowd": rows(
                "select attribute, label, count(*) from crowd_labels group by 1, 2 order by 1, 2"
            ),
            "training set": rows(
                "select m.mid, m.src, c.attribute, c.label from crowd_labels c join modules m using (mid) "
                "where c.label != 'unsure' and not m.mature_content order by 1, 3"
            ),
            "workers": rows(
                "select worker_id, count(*), sum(n_seconds), sum(label) from crowd_raw_choices c "
                "join crowd_raw_hits h using (assignment_id) group by 1 order by 1"
            ),
            "captions": rows(
                "select mid, caption, worker_id from crowd_raw_captions left join crowd_raw_hits using (assignment_id) "
                "order by 1, 2"
            ),
            "licences": rows("select license, count(*) from modules group by 1 order by 1"),
            "projects": rows("select count(distinct project_id) from modules"),
        }
