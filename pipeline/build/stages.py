"""Build a collection: source -> vectors and thumbnails -> neighbours -> scores -> layouts -> collection.

`pipeline.build.stage_list` holds the stages, and `pipeline.build.stage` leaves out those that are done.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline import __version__
from pipeline.build.cards import Cards
from pipeline.build.given_parts import cards_for
from pipeline.build.kept_answers import answers_at, report_lost_answers
from pipeline.build.stage import run_stages
from pipeline.build.stage_list import STAGES, usual_parameters
from pipeline.build.stage_work import Reading, StageWork
from pipeline.collection import Collection
from pipeline.collection.manifest import LayoutFacts, Manifest
from pipeline.collection.target import check_place
from pipeline.collection.writer import CollectionWriter, check_writable
from pipeline.embedding.duplicates import near_distance
from pipeline.embedding.embedders import Embedder
from pipeline.given import Given, GivenVectors
from pipeline.images.identity import image_ids
from pipeline.limits import Limits
from pipeline.plain_values import made_of
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.source import Source
from pipeline.tables.typed_columns import ColumnFacts
from pipeline.taxonomy import Taxonomy
from pipeline.text.plain_text import plain

__all__ = ["BuildOptions", "build_collection", "check_answers", "check_target"]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of a build; the help of the command describes each."""

    backbone: str = "auto"
    weights: Path | None = None
    offline: bool = False
    seed: int = 0
    replace: bool = False
    near_duplicates: float | None = None
    labels_url: str | None = None
    set_aside_answers: bool = False
    exif: bool = True
    limits: Limits = field(default_factory=Limits)


def build_collection(
    source: Source,
    target: Path,
    embedder: Embedder | GivenVectors,
    taxonomy: Taxonomy,
    options: BuildOptions | None = None,
    *,
    given: Given | None = None,
    progress: ProgressCallback | None = None,
    say: Callable[[str], None] | None = None,
) -> Manifest:
    """Build a collection from a listed source and move it to `target` when it is complete.

    A build that was interrupted goes on: images that were committed and stages that are done stay, as far as the
    source, the network and the options that decide them are the same.

    Parameters
    ----------
    source
        Images and the facts about them.
    target
        Folder of the collection. It is empty until the build is complete.
    embedder
        Backbone with weights, or the vectors themselves. Images may then have no picture, and cards stand in.
    taxonomy
        Definitions of attributes. Those without answers in the source are left out.
    options
        Seed, limits, and whether a collection at `target` may be replaced.
    given
        A layout and scores that were given, in the order of the source.
    progress
        Called with the progress of each stage; may raise to stop the build.
    say
        Called with sentences about the answers to the replaced collection, before it is replaced.

    Returns
    -------
    Manifest
        The manifest of the new collection.

    Raises
    ------
    SourceError
        If no image could be used.
    LostAnswersError, LabelStoreError
        If answers would lose their images by mistake or cannot be opened; see `pipeline.build.kept_answers`.
    CollectionError
        If `target` exists and may not be replaced, or cannot be written.
    """
    options = options or BuildOptions()
    tell, say = progress or _ignore_progress, say or _ignore_sentence
    check_target(target, source, replace=options.replace)
    reported = check_answers(source, target, options, say)
    parts = given or Given()
    chosen = taxonomy.restricted_to([*source.attributes, *parts.scores])
    cards = _cards(source, embedder, parts, chosen)
    if cards is not None:
        say(f"{len(cards.ids):,} of {len(source.items):,} images have no picture, so cards stand in for them.")
    fingerprint = source.fingerprint()
    state = _state(source, fingerprint, embedder, options) | ({"given": parts.sha256} if given is not None else {})
    writer = CollectionWriter(target, state, may_replace=options.replace)
    try:
        reading = Reading(writer, source, embedder, options.limits, options.exif, state, parts, cards)
        manifest = _run(reading, fingerprint, chosen, options, tell)
        Collection(writer.finish(manifest))  # opening it checks it before it is published
        report_lost_answers(target, writer, options.labels_url, say, reported)
        writer.publish()
        return manifest
    finally:
        writer.close()


def _cards(source: Source, embedder: Embedder | GivenVectors, given: Given, taxonomy: Taxonomy) -> Cards | None:
    """Return cards for the images without a picture; None if there are none, or the vectors come from pictures."""
    if not isinstance(embedder, GivenVectors):
        return None
    cards = cards_for(source, given, taxonomy)
    return cards if len(cards.ids) else None


def check_target(target: Path, source: Source, *, replace: bool) -> None:
    """Refuse a place where no collection can be built, before any slow step.

    Raises
    ------
    CollectionError
        If something is there that may not be replaced, the place is, holds or lies in the source, or nothing can be
        written there.
    """
    folder = None if source.address else source.root
    check_place(target, replace=replace, source=folder, table=source.is_table)
    check_writable(target)


def _run(
    reading: Reading,
    fingerprint: str,
    chosen: Taxonomy,
    options: BuildOptions,
    tell: ProgressCallback,
) -> Manifest:
    """Run the stages that are not done yet, and describe what they made."""
    source, spec = reading.source, reading.embedder.spec
    distance = near_distance(spec.weights_sha256, options.near_duplicates)
    work = StageWork(
        files=reading.writer,
        backbone=spec.backbone,
        taxonomy=chosen,
        parameters=usual_parameters(options.seed, distance),
        tell=tell,
        reading=reading,
    )
    run_stages(STAGES, work)
    made = work.results
    return Manifest(
        name=plain(source.name),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        program_version=__version__,
        source_name=source.name,
        source_root=source.place,
        source_fingerprint=fingerprint,
        images=made["embedding"]["images"],
        failed=made["read"]["failed"],
        embedding=spec,
        dimensions=made["embedding"]["dimensions"],
        taxonomy=chosen,
        attributes=work.attributes(),
        layouts=tuple(made_of(LayoutFacts, facts) for facts in made["layout"]["layouts"]),
        near_duplicate_distance=distance,
        left_out=source.left_out,
        thumbnails=made["read"]["thumbnails"],
        columns=tuple(made_of(ColumnFacts, facts) for facts in made["columns"]["columns"]),
        requested=source.requested,
    )


def check_answers(source: Source, target: Path, options: BuildOptions, say: Callable[[str], None]) -> frozenset[int]:
    """Report answers that a build would leave without an image, judged by names; return their images.

    Raises
    ------
    LostAnswersError, LabelStoreError
        If answers would lose their images by mistake or cannot be opened.
    """
    listed = image_ids(source.name, [item.key for item in source.items])
    with answers_at(target, options.labels_url, say) as answers:
        if answers is None:
            return frozenset()
        return answers.check_listing(listed, source.name, source.items[0].key, allowed=options.set_aside_answers)


def _ignore_sentence(sentence: str) -> None:
    """Ignore a sentence."""


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""


def _state(
    source: Source, fingerprint: str, embedder: Embedder | GivenVectors, options: BuildOptions
) -> dict[str, object]:
    return {
        "program_version": __version__,
        "source": source.name,
        "fingerprint": fingerprint,
        "embedding": asdict(embedder.spec) | {"reason": ""},
        "limits": asdict(options.limits),
        "exif": options.exif,
    }
