"""A hostile collection: files with changed bytes, truncated, swapped or missing, and commands that read it."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from explorer.cli.output import info_values
from pipeline.audit.files import list_audits, read_sample
from pipeline.certification.files import latest
from pipeline.collection import Collection
from pipeline.collection.score_origins import named_origin
from pipeline.errors import BamExplorerError
from pipeline.label_store import open_label_store, store_exists
from pipeline.releases.files import list_releases, read_release_columns, verify_release
from pipeline.rounds.reports import read_reports
from pipeline.rounds.score_versions import read_model
from pipeline.search import Search

__all__ = ["fuzz_files"]

LONGEST_READ = 60.0
"""Seconds that opening and reading a small collection may take at most, on however busy a machine."""


def fuzz_files(path: Path, scratch: Path, count: int, *, seed: int) -> Counter[str]:
    """Damage a copy of a collection again and again, and read it as commands and pages do.

    Parameters
    ----------
    path
        A collection; it is left as it is.
    scratch
        Folder for the copies.
    count
        How many damages.
    seed
        Of all that is random.

    Returns
    -------
    Counter of str
        Whatever is neither read nor refused in words, by its kind and the damaged file; empty is good.
    """
    chance = random.Random(seed)  # noqa: S311 -- repeats
    files = sorted(file.relative_to(path) for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    outside = scratch / "outside"
    outside.write_bytes(b"somebody's own")
    wrong: Counter[str] = Counter()
    for number in range(count):
        copy = scratch / f"copy-{number}"
        victim = chance.choice(files)
        _copy(path, copy, victim)
        damage = chance.choice(DAMAGES)
        damage(copy / victim, chance, copy / chance.choice(files))
        begun = time.monotonic()
        for read in _READS:
            try:
                read(copy)
            except BamExplorerError:
                continue
            except Exception as error:  # noqa: BLE001 -- no such error may come out
                wrong[
                    f"{type(error).__name__} in {read.__name__}: {victim}, {damage.__name__}: {str(error)[:120]}"
                ] += 1
        if time.monotonic() - begun > LONGEST_READ:
            wrong[f"it took long: {victim}, {damage.__name__}"] += 1
        if outside.read_bytes() != b"somebody's own":
            wrong[f"it wrote elsewhere: {victim}, {damage.__name__}"] += 1
        shutil.rmtree(copy)
    return wrong


def _copy(path: Path, copy: Path, victim: Path) -> None:
    """Copy a collection. Data that nothing writes in place is linked, except files that will be damaged."""

    def copied(source: str, target: str) -> None:
        linked = ".lance/" in source and Path(source) != path / victim
        (os.link if linked else shutil.copy2)(source, target)

    shutil.copytree(path, copy, copy_function=copied)


def _other_bytes(file: Path, chance: random.Random, other: Path) -> None:
    del other
    data = bytearray(file.read_bytes())
    for _ in range(chance.randint(1, 8)):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    file.write_bytes(data)


def _cut_off(file: Path, chance: random.Random, other: Path) -> None:
    del other
    data = file.read_bytes()
    file.write_bytes(data[: chance.randrange(len(data) + 1)])


def _grown(file: Path, chance: random.Random, other: Path) -> None:
    del other
    data = file.read_bytes()
    at = chance.randrange(len(data) + 1)
    file.write_bytes(data[:at] + chance.randbytes(chance.randint(1, 200)) + data[at:])


def _swapped(file: Path, chance: random.Random, other: Path) -> None:
    del chance
    shutil.copy2(other, file) if other != file else file.write_bytes(b"{}")


def _gone(file: Path, chance: random.Random, other: Path) -> None:
    del chance, other
    file.unlink()


def _pipe(file: Path, chance: random.Random, other: Path) -> None:
    del chance, other
    file.unlink()
    os.mkfifo(file)


def _loop(file: Path, chance: random.Random, other: Path) -> None:
    del chance, other
    file.unlink()
    file.symlink_to(file)


def _folder(file: Path, chance: random.Random, other: Path) -> None:
    del chance, other
    file.unlink()
    file.mkdir()


def _link_out(file: Path, chance: random.Random, other: Path) -> None:
    del chance, other
    file.unlink()
    file.symlink_to(next(parent for parent in file.parents if (parent / "outside").exists()) / "outside")


DAMAGES: tuple[Callable[[Path, random.Random, Path], None], ...] = (
    _other_bytes,
    _cut_off,
    _grown,
    _swapped,
    _gone,
    _pipe,
    _loop,
    _folder,
    _link_out,
)


def _facts(path: Path) -> None:
    info_values(Collection(path))


def _arrays(path: Path) -> None:
    collection = Collection(path)
    for read in (collection.embedding, collection.projects, collection.duplicates, collection.sources):
        with suppress(BamExplorerError):
            read()
    for facts in collection.manifest.layouts:
        with suppress(BamExplorerError):
            collection.layout(facts.name)
    for name in collection.manifest.taxonomy.names:
        with suppress(BamExplorerError):
            collection.known(name)


def _scores(path: Path) -> None:
    collection = Collection(path)
    assert collection.scores.ndim == 2


def _pictures(path: Path) -> None:
    collection = Collection(path)
    rows = list(range(min(4, len(collection))))
    for read in (collection.records, collection.tiles, collection.previews):
        with suppress(BamExplorerError):
            read(rows)


def _words(path: Path) -> None:
    Search(Collection(path)).by_words("disc")


def _answers(path: Path) -> None:
    collection = Collection(path)
    if store_exists(collection):
        with open_label_store(collection) as store:
            store.attributes.list_progress()
            assert len(list(store.answers.log())) >= 0


def _attributes(collection: Collection) -> Iterator[str]:
    yield from collection.manifest.taxonomy.names


def _rounds(path: Path) -> None:
    collection = Collection(path)
    for name in _attributes(collection):
        for read in (read_reports, latest):
            with suppress(BamExplorerError):
                read(collection, name)
        with suppress(BamExplorerError):
            origin = named_origin(collection, name)
            if origin.startswith("round-"):
                read_model(collection, name, origin)


def _releases(path: Path) -> None:
    collection = Collection(path)
    for name in _attributes(collection):
        with suppress(BamExplorerError):
            for release in list_releases(collection, name):
                read_release_columns(collection, release)
                verify_release(collection, release)


def _audits(path: Path) -> None:
    collection = Collection(path)
    for name in _attributes(collection):
        with suppress(BamExplorerError):
            for audit in list_audits(collection, name):
                read_sample(collection, audit)


_READS: tuple[Callable[[Path], None], ...] = (
    _facts,
    _arrays,
    _scores,
    _pictures,
    _words,
    _answers,
    _rounds,
    _releases,
    _audits,
)
