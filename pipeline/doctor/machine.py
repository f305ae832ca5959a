"""Examine the machine: versions, processor, memory, GPU, weights and free disk. Opens no network."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pipeline import __version__
from pipeline.doctor.findings import Finding, State

__all__ = ["examine_machine"]

PACKAGES = ("torch", "torchvision", "numpy", "pylance", "pyarrow", "scikit-learn", "umap-learn", "openTSNE", "panel")
LITTLE_DISK = 5_000_000_000
LITTLE_MEMORY = 4_000_000_000


def examine_machine(place: Path) -> Iterator[Finding]:
    """Examine the machine.

    Parameters
    ----------
    place
        A path on the disk whose free space counts. It need not exist.

    Yields
    ------
    Finding
        One for the program, the packages, the processor, the memory, the GPU, the weights and the disk each.
    """
    python = platform.python_version()
    yield Finding("program", State.GOOD, f"bam-explorer {__version__} on Python {python}, {platform.platform()}.")
    yield _packages()
    yield Finding("processor", State.GOOD, f"{os.cpu_count() or 1} cores ({platform.machine()}).")
    yield from _memory()
    yield _gpu()
    yield from _weights()
    yield _disk(place)


def _packages() -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        words = f"Not installed: {', '.join(missing)}. Installed: {', '.join(found)}."
        return Finding("packages", State.BAD, words, "Install the program again.")
    return Finding("packages", State.GOOD, f"{', '.join(found)}.")


def _memory() -> Iterator[Finding]:
    """Report the memory, where the system tells it: Windows does not."""
    if sys.platform == "win32":
        return
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total, free = page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return
    words = f"{total / 1e9:.1f} GB, of which {free / 1e9:.1f} GB are unused."
    if total < LITTLE_MEMORY:
        yield Finding("memory", State.NOTE, words, "A large collection needs more. Build it on another machine.")
    else:
        yield Finding("memory", State.GOOD, words)


def _gpu() -> Finding:
    try:
        import torch

        if torch.cuda.is_available():
            return Finding("GPU", State.GOOD, f"{torch.cuda.get_device_name(0)}. The network runs on the processor.")
    except (ImportError, RuntimeError, OSError) as error:
        reason = str(error).partition("\n")[0][:200]
        return Finding(
            "GPU", State.BAD, f"torch cannot be loaded ({reason}).", "Install torch and torchvision together."
        )
    return Finding("GPU", State.GOOD, "None that torch can use. The program does not need one.")


def _weights() -> Iterator[Finding]:
    from pipeline.embedding.embedder_choice import embedders_at_hand
    from pipeline.errors import BamExplorerError

    try:
        for embedder in embedders_at_hand():
            spec = embedder.spec
            yield Finding("weights", State.GOOD, f"{spec.backbone}, {spec.dimensions} dimensions: {spec.weights}.")
    except (BamExplorerError, ImportError, RuntimeError, OSError) as error:
        reason = str(error).partition("\n")[0][:300]
        yield Finding("weights", State.BAD, f"Weights cannot be read ({reason}).", "Install the program again.")


def _disk(place: Path) -> Finding:
    there = next((folder for folder in (place, *place.absolute().parents) if folder.exists()), Path.cwd())
    free = shutil.disk_usage(there).free
    words = f"{free / 1e9:.1f} GB are free at {there}."
    if free < LITTLE_DISK:
        remedy = "A collection takes about 50 kB for each image. Free some space before you build a large one."
        return Finding("disk", State.NOTE, words, remedy)
    return Finding("disk", State.GOOD, words)
