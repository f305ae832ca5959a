"""Build a collection from a BAM release without any picture and without any network. An edge: it writes the collection.

Scores take the place of vectors, and cards take the place of pictures. Each stage writes its datasets and then its
record. A build that was killed goes on with the first stage without one, and writes the datasets of that stage again.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import __version__
from pipeline.build.cards import Cards, Title, cards_of
from pipeline.build.crowd_tables import CROWD_TABLES
from pipeline.build.kept_answers import answers_at, report_lost_answers
from pipeline.build.release_tables import (
    IMPORTED,
    POSITIVE_CUT,
    attribute_facts,
    automatic_columns,
    card_of_each,
    image_batches,
    image_schema,
    known_answers,
    standardised,
)
from pipeline.build.stage import StageRecord, mark_of, read_records
from pipeline.collection import Collection
from pipeline.collection.layout_table import layout_table
from pipeline.collection.manifest import LayoutFacts, Manifest
from pipeline.collection.own_files import RECORDS
from pipeline.collection.target import check_place
from pipeline.collection.vector_table import vector_table
from pipeline.collection.writer import CollectionWriter, check_writable
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.files.small_files import json_object
from pipeline.layout.cluster_names import name_clusters
from pipeline.layout.clustering import cluster_layout
from pipeline.layout.quality import trustworthiness
from pipeline.layout.quick_layout import quick_layout
from pipeline.plain_values import made_of
from pipeline.progress import Progress, ProgressCallback
from pipeline.search.caption_index import write_captions
from pipeline.sources.bam_release import BamRelease
from pipeline.taxonomy import Taxonomy
from pipeline.text.plain_text import plain

__all__ = ["BACKBONE", "LAYOUT", "ReleaseOptions", "build_release", "is_built_from"]

BACKBONE: Final = "scores"
LAYOUT: Final = "all-quick"
VERSION: Final = 1
"""Version of the code of the stages. It rises when the same release gives another result."""
NOTE_ON_CARD: Final = "no picture yet"
MEASURED_ROWS: Final = 5_000
NEIGHBORS_MEASURED: Final = 15


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """Options of a build from a release; the help of the command describes each."""

    name: str = "bam"
    seed: int = 0
    replace: bool = False
    labels_url: str | None = None
    set_aside_answers: bool = False


def build_release(
    release: BamRelease,
    target: Path,
    taxonomy: Taxonomy,
    options: ReleaseOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    say: Callable[[str], None] | None = None,
) -> Manifest:
    """Build a collection from a release, and move it to `target` when it is complete.

    Parameters
    ----------
    release
        The images, their scores, and the labels, choices and captions of the crowd.
    target
        Folder of the collection. It does not exist, or stays as it is, before the new one is complete.
    taxonomy
        Definitions of attributes. Those without scores in the release are left out.
    options
        Name of the source, seed, and whether a collection at `target` may be replaced.
    progress
        Called with the progress of each stage; may raise to stop the build.
    say
        Called with sentences about the answers to a replaced collection.

    Returns
    -------
    Manifest
        The manifest of the new collection.

    Raises
    ------
    LostAnswersError, LabelStoreError
        If answers would lose their images by mistake or cannot be opened.
    CollectionError
        If `target` exists and may not be replaced, or cannot be written.
    """
    chosen = options or ReleaseOptions()
    tell, speak = progress or _ignore_progress, say or _ignore_sentence
    check_place(target, replace=chosen.replace, source=release.path.parent, table=True)
    check_writable(target)
    expected = _check_answers(release, target, chosen, speak)
    spec = _spec(release)
    state = {
        "program_version": __version__,
        "source": chosen.name,
        "fingerprint": release.digest,
        "embedding": asdict(spec) | {"seed": chosen.seed},
    }
    writer = CollectionWriter(target, state, may_replace=chosen.replace)
    try:
        manifest = _write(release, taxonomy.restricted_to(release.attributes), spec, chosen, writer, tell)
        Collection(_finished(writer, manifest))  # opening it checks it before it is published
        report_lost_answers(target, writer, chosen.labels_url, speak, expected)
        writer.publish()
        return manifest
    finally:
        writer.close()


def is_built_from(manifest: Manifest, release: BamRelease) -> bool:
    """Return whether a collection was built from this very file, by this version of the program."""
    return (manifest.source_fingerprint, manifest.program_version) == (release.digest, __version__)


def _write(
    release: BamRelease,
    taxonomy: Taxonomy,
    spec: EmbeddingSpec,
    options: ReleaseOptions,
    writer: CollectionWriter,
    tell: ProgressCallback,
) -> Manifest:
    known = known_answers(release)
    cards = _cards(release, taxonomy)
    vectors = standardised(release.scores)
    columns, column_facts = automatic_columns(release)
    done = _Done(writer, [VERSION, taxonomy.as_mapping(), options.seed, options.name])

    def write_images() -> dict[str, Any]:
        writer.replace("thumbnails.lance", cards.table())
        _write_images(release, known, cards.owners, writer, tell)
        return {}

    def write_tables() -> dict[str, Any]:
        writer.replace(f"embeddings/{BACKBONE}.lance", vector_table(release.mids, vectors))
        _write_scores(release, writer, tell)
        if column_facts:
            writer.replace("columns.lance", columns)
        for dataset, table_of in CROWD_TABLES.items():
            writer.replace(dataset, table_of(release))
        return {}

    def write_texts() -> dict[str, Any]:
        write_captions(writer, tell)
        return {}

    def write_layout() -> dict[str, Any]:
        return asdict(_write_layout(release, vectors, taxonomy, options.seed, writer, tell))

    scores = tuple(f"scores/{name}/{IMPORTED}.lance" for name in release.attributes)
    tables = (f"embeddings/{BACKBONE}.lance", *scores, *(("columns.lance",) if column_facts else ()), *CROWD_TABLES)
    done.once("images", ("thumbnails.lance", "images.lance"), write_images)
    done.once("tables", tables, write_tables)
    done.once("captions", ("captions.lance", "words.lance"), write_texts)
    facts = done.once("layout", (f"layouts/{LAYOUT}.lance", f"clusters/{LAYOUT}.json"), write_layout)
    layout = made_of(LayoutFacts, facts)
    return Manifest(
        name=plain(options.name),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        program_version=__version__,
        source_name=options.name,
        source_root="",
        source_fingerprint=release.digest,
        images=len(release.mids),
        failed=0,
        embedding=spec,
        dimensions=len(release.attributes),
        taxonomy=taxonomy,
        attributes=attribute_facts(release, known),
        layouts=(layout,),
        thumbnails=len(cards.titles),
        columns=column_facts,
    )


class _Done:
    """The stages of this build that are done, in ``stages.json`` of the build.

    The build's state names the release. `parameters` are everything else that the results depend on.
    """

    def __init__(self, writer: CollectionWriter, parameters: list[Any]) -> None:
        self._writer = writer
        self._digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()

    def once(self, name: str, outputs: tuple[str, ...], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run a stage and record it; return its facts. A stage whose outputs are as recorded is not run again."""
        place = self._writer.file(RECORDS)
        record = read_records(place).get(name)
        if record is not None and record.digest == self._digest and record.outputs == self._marks(outputs):
            return record.facts
        facts = run()
        made = StageRecord(self._digest, {}, self._marks(outputs), facts)
        self._writer.write_json(RECORDS, json_object(place) | {name: asdict(made)})
        return facts

    def _marks(self, outputs: tuple[str, ...]) -> dict[str, str]:
        return {path: mark_of(path, self._writer) for path in outputs}


