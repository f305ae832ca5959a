"""A process that dies at a chosen step. Nothing that it does later reaches the disk, clean-up included.

Everything that changes a collection goes through few doors: the operating system's calls for files, Lance, safetensors,
and transactions of the label store. Each is counted. At the chosen step the process is dead: that call and all later
ones raise, so that what lies on the disk is what a kill at that moment leaves.
"""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import lance
import pytest
import safetensors.numpy

from pipeline.label_store.schema.database import Database

__all__ = ["PowerCut", "Steps", "power_cut"]

CALLS = ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "link", "symlink", "truncate", "utime")
DATASET_CALLS = ("add_columns", "cleanup_old_versions", "create_scalar_index", "delete", "restore")


class PowerCut(BaseException):
    """The process is dead."""


class Steps:
    """Counts steps and dies at one of them.

    Parameters
    ----------
    last
        How many steps are done; None for all.
    """

    def __init__(self, last: int | None) -> None:
        self.last = last
        self.done = 0
        self.dead = False

    def step(self) -> None:
        if self.dead or self.done == self.last:
            self.dead = True
            raise PowerCut
        self.done += 1


@contextmanager
def power_cut(last: int | None = None) -> Iterator[Steps]:
    """Count the writes of a block; let it die after `last` steps."""
    steps = Steps(last)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any, **options: Any) -> Any:
            steps.step()
            return call(*arguments, **options)

        return do

    def opened(call: Callable[..., Any]) -> Callable[..., Any]:
        def do(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if set(mode) & set("wax+"):
                steps.step()
            return call(file, mode, *arguments, **options)

        return do

    writing = Database.writing

    @contextmanager
    def committed(self: Database) -> Iterator[Any]:
        steps.step()
        with writing(self) as connection:
            yield connection
            if steps.dead:  # died inside: nothing of the transaction stays
                raise PowerCut
        steps.step()  # and once it is durable

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr(builtins, "open", opened(builtins.open))
        patch.setattr(io, "open", opened(io.open))
        patch.setattr(lance, "write_dataset", counted(lance.write_dataset))
        for name in DATASET_CALLS:
            patch.setattr(lance.LanceDataset, name, counted(getattr(lance.LanceDataset, name)))
        patch.setattr(safetensors.numpy, "save_file", counted(safetensors.numpy.save_file))
        patch.setattr(Database, "writing", committed)
        yield steps
