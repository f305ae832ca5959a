"""The stages of a build, in order: what each reads and makes, and how it is run. An edge: they write the build's files.

Each stage reads its inputs from the files of the build, also just after another stage wrote them. So a stage gives the
same result in an undisturbed build, in one that goes on after a kill, and when it is run again alone.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.build.columns import COLUMNS, write_columns
from pipeline.build.first_scores import score_known_attributes
from pipeline.build.given_parts import GIVEN_SCORES, order_of, positions_on_map, with_given_scores, without_given
from pipeline.build.image_stage import process_images
from pipeline.build.layouts import METHODS, GivenPlaces, LayoutOptions, build_layouts
from pipeline.build.stage import Result, Stage
from pipeline.build.stage_work import Reading, StageWork, graph_table
from pipeline.collection.layout_table import layout_table
from pipeline.collection.vector_table import vector_table
from pipeline.collection.writer import EXIF, RAW
from pipeline.embedding.duplicates import find_duplicates
from pipeline.embedding.neighbors import knn_graph
from pipeline.embedding.reduction import apply_reduction, fit_reduction
from pipeline.errors import SourceError
from pipeline.given import Given, GivenVectors
from pipeline.images.identity import image_ids
from pipeline.images.records import ProcessedBatch, SourceItem
from pipeline.progress import Progress
from pipeline.search.caption_index import CAPTIONS, WORDS, write_captions
from pipeline.sources.source import Source

__all__ = ["METHODS_OF_LAYOUT", "STAGES", "usual_parameters"]

COMMIT_EVERY = 1024  # images that an interrupted build loses at most
COMMIT_GIVEN, GIVEN_BATCH = 16_384, 256
"""Without a network an image costs little, so more of them are lost at most, and a batch is larger."""
NEIGHBORS: Final = 90  # three times t-SNE's perplexity of 30, and more than UMAP's 15
METHODS_OF_LAYOUT: Final = frozenset(key for key, _ in METHODS)
"""Methods of the layouts that the stage makes."""


def _read(work: StageWork) -> Result:
    """Embed the images that are not yet committed. The dataset itself shows how far an earlier run came."""
    reading = _reading(work)
    source, writer = reading.source, reading.writer
    items = _items_by_id(source)
    waiting = [(image_id, items[image_id]) for image_id in sorted(items) if image_id > writer.last_id]
    before = len(items) - len(waiting)

    def shifted(progress: Progress) -> None:
        note = f"{before:,} from before" if before else ""
        work.tell(Progress(READ.title, before + progress.done, len(items), "images", note))

    pending: list[ProcessedBatch] = []
    given = isinstance(reading.embedder, GivenVectors)
    every = COMMIT_GIVEN if given else COMMIT_EVERY
    batches = process_images(
        waiting,
        reading.embedder,
        limits=reading.limits,
        batch_size=GIVEN_BATCH if given else None,
        exif=reading.exif,
        cards=reading.cards,
        progress=shifted,
    )
    for batch in batches:
        pending.append(batch)
        if sum(len(entry.rows) for entry in pending) >= every:
            writer.add(pending, items, source.attributes, source.root)
            pending = []
    writer.add(pending, items, source.attributes, source.root)
    failed, reason = writer.failures()
    if failed == len(items):
        writer.discard()
        raise SourceError(
            f"None of the {len(items):,} files in {source.place} could be used; the first: {reason.rstrip('.')}. "
            "Check that they are images."
        )
    writer.compact()
    made = ["images.lance", "thumbnails.lance", RAW, *([EXIF] if writer.exists(EXIF) else [])]
    shared = None if reading.cards is None else writer.count("thumbnails.lance")
    return Result(tuple(made), {"failed": failed, "thumbnails": shared})


def _reduce(work: StageWork) -> Result:
    """Centre, reduce and normalise the vectors; store the reduction for later images."""
    ids, raw = _reading(work).writer.raw_vectors()
    work.tell(Progress(EMBEDDING.title, 0, len(ids)))
    reduction = fit_reduction(raw, seed=work.parameters["embedding"]["seed"])
    vectors = apply_reduction(reduction, raw)
    work.files.replace(work.vectors_path, vector_table(ids, vectors))
    arrays = {"mean": reduction.mean}
    if reduction.components is not None:
        arrays["components"] = reduction.components
    model = f"models/{work.backbone}-reduction.safetensors"
    work.files.write_arrays(model, arrays)
    work.tell(Progress(EMBEDDING.title, len(ids), len(ids)))
    return Result((work.vectors_path, model), {"images": len(ids), "dimensions": int(vectors.shape[1])})


def _find_neighbors(work: StageWork) -> Result:
    chosen = work.parameters["graph"]
    ids, vectors = work.vectors()
    work.tell(Progress(GRAPH.title, 0, len(ids)))
    graph = knn_graph(vectors.astype(np.float32), chosen["neighbors"], seed=chosen["seed"], progress=work.tell)
    if not graph.k:  # a single image has no neighbours
        return Result((), {})
    work.files.replace(work.graph_path, graph_table(ids, graph))
    work.tell(Progress(GRAPH.title, len(ids), len(ids)))
    return Result((work.graph_path,), {})


def _group_duplicates(work: StageWork) -> Result:
    distance = work.parameters["duplicates"]["distance"]
    ids, vectors = work.vectors()
    work.tell(Progress(DUPLICATES.title, 0, len(ids)))
    found = find_duplicates(work.hashes(), vectors, work.graph(ids), distance, progress=work.tell)
    rows = found.members
    table = {
        "image_id": pa.array(ids[rows], pa.int64()),
        "group": pa.array(ids[found.groups[rows]], pa.int64()),
        "kind": pa.array(np.where(found.exact[rows], "exact", "near").tolist(), pa.string()),
    }
    work.files.replace("duplicates.lance", pa.table(table))
    work.tell(Progress(DUPLICATES.title, len(ids), len(ids)))
    return Result(("duplicates.lance",), {"distance": distance})


def _score(work: StageWork) -> Result:
    ids, vectors = work.vectors()
    seed = work.parameters["scores"]["seed"]
    items = work.items()
    given, source = _given(work)
    unscored = without_given(work.taxonomy.restricted_to(work.without_later_scores()), given)
    scores = score_known_attributes(items, vectors, unscored, ids, seed=seed, progress=work.tell)
    facts = [replace(one, origin=work.origin) if one.origin else one for one in scores.facts]
    made = []
    if source is not None and given.scores:
        order = order_of(source, ids)
        facts = with_given_scores(facts, given, order, items, work.taxonomy)
        for name, values in given.scores.items():
            dataset = f"scores/{name}/{GIVEN_SCORES}.lance"
            work.files.replace(dataset, pa.table({"image_id": pa.array(ids), "score": pa.array(values[order])}))
            made.append(dataset)
    for row, name in enumerate(scores.names):
        table = pa.table({"image_id": pa.array(ids, pa.int64()), "score": pa.array(scores.scores[row], pa.float32())})
        dataset, model = f"scores/{name}/{work.origin}.lance", f"models/{name}-{work.origin}.safetensors"
        work.files.replace(dataset, table)
        work.files.write_arrays(model, scores.models[name])
        made += [dataset, model]
    return Result(tuple(made), {"attributes": [asdict(one) for one in facts]})


def _lay_out(work: StageWork) -> Result:
    chosen = work.parameters["layout"]
    options = LayoutOptions(chosen["perplexity"], chosen["neighbors"], chosen["min_dist"])
    ids, vectors = work.vectors()
    given, source = _given(work)
    places = None
    if source is not None and given.positions is not None:
        places = GivenPlaces(
            f"Given ({', '.join(given.axes)})", positions_on_map(given.positions)[order_of(source, ids)]
        )
    layouts = build_layouts(
        vectors,
        work.graph(ids),
        work.scores(),
        work.items(),
        work.taxonomy,
        places or options,
        seed=chosen["seed"],
        progress=work.tell,
    )
    made = []
    for layout in layouts:
        dataset, names = f"layouts/{layout.facts.name}.lance", f"clusters/{layout.facts.name}.json"
        work.files.replace(dataset, layout_table(ids[layout.rows], layout.positions, layout.trust, layout.clusters))
        work.files.write_json(names, [asdict(name) for name in layout.names])
        made += [dataset, names]
    return Result(tuple(made), {"layouts": [asdict(layout.facts) for layout in layouts]})


def _index_captions(work: StageWork) -> Result:
    write_captions(work.files, work.tell)
    return Result((CAPTIONS, WORDS), {})


def _keep_columns(work: StageWork) -> Result:
    ids, _ = work.vectors()
    work.tell(Progress(COLUMN_STAGE.title, 0, len(ids)))
    facts = write_columns(_reading(work).writer, _reading(work).source, ids)
    work.tell(Progress(COLUMN_STAGE.title, len(ids), len(ids)))
    return Result((COLUMNS,) if facts else (), {"columns": [asdict(one) for one in facts]})


def _reading(work: StageWork) -> Reading:
    if work.reading is None:
        raise ValueError("This stage reads the source, and a finished collection is changed without it.")
    return work.reading


def _given(work: StageWork) -> tuple[Given, Source | None]:
    """Return what was given, and the source in whose order it is; nothing for a finished collection."""
    return (Given(), None) if work.reading is None else (work.reading.given, work.reading.source)


def _items_by_id(source: Source) -> dict[int, SourceItem]:
    ids = image_ids(source.name, [item.key for item in source.items])
    return dict(zip(ids.tolist(), source.items, strict=True))


READ: Final = Stage(
    name="read",
    title="Reading and embedding images",
    version=1,
    reads=(),
    makes=("images", "raw vectors", "exif"),
    facts=("source",),
    parameters=(),
    run=_read,
)
EMBEDDING: Final = Stage(
    name="embedding",
    title="Reducing vectors",
    version=1,
    reads=("raw vectors",),
    makes=("vectors",),
    facts=(),
    parameters=("seed",),
    run=_reduce,
)
GRAPH: Final = Stage(
    name="graph",
    title="Finding neighbours",
    version=1,
    reads=("vectors",),
    makes=("graph",),
    facts=(),
    parameters=("neighbors", "seed"),
    run=_find_neighbors,
)
DUPLICATES: Final = Stage(
    name="duplicates",
    title="Finding duplicates",
    version=1,
    reads=("images", "vectors", "graph"),
    makes=("duplicates",),
    facts=(),
    parameters=("distance",),
    run=_group_duplicates,
)
SCORES: Final = Stage(
    name="scores",
    title="Training first scores",
    version=1,
    reads=("images", "vectors"),
    makes=("scores",),
    facts=("taxonomy", "given"),
    parameters=("seed",),
    run=_score,
)
LAYOUT: Final = Stage(
    name="layout",
    title="Laying out",
    version=1,
    reads=("images", "vectors", "graph", "scores"),
    makes=("layouts",),
    facts=("taxonomy", "attributes", "given"),
    parameters=("perplexity", "neighbors", "min_dist", "seed"),
    run=_lay_out,
)
CAPTION_STAGE: Final = Stage(
    name="captions",
    title="Indexing captions",
    version=1,
    reads=("images",),
    makes=("captions",),
    facts=(),
    parameters=(),
    run=_index_captions,
)
COLUMN_STAGE: Final = Stage(
    name="columns",
    title="Keeping columns",
    version=1,
    reads=("images", "exif"),
    makes=("columns",),
    facts=("source",),
    parameters=(),
    run=_keep_columns,
)
STAGES: Final = (READ, EMBEDDING, GRAPH, DUPLICATES, SCORES, LAYOUT, CAPTION_STAGE, COLUMN_STAGE)
"""In the order in which they run."""


def usual_parameters(seed: int, distance: float) -> dict[str, dict[str, Any]]:
    """Return the values of the parameters that a build uses: by stage, then by name.

    Parameters
    ----------
    seed
        Seed of every stage.
    distance
        Distance below which images are near-duplicates.
    """
    values: dict[str, dict[str, Any]] = {
        "embedding": {},
        "graph": {"neighbors": NEIGHBORS},
        "duplicates": {"distance": distance},
        "scores": {},
        "layout": asdict(LayoutOptions()),
    }
    return {stage.name: {"seed": seed} | values.get(stage.name, {}) for stage in STAGES}