def _finished(writer: CollectionWriter, manifest: Manifest) -> Path:
    """Finish the folder. A finished collection of a release has no record: none of its stages is run by itself."""
    folder = writer.finish(manifest)
    (folder / RECORDS).unlink(missing_ok=True)
    return folder


def _spec(release: BamRelease) -> EmbeddingSpec:
    return EmbeddingSpec(
        backbone=BACKBONE,
        weights="none: the standardised scores of the release",
        weights_sha256="none",
        dimensions=len(release.attributes),
        reason="There are no pictures yet, so the scores of the release take the place of vectors.",
    )


def _check_answers(
    release: BamRelease, target: Path, options: ReleaseOptions, say: Callable[[str], None]
) -> frozenset[int]:
    with answers_at(target, options.labels_url, say) as answers:
        if answers is None:
            return frozenset()
        example = release.links[0].as_py() or f"module {release.mids[0]}"
        return answers.check_listing(release.mids, options.name, example, allowed=options.set_aside_answers)


def _cards(release: BamRelease, taxonomy: Taxonomy) -> Cards:
    """Return one card for each attribute that has the highest score of at least one image, and one for "unclear"."""
    count = len(release.attributes)
    titles = [Title(taxonomy.attribute(name).title, number / count) for number, name in enumerate(release.attributes)]
    return cards_of(release.mids, card_of_each(release.scores), [*titles, Title("unclear")], NOTE_ON_CARD)


