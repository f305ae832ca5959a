"""Write the collection of this folder with the code of the commit that README.md names; it runs on no other.

    git worktree add /tmp/last 3f1db5d
    cd /tmp/last && PYTHONPATH=. BAM_EXPLORER_OFFLINE=1 python CHECKOUT/tests/data/last_version/write.py

It draws 84 pictures, has two people label them, runs two rounds, certifies, releases and audits, and writes
`collection.zip` and `expected.json` beside itself. Names are those of that commit.
"""

import csv
import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from explorer.annotator_token import token_of
from explorer.cli import app
from explorer.state.filter_state import FilterState
from explorer.state.session_state import kept_choices
from explorer.state.view_state import ViewState
from pipeline.audit.audits import draw, freeze
from pipeline.audit.planning import FIXED, AuditPlan
from pipeline.audit.publishing import publish, read_certificate, verify_certificate
from pipeline.audit.truth_rules import TruthRule, opinions
from pipeline.build import BuildOptions, build_collection
from pipeline.certifying import advance, begin, make_plan, outcome
from pipeline.collection import Collection
from pipeline.fake_embedder import FakeEmbedder
from pipeline.kept_releases import list_releases, verify_release
from pipeline.label_store import CAPTIONS, Bars, Draft, Drawn, Purpose, Reply, Value, new_act_id, open_label_store
from pipeline.releases import make_release
from pipeline.resources import asset
from pipeline.round_questions import RoundOptions
from pipeline.round_reports import read_reports
from pipeline.rounds import run_round
from pipeline.sources import open_source
from pipeline.taxonomy import load_taxonomy

HERE = Path(__file__).resolve().parent
BIRD = "content_bird"
CAT = "content_cat"
COUNT = 84
OWN = RoundOptions(batch=8, validation_share=0.5, from_source=False)


def draw_pictures(folder):
    """Draw red discs, blue squares and green stripes, with a table that knows two attributes of two thirds."""
    chance = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(COUNT):
        kind = ("disc", "square", "stripes")[number % 3]
        image = Image.new("RGB", (40, 32 + number % 9), "white")
        pen, shift, shade = ImageDraw.Draw(image), int(chance.integers(0, 12)), 140 + int(chance.integers(0, 110))
        if kind == "disc":
            pen.ellipse((4 + shift, 4, 22 + shift, 22), fill=(shade, 20, 20))
        elif kind == "square":
            pen.rectangle((4 + shift, 5, 20 + shift, 21), fill=(20, 20, shade))
        else:
            for x in range(shift, 40, 6):
                pen.line((x, 0, x, 50), fill=(20, shade, 20), width=2)
        name = f"images/{kind}-{number:03d}.png"
        image.save(folder / name)
        known = number % 9 < 6
        row = {"file": name, "caption": f"a {kind}, number {number}", "keywords": f"{kind};drawing"}
        row |= {"project_id": str(number), "licence": "CC0-1.0", "author": "", "source": "drawn"}
        row["content_cat"] = ("yes" if kind == "disc" else "no") if known else ""
        row["media_pen_ink"] = ("yes" if kind == "stripes" else "no") if known else ""
        rows.append(row)
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder / "table.csv"


def answer(store, page, person, yes):
    """Answer a whole page by what is drawn."""
    replies = [Reply(item.draw_id, Value.YES if item.image_id in yes else Value.NO, 1.5) for item in page.items]
    store.answer(new_act_id(), page.id, person.id, replies)


def label(collection, store, ann, bo):
    """Define birds, mark images in bulk, answer a page each, skip, undo and redo, write captions, make gold."""
    names = dict(zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True))
    stripes = [image for image, name in names.items() if "stripes" in name]
    squares = [image for image, name in names.items() if "square" in name]
    discs = [image for image, name in names.items() if "disc" in name]
    store.define(ann.id, BIRD, Draft("bird", "Is there a bird?", ("parrots",), ("planes",)), seen_version=0)
    store.set_agreement(ann.id, BIRD, 1)
    bulk = new_act_id()
    store.stroke(bulk, ann.id, BIRD, 1, stripes[:4], Value.YES)
    store.stroke(new_act_id(), bo.id, BIRD, 1, squares[:4], Value.NO)
    answer(store, store.take_page(ann.id, store.spot_check(bulk, ann.id, 2, seed=1).id, 24), ann, set(stripes))
    batch = store.draw(BIRD, 1, Purpose.TRAINING, [Drawn(image, "by hand") for image in [stripes[4], *discs[:3], squares[4]]])
    page = store.take_page(bo.id, batch.id, 24)
    store.skip(page.id, bo.id, [page.items[-1].draw_id])
    replies = [Reply(item.draw_id, Value.YES if item.image_id in stripes else Value.NO, 2.0) for item in page.items[:4]]
    store.answer(new_act_id(), page.id, bo.id, replies)
    undone = store.undo(new_act_id(), bo.id)
    store.redo(new_act_id(), bo.id, undone.id)
    store.stroke(new_act_id(), bo.id, BIRD, 1, [squares[5]], Value.YES)
    store.undo(new_act_id(), bo.id)
    store.make_gold(BIRD, 2, seed=1)
    store.caption(new_act_id(), ann.id, stripes[0], "green rain, falling — “straight”")
    store.draw(CAPTIONS, 1, Purpose.TRAINING, [Drawn(image, "by hand") for image in discs[:2]])
    page = store.next_page(bo.id, CAPTIONS, 2)
    item = page.items[0]
    store.caption(new_act_id(), bo.id, item.image_id, "a red sun", page_id=page.id, draw_id=item.draw_id)
    return set(stripes)


