"""Scores and models of rounds on disk, one attribute and version at a time. Reads and writes files.

``scores/<attribute>/round-<number>.lance`` and ``models/<attribute>-round-<number>.safetensors`` are written completely
or not at all. Then ``collection.json`` names them, under a lock. Versions that came with the collection (``model-1``,
``imported-...``) are never changed.
"""

from __future__ import annotations

from collections.abc import Collection as Names
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.collection.manifest import AttributeFacts
from pipeline.collection.own_files import remove_own
from pipeline.collection.tables import read_manifest
from pipeline.errors import CollectionDamagedError, ModelMismatchError, ParameterError
from pipeline.files.locks import locked
from pipeline.files.paths import inside
from pipeline.files.small_files import check_plain, write_json, writing
from pipeline.learning.linear_model import LinearModel, probabilities
from pipeline.taxonomy import Attribute

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

from pipeline.collection.score_origins import ROUND_PREFIX, named_origin, origin_of_round, round_of_origin

__all__ = ["current_round", "discard_round", "name_scores", "prune_scores", "read_model", "write_round"]


def write_round(
    collection: Collection, attribute: str, number: int, scores: NDArray[np.float32], model: LinearModel
) -> str:
    """Write the scores and the model of one round. They become visible by `name_scores`.

    Parameters
    ----------
    collection, attribute, number
        The attribute and the round.
    scores
        float32 (n,): probabilities in the order of rows.
    model
        The model that computed them.

    Returns
    -------
    str
        Name of this version, the `origin` of the scores.

    Raises
    ------
    ParameterError
        If a score is NaN or outside 0 to 1, or if the number of scores is not that of the images.
    CollectionError
        If they cannot be written. All partial files are deleted.
    """
    import lance
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    if len(scores) != len(collection) or not (scores.min(initial=0) >= 0 and scores.max(initial=0) <= 1):
        raise ParameterError(
            f"There are {len(scores):,} scores for {len(collection):,} images, or one is NaN or outside 0 to 1. "
            "Give the probability of every image; embed those again that have none."
        )
    origin = origin_of_round(number)
    path = _scores_path(collection, attribute, origin)
    temporary = path.with_name(f".{path.name}.part")
    place = _model_path(collection, attribute, origin)
    part = place.with_suffix(".part")
    metadata = {"embedding": collection.embedding_name, "attribute": attribute, "origin": origin}
    arrays = {
        "weights": model.weights,
        "intercept": np.array([model.intercept]),
        "calibration": np.array([model.slope, model.offset]),
    }
    try:
        with writing(collection.path):
            for file in (path, place):
                file.parent.mkdir(parents=True, exist_ok=True)
            for leftover in (temporary, path):
                _remove_scores(collection, leftover)
            table = pa.table({"image_id": collection.image_ids, "score": scores})
            lance.write_dataset(table, str(temporary), max_rows_per_file=len(scores) or 1)
            try:
                save_file(arrays, part, metadata)
            except SafetensorError as error:  # the cause is a disk error as text
                raise OSError(str(error)) from error
            part.replace(place)
            temporary.rename(path)
    except BaseException:
        with suppress(OSError):
            _remove_scores(collection, temporary)
            for file in (part, place):
                file.unlink(missing_ok=True)
        raise
    return origin


def discard_round(collection: Collection, attribute: str, number: int) -> None:
    """Delete the files of a round that was written but not named. Everything else stays."""
    origin = origin_of_round(number)
    path, model = _scores_path(collection, attribute, origin), _model_path(collection, attribute, origin)
    with writing(collection.path):
        for folder in (path.with_name(f".{path.name}.part"), path):
            _remove_scores(collection, folder)
        for file in (model.with_suffix(".part"), model):
            file.unlink(missing_ok=True)