def _write_images(
    release: BamRelease,
    known: NDArray[np.int8],
    thumbnails: NDArray[np.int64],
    writer: CollectionWriter,
    tell: ProgressCallback,
) -> None:
    stage, total = "Writing images", len(release.mids)

    def counted() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in image_batches(release, known, thumbnails):
            yield batch
            done += batch.num_rows
            tell(Progress(stage, done, total))

    tell(Progress(stage, 0, total))
    writer.replace("images.lance", counted(), image_schema(release.attributes))


def _write_scores(release: BamRelease, writer: CollectionWriter, tell: ProgressCallback) -> None:
    stage, names = "Writing scores", release.attributes
    ids = pa.array(release.mids)
    for row, name in enumerate(names):
        writer.replace(
            f"scores/{name}/{IMPORTED}.lance", pa.table({"image_id": ids, "score": pa.array(release.scores[row])})
        )
        tell(Progress(stage, row + 1, len(names), "attributes"))


def _write_layout(
    release: BamRelease,
    vectors: NDArray[np.float16],
    taxonomy: Taxonomy,
    seed: int,
    writer: CollectionWriter,
    tell: ProgressCallback,
) -> LayoutFacts:
    positions, sampled = quick_layout(vectors, seed=seed, progress=tell)
    clusters = cluster_layout(positions, seed=seed)
    attributes = [taxonomy.attribute(name) for name in release.attributes]
    names = name_clusters(clusters, positions, attributes, release.scores >= POSITIVE_CUT, _no_words, seed=seed)
    trust = np.full(len(positions), np.nan, np.float32)
    writer.replace(f"layouts/{LAYOUT}.lance", layout_table(release.mids, positions, trust, clusters))
    writer.write_json(f"clusters/{LAYOUT}.json", [asdict(name) for name in names])
    some = np.arange(len(positions))
    if len(positions) > MEASURED_ROWS:
        some = np.sort(np.random.default_rng(seed).choice(len(positions), MEASURED_ROWS, replace=False))
    how = "all images" if len(sampled) == len(positions) else f"{len(sampled):,} laid out, the others beside them"
    return LayoutFacts(
        name=LAYOUT,
        title=f"quick map of the scores · {how}",
        method="quick",
        images=len(positions),
        seed=seed,
        trustworthiness=trustworthiness(vectors[some], positions[some], k=NEIGHBORS_MEASURED, seed=seed),
    )


def _no_words(row: int) -> list[str]:
    """Name clusters by attributes alone: too few images have captions."""
    del row
    return []


def _ignore_sentence(sentence: str) -> None:
    """Ignore a sentence."""


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""