def study(collection, store, ann, bo, yes):
    """Run two rounds of one attribute, release, audit by two people and publish; certify the scores of another."""
    for _ in range(2):
        run_round(collection, store, BIRD, OWN)
        collection.refresh_scores()
        for purpose in (Purpose.VALIDATION, Purpose.TRAINING):
            page = store.next_page(ann.id, BIRD, 4, purpose=purpose)
            if page is not None:
                answer(store, page, ann, yes)
    make_release(collection, store, BIRD, threshold=0.5, lower=0.5, by="Ann")
    rule = TruthRule.BOTH
    plan = AuditPlan(BIRD, 1, rule, 8, 12, 0.5, FIXED, 1, 0.95, 7, 0.05, opinions(rule))
    audit = draw(collection, store, freeze(collection, store, plan, ann))
    for person in (ann, bo):
        answer(store, store.take_page(person.id, audit.batch, 500), person, yes)
    publish(collection, store, audit)
    run_round(collection, store, CAT, RoundOptions(batch=8))
    collection.refresh_scores()
    store.set_agreement(ann.id, CAT, 1)
    discs = {
        image
        for image, name in zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True)
        if "disc" in name
    }
    certification = begin(collection, store, make_plan(collection, store, CAT, target_precision=0.5, seed=1))
    answered = set()
    while set(certification.batches) - answered:
        for batch in set(certification.batches) - answered:
            answer(store, store.take_page(ann.id, batch, 500), ann, discs)
            answered.add(batch)
        certification = advance(collection, store, certification)
    store.set_bars(ann.id, BIRD, Bars(gold_share=0.1))
    return certification


def command(*arguments):
    """Give what a command prints."""
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, standalone_mode=False)
    return result.stdout


def table(path, what, *options):
    """Give a table of labels as the command exports it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "table.csv"
        command("labels", "export", path, "--out", out, "--what", what, *options)
        return out.read_text(encoding="utf-8-sig").splitlines()


def facts(path, values):
    """Take out what depends on where the collection lies."""
    return {name: value for name, value in values.items() if str(path) not in json.dumps(value)}


def choices():
    """Give what a page keeps of its session when the server is gone."""
    view, filters = ViewState(), FilterState({BIRD: 0.5, CAT: 0.5})
    view.param.update(layout_name="all-umap", show_counts=False, picture_size="large", dark=False, room="label")
    filters.change(CAT, active=True, minimum=0.7)
    return kept_choices(view, filters)


def main():
    """Write the collection and what this version says of it."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "collection"
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(draw_pictures(folder / "drawn")), path, FakeEmbedder(), taxonomy, BuildOptions())
    collection = Collection(path)
    with open_label_store(collection) as store:
        ann, bo = store.add_annotator("Ann"), store.add_annotator("Bo")
        yes = label(collection, store, ann, bo)
        certification = study(collection, store, ann, bo, yes)
        proved = outcome(store, certification)
        certificate = path / "audits" / BIRD / "1" / "certificate.json"
        assert verify_certificate(collection, store, read_certificate(certificate)) == []
        (release,) = list_releases(collection, BIRD)
        verify_release(collection, release)
        (words,) = [read_certificate(certificate)["statement"]]
        expected = {
            "commit": "3f1db5d",
            "script": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
            "info": facts(path, json.loads(command("info", path, "--json"))),
            "labels_info": facts(path, json.loads(command("labels", "info", path, "--json"))),
            "labels": table(path, "labels"),
            "answers": table(path, "answers", "--with-blind"),
            "captions": table(path, "captions"),
            "rounds": [report.number for report in read_reports(collection, BIRD)],
            "release": {"number": release.number, "sha256": release.sha256},
            "certification": {"finished": proved.finished, "answers": proved.answers},
            "statement": words,
            "annotator": {"id": ann.id, "token": token_of(ann.id, store.secret)},
            "choices": choices(),
        }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with zipfile.ZipFile(HERE / "collection.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.endswith((".lock", "-wal", "-shm")):
                out.write(file, file.relative_to(path))
    shutil.rmtree(folder)
    sys.stdout.write(f"{(HERE / 'collection.zip').stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
