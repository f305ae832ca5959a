"""Labelling a selection at once, as the tab says it to the browser."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.controllers.labeling.bulk_answers import CHECKED
from pipeline.label_store import Value


def test_pages_leave_the_screen_before_a_bulk_answer_and_its_check_comes_after(
    collection_path: Path, tmp_path: Path, opened: OpenCollections
) -> None:
    explorer = Explorer(shutil.copytree(collection_path, tmp_path / "collection"), opened=opened)
    tab, sent = explorer.labeling, list[dict[str, Any]]()
    tab.tab._send_msg = sent.append  # type: ignore[method-assign]

    async def story() -> None:
        await tab._do_join({"name": "Ann"})
        await tab._do_work({"attribute": "content_cat", "fresh": True})
        explorer.selection.replace(np.arange(len(explorer.services.collection), dtype=np.int32), "everything")
        sent.clear()
        await tab._label_selection({"value": Value.NO})

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()
    explorer.services.close()
    kinds = [message["type"] for message in sent]
    assert kinds[0] == "away"  # whatever comes before "clear" the browser passes over
    assert "clear" in kinds
    pages = [message for message in sent[kinds.index("clear") :] if message["type"] == "page"]
    assert sum(len(page["items"]) for page in pages) == CHECKED
