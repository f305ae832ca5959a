"""A stage of a build as a value, and the record that it is done. Reads and writes ``stages.json`` and looks at files.

A stage reads datasets and facts, has parameters, and writes datasets. Its record holds a digest of all that decides its
result: the version of its code, its parameters, its facts, and the marks of the datasets that it read. A later run
leaves a stage out if its digest is the same and its outputs are as they were written. The outputs are written before
the record, and the record is one atomic write, so a process that is killed leaves no record of a half-written output.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.build.stage_work import StageFiles, StageWork
from pipeline.collection.own_files import RECORDS
from pipeline.errors import BamExplorerError
from pipeline.files.small_files import json_object, read_plain, write_json
from pipeline.plain_values import made_of
from pipeline.progress import Progress

__all__ = [
    "Result",
    "Stage",
    "StageRecord",
    "current_record",
    "dependents",
    "digest_of",
    "mark_of",
    "parameters_of",
    "read_records",
    "run_stage",
    "run_stages",
    "write_records",
]


@dataclass(frozen=True, slots=True)
class Result:
    """What a stage made.

    Parameters
    ----------
    outputs
        Paths below the collection's folder of the datasets and files that it wrote.
    facts
        Plain values for the manifest and for later stages.
    """

    outputs: tuple[str, ...]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a build.

    Parameters
    ----------
    name
        Its name in records and on the command line.
    title
        Its name in progress.
    version
        Version of its code. It rises when the same inputs and parameters give another result.
    reads, makes
        Names of the data that it reads and makes, as `pipeline.build.stage_work.StageWork.paths` knows them.
    facts
        Names of the facts that it reads, as `pipeline.build.stage_work.StageWork.facts` holds them.
    parameters
        Names of its parameters.
    run
        Runs it.
    """

    name: str
    title: str
    version: int
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    run: Callable[[StageWork], Result]


@dataclass(frozen=True, slots=True)
class StageRecord:
    """The record of a finished stage.

    Parameters
    ----------
    digest
        SHA-256 of all that decides the result, in hexadecimal digits.
    parameters
        Values of its parameters by name.
    outputs
        Marks of what it wrote, by path below the collection's folder; see `mark_of`.
    facts
        Its plain results.
    """

    digest: str
    parameters: dict[str, Any]
    outputs: dict[str, str]
    facts: dict[str, Any]


def run_stages(stages: Sequence[Stage], work: StageWork) -> None:
    """Run stages in order, but leave out those whose record is current.

    Parameters
    ----------
    stages
        The stages. Each stands after those whose data it reads.
    work
        The inputs, the parameters and the files. The facts of each stage are added to its ``results``.
    """
    for stage in stages:
        record = current_record(stage, work)
        if record is None:
            write_records(work.files.file(RECORDS), {stage.name: run_stage(stage, work)})
        else:
            work.results[stage.name] = record.facts
            work.tell(Progress(stage.title, 1, 1, "", "done before"))


def run_stage(stage: Stage, work: StageWork) -> StageRecord:
    """Run one stage; return its record, which is valid once its outputs are the collection's."""
    digest = digest_of(stage, work)
    result = stage.run(work)
    work.results[stage.name] = result.facts
    marks = {path: mark_of(path, work.files) for path in result.outputs}
    return StageRecord(digest, parameters_of(stage, work), marks, result.facts)


def write_records(file: Path, records: Mapping[str, StageRecord]) -> None:
    """Add records to a file in one step; those of other stages stay."""
    write_json(file, json_object(file) | {name: asdict(record) for name, record in records.items()})


def current_record(stage: Stage, work: StageWork) -> StageRecord | None:
    """Return the record of a stage if it would make just what it has made already; None otherwise."""
    record = read_records(work.files.file(RECORDS)).get(stage.name)
    if record is None or record.digest != digest_of(stage, work):
        return None
    there = all(mark and mark_of(path, work.files) == mark for path, mark in record.outputs.items())
    return record if there else None


def dependents(first: Stage, stages: Sequence[Stage]) -> list[Stage]:
    """Return a stage and those that read what it makes, directly or not, in order."""
    found, made = [], set(first.makes)
    for stage in stages:
        if stage.name == first.name or made & set(stage.reads):
            found.append(stage)
            made |= set(stage.makes)
    return found


def parameters_of(stage: Stage, work: StageWork) -> dict[str, Any]:
    """Return the values of the parameters of a stage."""
    return {name: work.parameters[stage.name][name] for name in stage.parameters}


def digest_of(stage: Stage, work: StageWork) -> str:
    """Return the SHA-256 of all that decides the result of a stage, in hexadecimal digits."""
    values = {
        "stage": stage.name,
        "version": stage.version,
        "parameters": parameters_of(stage, work),
        "facts": {name: work.facts[name]() for name in stage.facts},
        "inputs": {path: mark_of(path, work.files) for name in stage.reads for path in work.paths(name)},
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_records(file: Path) -> dict[str, StageRecord]:
    """Return the records in a file, by name of stage; those that cannot be read are left out."""
    records = {}
    for name, values in json_object(file).items():
        try:
            records[name] = made_of(StageRecord, values)
        except TypeError:  # written by another version, or damaged: the stage runs again
            continue
    return records


def mark_of(path: str, files: StageFiles) -> str:
    """Return a mark that changes with a dataset or a small file; "" where there is none.

    Of a dataset it is the SHA-256 of the names and sizes of its files. Lance gives each new file a random name and
    never writes to it again, so they show every change. Of another file it is the SHA-256 of its bytes.

    Parameters
    ----------
    path
        Path below the collection's folder.
    files
        The files of the build or of the collection.
    """
    try:
        if not path.endswith(".lance"):
            return hashlib.sha256(read_plain(files.file(path))).hexdigest()
        found = _files_of(files.dataset(path), files.file(path)) if files.exists(path) else []
    except (OSError, ValueError, BamExplorerError):  # cut off, or gone: it is written again
        return ""
    return hashlib.sha256(json.dumps(found).encode()).hexdigest() if found else ""


def _files_of(dataset: Any, folder: Path) -> list[object]:
    """Return the names and sizes of the files of the opened version of a dataset; never empty."""
    found: list[object] = [dataset.schema.to_string(), dataset.count_rows()]
    for fragment in dataset.get_fragments():
        found += [(file.path, (folder / "data" / file.path).stat().st_size) for file in fragment.data_files()]
        deleted = fragment.deletion_file()
        if deleted is not None:
            found.append((deleted, (folder / deleted).stat().st_size))
    for segment in (one for index in dataset.describe_indices() for one in index.segments):
        place = folder / "_indices" / segment.uuid
        found += sorted((entry.name, entry.stat().st_size) for entry in place.iterdir())
    return found
