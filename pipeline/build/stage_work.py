"""What the stages of a build share: their parameters and facts, and the data that they read from the build's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.build.cards import Cards
from pipeline.build.first_scores import ORIGIN, FirstScores, is_first
from pipeline.collection.manifest import AttributeFacts, attribute_facts_from
from pipeline.collection.vector_table import read_vectors
from pipeline.collection.writer import EXIF, RAW, CollectionWriter
from pipeline.embedding.embedders import Embedder
from pipeline.embedding.neighbors import NeighborGraph
from pipeline.given import Given, GivenVectors
from pipeline.images.locations import FileLocation
from pipeline.images.records import SourceItem
from pipeline.limits import Limits
from pipeline.progress import ProgressCallback
from pipeline.search.caption_index import TextFiles
from pipeline.sources.source import Source
from pipeline.taxonomy import Taxonomy

__all__ = ["Reading", "StageFiles", "StageWork", "graph_table"]


NOTHING_GIVEN = Given()


class StageFiles(TextFiles, Protocol):
    """The files that stages read and write: those of a build, or of a collection that is changed."""

    def exists(self, name: str) -> bool:
        """Return whether there is a dataset."""

    def dataset(self, name: str) -> Any:
        """Open a dataset, with what was written so far."""

    def file(self, name: str) -> Path:
        """Return the path of a small file, with what was written so far."""

    def write_json(self, name: str, values: Any) -> None:
        """Write a small JSON file."""

    def write_arrays(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Write named arrays as safetensors."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading and embedding needs.

    Parameters
    ----------
    writer
        The build.
    source, embedder
        The listed source and the network.
    limits, exif
        Limits of one image, and whether EXIF is kept.
    state
        All that decides what reading gives; see `pipeline.collection.writer.CollectionWriter`.
    given
        Layout and scores that were given, in the order of the source.
    cards
        Cards of images without a picture; None where each needs one.
    """

    writer: CollectionWriter
    source: Source
    embedder: Embedder | GivenVectors
    limits: Limits
    exif: bool
    state: dict[str, Any]
    given: Given = NOTHING_GIVEN
    cards: Cards | None = None


