"""The plan of a synthetic collection before images are drawn, and the data kept of each image until the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.images.records import SourceItem
from pipeline.progress import Progress, ProgressCallback
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from pipeline.synthetic.catalogue import Catalogue, make_catalogue
from pipeline.synthetic.identities import Groups, Projects, draw_groups, draw_image_ids, draw_projects
from pipeline.synthetic.imperfect_model import ImperfectModel, train_model
from pipeline.synthetic.pictures import PicturePools, make_pools
from pipeline.synthetic.random_streams import Purpose, stream
from pipeline.synthetic.sampling import Drawn, draw_images
from pipeline.synthetic.spec import SyntheticSpec
from pipeline.taxonomy import Taxonomy

__all__ = ["Kept", "Plan", "make_plan"]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The plan of a collection, complete before any image is drawn."""

    spec: SyntheticSpec
    catalogue: Catalogue
    ids: NDArray[np.int64]
    projects: Projects
    groups: Groups
    leaders: Drawn
    model: ImperfectModel
    items: tuple[SourceItem, ...]
    pools: PicturePools
    taxonomy: Taxonomy


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Data of every image in memory until the end, by row; arrays with two axes are attributes by images."""

    truth: NDArray[np.bool_]
    logits: NDArray[np.float32]
    clusters: NDArray[np.int16]
    strays: NDArray[np.bool_]
    pictures: NDArray[np.int32]
    places: NDArray[np.float32]


def make_plan(spec: SyntheticSpec, tell: ProgressCallback) -> Plan:
    """Draw the structure, the groups of duplicates, the model and the pictures of a collection."""
    steps = 4
    stage = "Laying out the structure"
    tell(Progress(stage, 0, steps, "steps"))
    catalogue = make_catalogue(spec)
    tell(Progress(stage, 1, steps, "steps"))
    groups = draw_groups(spec)
    leaders = draw_images(spec, catalogue, stream(spec.seed, Purpose.LEADERS), len(groups.exact))
    tell(Progress(stage, 2, steps, "steps"))
    model = train_model(spec, catalogue)
    tell(Progress(stage, 3, steps, "steps"))
    items = open_source(asset("sample/sample.csv"), name="sample").items
    if spec.pictures is not None:
        items = items[:: max(1, -(-len(items) // spec.pictures))]
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml")).restricted_to(spec.names)
    pools = make_pools(spec, catalogue, items, taxonomy)
    projects = draw_projects(spec, catalogue)
    plan = Plan(spec, catalogue, draw_image_ids(spec), projects, groups, leaders, model, tuple(items), pools, taxonomy)
    tell(Progress(stage, steps, steps, "steps"))
    return plan
