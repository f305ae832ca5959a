"""Measure the import of a generated BAM release, and its first map, in a process of its own.

Run as a module it imports one file and prints figures as JSON. So its peak of memory holds nothing but the import.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from pipeline.benchmarks.embedding_speed import processor_name
from pipeline.build.release_answers import record_choices
from pipeline.build.without_pictures import ReleaseOptions, build_release
from pipeline.collection import Collection
from pipeline.errors import CollectionError, ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import open_label_store
from pipeline.progress import Progress, ProgressCallback
from pipeline.resources import asset
from pipeline.sources.bam_release import read_release
from pipeline.synthetic.bam_release import VARIANTS, write_release

__all__ = ["bench_import", "import_once"]

LAYOUT_STAGE: Final = "Laying out by t-SNE"


class _Clock:
    """Seconds of the wall and of the processor since the last look."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def lap(self) -> dict[str, float]:
        wall, processor = time.perf_counter(), time.process_time()
        taken = {"seconds": round(wall - self._wall, 2), "processor_seconds": round(processor - self._processor, 2)}
        self._wall, self._processor = wall, processor
        return taken


def bench_import(
    modules: int, *, variant: str = "2.2m", seed: int = 0, folder: Path | None = None, progress: ProgressCallback
) -> dict[str, object]:
    """Generate a release, import it in another process, and return the figures.

    Parameters
    ----------
    modules
        Number of images; 0 for the variant's own.
    variant
        One of `VARIANTS`. Its ratios give the numbers of labels, choices and captions.
    seed
        Seed of the release.
    folder
        Folder for the file and the collection; a temporary one by default.
    progress
        Called while the file is written.

    Returns
    -------
    dict
        Numbers of rows; ``read``, ``write``, ``answers`` and ``map``, each with ``seconds`` and ``processor_seconds``;
        ``import_seconds`` and ``import_processor_seconds`` (the first three together), ``peak_memory_gb``,
        ``trustworthiness``, ``load`` (of the machine, at the beginning) and ``processor``.

    Raises
    ------
    ParameterError
        For an unknown variant.
    CollectionError
        If the import fails.
    """
    if variant not in VARIANTS or modules < 0:
        raise ParameterError(f"variant={variant!r} with {modules} modules; allowed are {', '.join(VARIANTS)}.")
    size = VARIANTS[variant].scaled(modules) if modules else VARIANTS[variant]
    with tempfile.TemporaryDirectory(prefix="bam-import-", dir=folder) as place:
        file = Path(place) / "bam.sqlite"
        write_release(file, size, seed=seed, progress=progress)
        load = _load()
        command = [
            sys.executable,
            "-m",
            "pipeline.benchmarks.release_import",
            str(file),
            str(Path(place) / "collection"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
        if done.returncode:
            raise CollectionError(f"The import of {file} failed: {done.stderr.strip().splitlines()[-1][:300]}")
        figures: dict[str, Any] = json.loads(done.stdout)
        megabytes = file.stat().st_size / 1e6
    return {
        "variant": variant,
        "modules": size.modules,
        "labels": size.labels,
        "choices": size.choices,
        "captions": size.captions,
        "file_megabytes": round(megabytes),
        **figures,
        "load": round(load, 1),
        "processor": processor_name(),
    }


def import_once(file: Path, target: Path) -> dict[str, Any]:
    """Import a release in this process, and return seconds of each step and the peak of memory."""
    clock, parts = _Clock(), dict[str, dict[str, float]]()
    release = read_release(file)
    parts["read"] = clock.lap()

    def watch(progress: Progress) -> None:
        if progress.stage == LAYOUT_STAGE and "write" not in parts:
            parts["write"] = clock.lap()

    manifest = build_release(
        release, target, load_taxonomy(asset("taxonomy/bam.toml")), ReleaseOptions(), progress=watch
    )
    parts["map"] = clock.lap()
    collection = Collection(target)
    with open_label_store(collection) as store:
        receipt = record_choices(store, collection, release)
    parts["answers"] = clock.lap()
    steps = [parts[name] for name in ("read", "write", "answers") if name in parts]
    return {
        "images": manifest.images,
        "answers_recorded": receipt.recorded,
        **parts,
        "import_seconds": round(sum(step["seconds"] for step in steps), 1),
        "import_processor_seconds": round(sum(step["processor_seconds"] for step in steps), 1),
        "peak_memory_gb": _peak_memory(),
        "trustworthiness": manifest.layouts[0].trustworthiness,
    }


def _peak_memory() -> float | None:
    """Return the peak of this process's memory in gigabytes; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9, 2)


def _load() -> float:
    """Return the load of the last minute, 0 on Windows, which does not tell it."""
    if sys.platform == "win32":
        return 0.0
    return os.getloadavg()[0]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(import_once(Path(sys.argv[1]), Path(sys.argv[2]))))
