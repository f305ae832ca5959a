"""A folder of pictures whose life goes on while people answer: a small real world for tests of whole histories."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.audit.files import list_audits
from pipeline.audit.lifecycle import draw, freeze
from pipeline.audit.plan import ANYTIME, AuditPlan
from pipeline.audit.population import sets_of
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.records import Audit, State
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.audit.verification import verify_certificate
from pipeline.build import BuildOptions, build_collection
from pipeline.build.kept_answers import kept_source_name
from pipeline.certification.files import latest
from pipeline.certification.lifecycle import begin, make_plan, outcome
from pipeline.collection import Collection
from pipeline.errors import ParameterError, RoundError
from pipeline.images.identity import image_id
from pipeline.label_store import Draft, LabelStore, Purpose, Reply, Value, new_action_id, open_label_store
from pipeline.label_tables import ExportOptions, What, export_table
from pipeline.releases.export import export_collection
from pipeline.releases.files import list_releases, verify_release
from pipeline.releases.make import make_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.run import run_round
from pipeline.sources.opening import open_source
from pipeline.taxonomy import Taxonomy
from tests.helpers.fake_embedder import FakeEmbedder

BIRD = "content_bird"


@dataclass
class World:
    """A source, the collection built of it, and everything that was acknowledged about it."""

    folder: Path
    source: Path = field(init=False)
    target: Path = field(init=False)
    said: list[tuple[int, str, str]] = field(default_factory=list)
    """Image, file and value of every answer that was acknowledged."""
    away: dict[str, bytes] = field(default_factory=dict)
    certificates: int = 0
    told: list[str] = field(default_factory=list)
    drawn: int = 0
    renamed: int = 0

    def __post_init__(self) -> None:
        self.source, self.target = self.folder / "pictures", self.folder / "collection"
        self.source.mkdir()

    # ---- the source --------------------------------------------------------------------------------------------------
    def files(self) -> list[str]:
        return sorted(path.name for path in self.source.iterdir())

    def grow(self, count: int) -> None:
        for _ in range(count):
            self._draw(f"{'bird' if self.drawn % 2 else 'tree'}-{self.drawn:03d}.png", self.drawn)
            self.drawn += 1

    def shrink(self, seed: int) -> None:
        name = self._some(seed)
        self._keep(name)
        (self.source / name).unlink()

    def rename(self, seed: int) -> None:
        name = self._some(seed)
        self._keep(name)
        self.renamed += 1
        (self.source / name).rename(self.source / f"{name.partition('-')[0]}-again-{self.renamed}.png")

    def edit(self, seed: int) -> None:
        self._draw(self._some(seed), seed + 1000)

    def spoil(self, seed: int) -> None:
        name = self._some(seed)
        self._keep(name)
        (self.source / name).write_bytes(b"no picture")

    def bring_back(self, seed: int) -> None:
        del seed
        for name, data in self.away.items():
            (self.source / name).write_bytes(data)
        self.away.clear()

    def _keep(self, name: str) -> None:
        """Keep a file to be brought back, as it was when it was whole: it may have been spoilt since."""
        self.away.setdefault(name, (self.source / name).read_bytes())

    def move(self, seed: int) -> None:
        """Rename the source's folder without a build."""
        self.source = self.source.rename(self.folder / f"pictures-{seed}-{self.renamed}-{self.drawn}")

    def _some(self, seed: int) -> str:
        names = self.files()
        return names[seed % len(names)]

    def _draw(self, name: str, seed: int) -> None:
        chance = np.random.default_rng(seed)
        image = Image.new("RGB", (48, 48), tuple(chance.integers(200, 256, 3).tolist()))
        pen, shift = ImageDraw.Draw(image), int(chance.integers(0, 16))
        if name.startswith("bird"):
            pen.ellipse((shift, 4, shift + 26, 30), fill=(int(chance.integers(120, 255)), 0, 0))
        else:
            pen.rectangle((shift, 14, shift + 20, 46), fill=(0, int(chance.integers(80, 255)), 0))
        image.save(self.source / name)

    def build(self) -> None:
        name = kept_source_name(self.target)
        options = BuildOptions(replace=True)
        listed = open_source(self.source, name=name)
        self.told.clear()
        build_collection(listed, self.target, FakeEmbedder(), Taxonomy("none", 1, ()), options, say=self.told.append)

    # ---- actions of people -------------------------------------------------------------------------------------------
    def open(self) -> tuple[Collection, LabelStore]:
        collection = Collection(self.target)
        store = open_label_store(collection)
        if not store.annotators.list_all():
            ann = store.annotators.add("Ann")
            store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
            store.attributes.set_agreement(ann.id, BIRD, 1)
        return collection, store

    def bulk_answer(self, collection: Collection, store: LabelStore) -> None:
        """Answer about some of the images that look alike."""
        ann = store.annotators.list_all()[0].id
        names = dict(zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True))
        walled = store.batches.barred_among(BIRD, list(names))
        for value, kind in ((Value.YES, "bird"), (Value.NO, "tree")):
            some = [image for image, name in names.items() if name.startswith(kind) and image not in walled][:4]
            if some:
                store.answers.bulk_answer(new_action_id(), ann, BIRD, 1, some, value)
                self.said += [(image, names[image], value.value) for image in some]

    def answer_pages(self, collection: Collection, store: LabelStore, purpose: Purpose, most: int) -> int:
        """Answer questions of a purpose, up to a number of images; return the number of questions."""
        ann = store.annotators.list_all()[0].id
        names = dict(zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True))
        page = store.questions.next_page(ann, BIRD, most, purpose=purpose)
        if page is None:
            return 0
        replies, said = [], []
        for item in page.items:
            value = Value.YES if names[item.image_id].startswith("bird") else Value.NO  # a KeyError is an absent image
            replies.append(Reply(item.draw_id, value, 1.0))
            said.append((item.image_id, names[item.image_id], value.value))
        if replies:
            store.answers.record(new_action_id(), page.id, ann, replies)
            self.said += said
        return len(replies)

    def run_round(self, collection: Collection, store: LabelStore) -> bool:
        if not (store.attributes.list_progress()[0].yes):
            with pytest.raises(RoundError, match="no yes"):
                run_round(collection, store, BIRD, RoundOptions(batch=8))
            return False
        run_round(collection, store, BIRD, RoundOptions(batch=8))
        collection.refresh_scores()
        return True

    def release(self, collection: Collection, store: LabelStore) -> None:
        make_release(collection, store, BIRD, threshold=0.5, lower=0.5, by="Ann")

    def begin_audit(self, collection: Collection, store: LabelStore) -> Audit | None:
        """Begin an audit of the latest release, unless one is under way or nothing is left to draw."""
        ann = store.annotators.list_all()[0]
        under_way = any(audit.state in (State.FROZEN, State.DRAWN) for audit in list_audits(collection, BIRD))
        free = sets_of(collection, store, list_releases(collection, BIRD)[-1]).population
        if under_way or not free.positives + free.negatives:
            return None
        releases = list_releases(collection, BIRD)
        plan = AuditPlan(
            BIRD, releases[-1].number, TruthRule.OWNER, 3, 3, 0.5, ANYTIME, 1, 0.95, 7, 0.05, opinions(TruthRule.OWNER)
        )
        return draw(collection, store, freeze(collection, store, plan, ann))

    def publish_audits(self, collection: Collection, store: LabelStore) -> None:
        for audit in list_audits(collection, BIRD):
            if audit.state is State.DRAWN:
                publish(collection, store, audit)
                self.certificates += 1

    def certify(self, collection: Collection, store: LabelStore) -> None:
        try:
            begin(collection, store, make_plan(collection, store, BIRD, target_precision=0.6, seed=3))
        except ParameterError:
            return  # too few images are left to certify anything, or it was certified already

    # ---- invariants ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Check that nothing is lost or blocked, and that certificates still verify."""
        collection, store = self.open()
        with store:
            self._check_log(collection, store)
            self._check_names(collection)
            here = set(collection.image_ids.tolist())
            aside = store.absent_images.set_aside(BIRD)
            assert aside.answers == sum(image not in here for image, _, _ in self.said)
            assert aside.images == len({image for image, _, _ in self.said if image not in here})
            assert (
                next(entry for entry in store.attributes.list_progress() if entry.entry.name == BIRD).absent
                == aside.answers
            )
            for audit in list_audits(collection, BIRD):
                if audit.state is State.PUBLISHED:
                    path = collection.path / "audits" / BIRD / str(audit.number) / "certificate.json"
                    differences = verify_certificate(collection, store, read_certificate(path))
                    assert differences == [], differences
            for release in list_releases(collection, BIRD):
                verify_release(collection, release)
            certification = latest(collection, BIRD)
            if certification is not None:
                outcome(store, certification)

    def _check_log(self, collection: Collection, store: LabelStore) -> None:
        out = self.folder / "answers.csv"
        exported = export_table(
            store, collection, out, ExportOptions(What.ANSWERS, with_blind=True), replace=out.exists()
        )
        assert exported.nameless == 0
        with out.open(encoding="utf-8-sig", newline="") as file:
            written = sorted((int(row["image_id"]), row["file"], row["value"]) for row in csv.DictReader(file))
        assert written == sorted(self.said)
        tables = export_collection(collection, store, self.folder / "tables", "csv", replace=True)
        assert len(tables.tables) >= len(list_releases(collection, BIRD)) + 1
        for release in list_releases(collection, BIRD):
            with (self.folder / "tables" / "releases" / f"{BIRD}-{release.number}.csv").open(newline="") as file:
                assert all(row["file"] for row in csv.DictReader(file))

    def _check_names(self, collection: Collection) -> None:
        """Every image is the same one as long as its file has the same name, whatever its folder is called."""
        for image, name in zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True):
            assert image == image_id(collection.manifest.source_name, name)
        assert collection.manifest.source_name == "pictures"