@dataclass
class StageWork:
    """The inputs of the stages, and the place of their outputs.

    Parameters
    ----------
    files
        The files of the build or of the collection.
    backbone
        Name of the embedding.
    taxonomy
        Attributes of the collection.
    parameters
        Values of the parameters: by stage, then by name.
    tell
        Called with the progress of each stage; may raise to stop.
    reading
        The source and the network; None where a finished collection is changed.
    present
        Facts about the scores of a finished collection; empty in a new build.
    origin
        Name of the scores that the stage of scores makes.
    results
        Facts of the stages that were run or left out, by name.
    """

    files: StageFiles
    backbone: str
    taxonomy: Taxonomy
    parameters: dict[str, dict[str, Any]]
    tell: ProgressCallback
    reading: Reading | None = None
    present: tuple[AttributeFacts, ...] = ()
    origin: str = ORIGIN
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Callable[[], Any]]:
        """Facts that stages read and that lie in no dataset, by name; each returns plain values."""
        return {
            "source": lambda: None if self.reading is None else self.reading.state,
            "given": self._given,
            "taxonomy": self.taxonomy.as_mapping,
            "attributes": lambda: [asdict(facts) for facts in self.attributes()],
        }

    def _given(self) -> str | None:
        """Return the hash of what was given; None where nothing was, and where a finished collection is changed."""
        given = NOTHING_GIVEN if self.reading is None else self.reading.given
        return None if given.positions is None and not given.scores else given.sha256

    def paths(self, name: str) -> list[str]:
        """Return where some data lies, as paths below the collection's folder.

        Parameters
        ----------
        name
            ``"images"``, ``"raw vectors"``, ``"exif"``, ``"vectors"``, ``"graph"``, or ``"scores"``; any other name has
            no paths, because no stage reads it.
        """
        single = {
            "images": "images.lance",
            "raw vectors": RAW,
            "exif": EXIF,
            "vectors": self.vectors_path,
            "graph": self.graph_path,
        }
        if name == "scores":
            return [f"scores/{facts.name}/{facts.origin}.lance" for facts in self.attributes() if facts.origin]
        return [single[name]] if name in single else []

    @property
    def vectors_path(self) -> str:
        """Path of the embedding below the folder."""
        return f"embeddings/{self.backbone}.lance"

    @property
    def graph_path(self) -> str:
        """Path of the graph of neighbours below the folder."""
        return f"graph/{self.backbone}.lance"

    def attributes(self) -> tuple[AttributeFacts, ...]:
        """Return facts about every attribute: those of the first scores, but of later scores where there are some."""
        found = {facts.name: facts for facts in self.present}
        if "scores" in self.results:
            found |= {values["name"]: attribute_facts_from(values) for values in self.results["scores"]["attributes"]}
        return tuple(found[name] for name in self.taxonomy.names if name in found)

    def without_later_scores(self) -> list[str]:
        """Return the attributes to which no round or release file gave scores."""
        later = {facts.name for facts in self.present if facts.origin and not is_first(facts.origin)}
        return [name for name in self.taxonomy.names if name not in later]

    def vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Read ids (n,), ascending, and vectors float16 (n, d): centred, reduced, normalised."""
        return read_vectors(self.files.dataset(self.vectors_path))

    def graph(self, ids: NDArray[np.int64]) -> NeighborGraph:
        """Read the graph of neighbours with its rows in the order of `ids`; without any for a single image."""
        if not self.files.exists(self.graph_path):
            return NeighborGraph(np.zeros((len(ids), 0), np.int32), np.zeros((len(ids), 0), np.float32))
        table = self.files.dataset(self.graph_path).to_table().combine_chunks()
        width = table.schema.field("neighbors").type.list_size
        order = np.argsort(table["image_id"].to_numpy(), kind="stable")
        flat = {name: pc.list_flatten(table[name]).to_numpy().reshape(-1, width) for name in ("neighbors", "distances")}
        indices = np.searchsorted(ids, flat["neighbors"][order]).astype(np.int32)
        return NeighborGraph(indices, np.ascontiguousarray(flat["distances"][order], np.float32))

    def items(self) -> list[SourceItem]:
        """Read what the source says about the readable images, by ascending id: (n,).

        Only texts, projects and answers are filled in. No image is read again.
        """
        table = self._readable(["image_id", "source", "project_id", "caption", "keywords", "author", *self._known()])
        nowhere = FileLocation(Path())
        return [
            SourceItem(
                source_name="",
                key=row["source"],
                location=nowhere,
                caption=row["caption"],
                author=row["author"],
                keywords=row["keywords"],
                project_id=row["project_id"],
                labels={
                    name.removeprefix("known_"): value
                    for name, value in row.items()
                    if name.startswith("known_") and value is not None
                },
            )
            for batch in table.to_batches(max_chunksize=65_536)
            for row in batch.to_pylist()
        ]

    def readable_ids(self) -> NDArray[np.int64]:
        """Read the ids of the readable images, ascending: int64 (n,)."""
        ids: NDArray[np.int64] = self._readable(["image_id"])["image_id"].to_numpy()
        return ids

    def hashes(self) -> list[str]:
        """Read the SHA-256 sums of the readable images, by ascending id."""
        found: list[str] = self._readable(["image_id", "sha256"])["sha256"].to_pylist()
        return found

    def scores(self) -> FirstScores:
        """Read the present scores of all scored attributes, for layouts; without models."""
        scored = [facts for facts in self.attributes() if facts.origin]
        ids = self.readable_ids()
        scores = np.empty((len(scored), len(ids)), np.float32)
        known = np.full((len(scored), len(ids)), -1, np.int8)
        answers = self._readable(["image_id", *self._known()])
        for row, facts in enumerate(scored):
            table = self.files.dataset(f"scores/{facts.name}/{facts.origin}.lance").to_table().sort_by("image_id")
            values = table["score"].to_numpy()
            scores[row] = values if facts.scale is None else facts.scale.to_unit(values)
            if f"known_{facts.name}" in answers.column_names:
                known[row] = answers[f"known_{facts.name}"].cast(pa.int8()).fill_null(-1).to_numpy()
        thresholds = np.array([np.inf if facts.threshold is None else facts.threshold for facts in scored], np.float32)
        return FirstScores(tuple(facts.name for facts in scored), scores, known, thresholds, tuple(scored), {})

    def _known(self) -> list[str]:
        return [name for name in self.files.dataset("images.lance").schema.names if name.startswith("known_")]

    def _readable(self, columns: list[str]) -> pa.Table:
        """Read columns of the readable images, by ascending id."""
        return self.files.dataset("images.lance").to_table(columns, "status = 'ok'").sort_by("image_id")


def graph_table(ids: NDArray[np.int64], graph: NeighborGraph) -> pa.Table:
    """Return the table of a graph: ``image_id``, and ids and distances of its neighbours as lists of fixed size."""
    width = graph.k
    columns = {
        "image_id": pa.array(ids, pa.int64()),
        "neighbors": pa.FixedSizeListArray.from_arrays(pa.array(ids[graph.indices].reshape(-1), pa.int64()), width),
        "distances": pa.FixedSizeListArray.from_arrays(pa.array(graph.distances.reshape(-1), pa.float32()), width),
    }
    return pa.table(columns)