def name_scores(collection: Collection, facts: AttributeFacts, attribute: Attribute) -> None:
    """Make a written version the current scores, with their facts.

    An attribute that people defined and the collection's taxonomy lacks is added to it.

    Raises
    ------
    CollectionError
        If the collection cannot be written. The earlier scores stay current.
    """
    path = collection.path / "collection.json"
    with writing(collection.path), locked(path):
        manifest = read_manifest(collection.path)
        if manifest.revision.number != collection.manifest.revision.number:
            _score_added(collection, facts.name, facts.origin)
        others = [entry for entry in manifest.attributes if entry.name != facts.name]
        places = {entry.name: place for place, entry in enumerate(manifest.attributes)}
        others.insert(places.get(facts.name, len(others)), facts)
        taxonomy = manifest.taxonomy
        if attribute.name not in taxonomy.names:
            taxonomy = replace(taxonomy, attributes=(*taxonomy.attributes, attribute))
        # Of an earlier dataset of this name, which an update may have noted, nothing is left.
        written = f"scores/{facts.name}/{facts.origin}.lance"
        versions = {name: version for name, version in manifest.revision.versions.items() if name != written}
        revision = replace(manifest.revision, versions=versions)
        manifest = replace(manifest, attributes=tuple(others), taxonomy=taxonomy, revision=revision)
        write_json(path, manifest.as_mapping())


def _score_added(collection: Collection, attribute: str, origin: str) -> None:
    """Score the images that were added to the collection since it was opened, so that no image is without a score."""
    import lance

    from pipeline.collection import Collection
    from pipeline.collection.vectors import StoredVectors

    now = Collection(collection.path)
    path = _scores_path(now, attribute, origin)
    scored = lance.dataset(str(path)).to_table(columns=["image_id"])["image_id"].to_numpy()
    rows = np.flatnonzero(~np.isin(now.image_ids, scored))
    if rows.size:
        scores = probabilities([read_model(now, attribute, origin)], StoredVectors(now).of(rows))[:, 0]
        table = pa.table({"image_id": now.image_ids[rows], "score": scores})
        lance.write_dataset(table, str(path), mode="append")


def current_round(collection: Collection, attribute: str) -> int:
    """Return the number of the round of the current scores; 0 if they are not from a round."""
    return round_of_origin(named_origin(collection, attribute)) or 0


def read_model(collection: Collection, attribute: str, origin: str) -> LinearModel:
    """Read the model of one version.

    Raises
    ------
    ModelMismatchError
        If it was trained on another embedding than the collection has now.
    CollectionDamagedError
        If it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    path = _model_path(collection, attribute, origin)
    try:
        check_plain(path)
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            weights, intercept, calibration = (file.get_tensor(key) for key in ("weights", "intercept", "calibration"))
        slope, offset = (float(number) for number in calibration.tolist())
        bias = float(intercept[0])
    except (OSError, ValueError, TypeError, IndexError, SafetensorError) as error:
        raise CollectionDamagedError(f"{path} cannot be read ({type(error).__name__}). Run another round.") from error
    embedding = metadata.get("embedding", collection.embedding_name)
    if embedding != collection.embedding_name or len(weights) != collection.manifest.dimensions:
        raise ModelMismatchError(
            f"The model {origin} of {attribute} was trained on {embedding} with {len(weights)} numbers a vector; the "
            f"collection has {collection.embedding_name} with {collection.manifest.dimensions} now. Run another round."
        )
    return LinearModel(np.asarray(weights, np.float32), bias, slope, offset)


def prune_scores(collection: Collection, attribute: str, keep: Names[str]) -> list[str]:
    """Delete the scores of old rounds and return their names.

    Versions that came with the collection stay, and those in ``keep``. All models stay: they are small, and the
    learning curve needs them.
    """
    removed = []
    folder = inside(collection.path, "scores", attribute)
    for path in folder.glob(f"{ROUND_PREFIX}*.lance"):
        if path.stem not in keep and round_of_origin(path.stem) is not None:
            with writing(collection.path):
                _remove_scores(collection, path)
            removed.append(path.stem)
    return sorted(removed)


def _remove_scores(collection: Collection, path: Path) -> None:
    remove_own(collection.path, path.relative_to(collection.path).as_posix())


def _scores_path(collection: Collection, attribute: str, origin: str) -> Path:
    return inside(collection.path, "scores", attribute, f"{origin}.lance")


def _model_path(collection: Collection, attribute: str, origin: str) -> Path:
    return inside(collection.path, "models", f"{attribute}-{origin}.safetensors")
