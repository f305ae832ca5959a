"""Run one stage of a finished collection again, and the stages that read what it makes. An edge: it writes them.

Everything is written beside what is there, and the manifest names it last; see `pipeline.collection.updating`. The
source is not needed. First scores get a new name, because releases and rounds name those that were there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.build.first_scores import is_first
from pipeline.build.stage import Stage, current_record, dependents, read_records, run_stage, write_records
from pipeline.build.stage_list import METHODS_OF_LAYOUT, STAGES, usual_parameters
from pipeline.build.stage_work import StageWork
from pipeline.collection.manifest import LayoutFacts, Manifest
from pipeline.collection.own_files import RECORDS
from pipeline.collection.updating import CollectionUpdate
from pipeline.errors import CollectionError, ParameterError
from pipeline.plain_values import made_of
from pipeline.progress import Progress, ProgressCallback

__all__ = ["ALONE", "parameters_alone", "rerun"]

ALONE: Final = ("graph", "duplicates", "scores", "layout", "captions")
"""Stages that can run again without the source."""

_ALLOWED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "neighbors": ("from 2 to 1,000", lambda value: 2 <= value <= 1000),
    "perplexity": ("above 1 and at most 300", lambda value: math.isfinite(value) and 1 < value <= 300),
    "min_dist": ("from 0 to below 3", lambda value: 0 <= value < 3),
    "distance": ("from 0 to 2", lambda value: 0 <= value <= 2),
    "seed": ("from 0 to 4,294,967,295", lambda value: 0 <= value < 1 << 32),
}


class _UpdatedFiles:
    """The files of a collection that is changed, as `pipeline.build.stage_work.StageFiles`."""

    def __init__(self, update: CollectionUpdate) -> None:
        self._update = update

    def exists(self, name: str) -> bool:
        return self._update.exists(name)

    def dataset(self, name: str) -> Any:
        return self._update.dataset(name)

    def file(self, name: str) -> Path:
        return self._update.file(name)

    def batches(self, name: str, columns: list[str], size: int) -> Iterator[pa.RecordBatch]:
        yield from self._update.dataset(name).to_batches(columns=columns, batch_size=size)

    def count(self, name: str) -> int:
        return int(self._update.dataset(name).count_rows())

    def replace(self, name: str, table: pa.Table) -> None:
        self._update.overwrite(name, table)

    def index_text(self, name: str, column: str) -> None:
        self._update.index_text(name, column)

    def write_json(self, name: str, values: Any) -> None:
        self._update.write_json(name, values)

    def write_arrays(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        self._update.write_arrays(name, arrays)


def parameters_alone(name: str) -> tuple[str, ...]:
    """Return the names of the parameters of a stage of `ALONE`."""
    return next(stage.parameters for stage in STAGES if stage.name == name)


def rerun(
    path: Path,
    name: str,
    changes: Mapping[str, Any] | None = None,
    *,
    needed: bool = False,
    progress: ProgressCallback | None = None,
) -> tuple[str, ...]:
    """Run a stage of a finished collection again, and those that read what it makes.

    Parameters
    ----------
    path
        Folder of the collection.
    name
        One of `ALONE`.
    changes
        New values of its parameters. All others stay as they were when the stage ran last.
    needed
        Whether to run even if the stage would make what it has made already, because the files cannot be read.
    progress
        Called with the progress of each stage; may raise to stop. Nothing has then changed.

    Returns
    -------
    tuple of str
        Names of the stages that ran. Empty if there was nothing to do.

    Raises
    ------
    ParameterError
        If there is no such stage, it has no such parameter, or a value is not allowed.
    CollectionError
        If there is no collection, another process changes it, or it lacks what the stage reads.
    """
    stage = _checked(name, changes or {})
    with CollectionUpdate(path) as update:
        work = _work(update, stage, changes or {}, progress or _ignore)
        if not needed and current_record(stage, work) is not None:
            return ()
        _check_inputs(stage, work, path)
        records = {}
        for one in dependents(stage, [entry for entry in STAGES if entry.name in ALONE]):
            records[one.name] = run_stage(one, work)
        update.commit(lambda now: _described(now, work))
        write_records(update.file(RECORDS), records)
        return tuple(records)


def _checked(name: str, changes: Mapping[str, Any]) -> Stage:
    """Return the stage; refuse a name, a parameter or a value that is not possible."""
    stage = next((one for one in STAGES if one.name == name and name in ALONE), None)
    if stage is None:
        raise ParameterError(f"{name!r} is no stage that can run alone. Allowed are {', '.join(ALONE)}.")
    for key, value in changes.items():
        if key not in stage.parameters:
            has = f"It has {', '.join(stage.parameters)}." if stage.parameters else "It has no parameters."
            raise ParameterError(f"The stage {name} does not use {key}. {has}")
        words, allowed = _ALLOWED[key]
        if not allowed(value):
            raise ParameterError(f"{key} {value} is not possible; allowed is {words}.")
    return stage


def _work(update: CollectionUpdate, stage: Stage, changes: Mapping[str, Any], tell: ProgressCallback) -> StageWork:
    manifest = update.manifest
    seed = manifest.layouts[0].seed if manifest.layouts else 0
    parameters = usual_parameters(seed, manifest.near_duplicate_distance or 0.0)
    for name, record in read_records(update.file(RECORDS)).items():
        known = parameters.get(name, {})
        known |= {key: value for key, value in record.parameters.items() if _fits(key, value) and key in known}
    parameters[stage.name] |= changes
    numbers = [
        int(facts.origin.rpartition("-")[2])
        for facts in manifest.attributes
        if is_first(facts.origin) and facts.origin.rpartition("-")[2].isdecimal()
    ]
    return StageWork(
        files=_UpdatedFiles(update),
        backbone=manifest.embedding.backbone,
        taxonomy=manifest.taxonomy,
        parameters=parameters,
        tell=tell,
        present=manifest.attributes,
        origin=f"model-{max(numbers, default=0) + 1}",
    )


def _fits(key: str, value: object) -> bool:
    """Return whether a record, which may be of any program, holds a possible value."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) or key not in {"neighbors", "seed"}
    return number and whole and key in _ALLOWED and _ALLOWED[key][1](value)


def _check_inputs(stage: Stage, work: StageWork, path: Path) -> None:
    ids = work.vectors()[0]
    if not np.array_equal(ids, work.readable_ids()):
        raise CollectionError(f"{path}: its vectors and its images have other ids. Build the collection again.")
    many = len(ids) > 1
    if many and "graph" in stage.reads and not work.files.exists(work.graph_path):
        raise CollectionError(
            f"{path} has no graph of neighbours, which the stage {stage.name} reads. Run the stage graph first."
        )


def _described(now: Manifest, work: StageWork) -> Manifest:
    """Return the manifest as it is now with what the stages made."""
    made = work.results
    if "duplicates" in made:
        now = replace(now, near_duplicate_distance=made["duplicates"]["distance"])
    if "scores" in made:
        first = {facts.name: facts for facts in work.attributes() if is_first(facts.origin) or not facts.origin}
        # A round may have named its scores meanwhile: they stay.
        attributes = (
            first.get(facts.name, facts) if is_first(facts.origin) or not facts.origin else facts
            for facts in now.attributes
        )
        now = replace(now, attributes=tuple(attributes))
    if "layout" in made:
        layouts = [made_of(LayoutFacts, facts) for facts in made["layout"]["layouts"]]
        others = [facts for facts in now.layouts if facts.method not in METHODS_OF_LAYOUT]
        now = replace(now, layouts=(*layouts, *others))
    return now


def _ignore(progress: Progress) -> None:
    """Ignore progress."""
