"""Text from outside is text on every screen: nothing in it runs, and no element is made of it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import Draft, Value, new_action_id, open_label_store
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from tests.conftest import draw_images
from tests.helpers import served
from tests.helpers.fake_embedder import FakeEmbedder

CAT = "content_cat"
SHORT = '"><img class=evil src=x onerror="window.ran=1">'
"""Fits where sixty letters do."""

HOSTILE = (
    f"""{SHORT}<script class="evil">window.ran = 1</script>&lt;img class="evil" src=x onerror="window.ran=1"&gt;'"""
)

EVIL = """() => {
  const found = [], look = (root) => {
    found.push(...root.querySelectorAll('.evil'))
    for (const element of root.querySelectorAll('*')) { if (element.shadowRoot) { look(element.shadowRoot) } }
  }
  look(document)
  return [found.length, window.ran || 0]
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection and a label store with markup in every text."""
    home = tmp_path_factory.mktemp("hostile")
    table = draw_images(home / "drawn", 24)
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    for row in rows:
        renamed = f"images/{row['project_id']}<img class=evil src=x onerror=window.ran=1>.png"
        (home / "drawn" / row["file"]).rename(home / "drawn" / renamed)
        row |= {"file": renamed, "caption": f"{row['caption']} {HOSTILE}", "keywords": HOSTILE}
        row |= {"licence": HOSTILE, "author": HOSTILE, "source": f"https://x/{HOSTILE}"}
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    built = home / "collection"
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(table, name=f"birds{SHORT}"), built, FakeEmbedder(), taxonomy, BuildOptions())
    facts = json.loads((built / "collection.json").read_text(encoding="utf-8"))
    facts["name"] = f"birds{SHORT}"
    facts["embedding"] |= {"weights": HOSTILE, "reason": HOSTILE}
    for layout in facts["layouts"]:
        layout["title"] = f"{layout['title']}{HOSTILE}"
    for entry in facts["attributes"]:
        entry["note"] = HOSTILE
    for entry in facts["taxonomy"]["attribute"]:
        entry |= {"title": SHORT, "definition": HOSTILE, "counts": [HOSTILE], "counts_not": [HOSTILE]}
    (built / "collection.json").write_text(json.dumps(facts), encoding="utf-8")
    for names in (built / "clusters").glob("*.json"):
        names.write_text(names.read_text(encoding="utf-8").replace("disc", SHORT.replace('"', "'")), encoding="utf-8")
    collection = Collection(built)
    with open_label_store(collection) as store:
        who = store.annotators.add(SHORT)
        version = store.attributes.find(CAT).definition.version
        store.attributes.define(who.id, CAT, Draft(SHORT, HOSTILE, (HOSTILE,), (HOSTILE,)), seen_version=version)
        images = collection.image_ids[:6].tolist()
        store.answers.bulk_answer(new_action_id(), who.id, CAT, version + 1, images, Value.YES, reason=HOSTILE[:60])
        for image in images:
            store.captions.add(new_action_id(), who.id, image, HOSTILE)
    return built


@pytest.fixture
def page(chromium: Browser, place: Path) -> Iterator[Page]:
    """A page whose own policy is switched off: the text itself must be harmless."""
    with served.serving(place) as address:
        context = chromium.new_context(viewport={"width": 1400, "height": 850}, bypass_csp=True)
        visit = served.Visit(context.new_page(), address)
        served.complain_of_dialogs(visit)
        visit.settle()
        yield visit.page
        assert visit.complaints == []
        context.close()


@pytest.mark.slow
def test_no_tab_reads_hostile_text_as_markup(page: Page) -> None:
    expect(page).to_have_title(f"birds{SHORT} · BAM Explorer")
    assert page.evaluate(EVIL) == [0, 0]
    box = page.locator(".ex-map").bounding_box()
    assert box is not None
    page.locator("header").get_by_role("button", name="Label", exact=True).click()
    page.locator(".join input").fill(f"Ann{SHORT}")
    page.keyboard.press("Enter")
    expect(page.locator(".join")).to_be_hidden()
    for tab in ("image", "selection", "label", "attributes", "answers", "rounds", "audit"):
        page.locator(f"[data-tab={tab}]").click()
        expect(page.locator(f"[data-tab={tab}]")).to_have_attribute("aria-selected", "true")
        if tab == "attributes":
            page.locator(f".ex-attribute[data-attribute='{CAT}']").click()
        page.wait_for_load_state("networkidle")
        assert page.evaluate(EVIL) == [0, 0], tab
    page.locator(".ex-search input").fill(f'"{SHORT}"')
    page.keyboard.press("Enter")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator("[data-tab=image]").click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(EVIL) == [0, 0]


@pytest.mark.slow
def test_a_collection_that_cannot_be_shown_says_so_without_running_its_name(
    chromium: Browser, collection_path: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(collection_path, tmp_path / "x<img class=evil src=x onerror=window.ran=1>"))
    shutil.rmtree(place / "images.lance")
    with served.panel_serving(place) as address:
        context = chromium.new_context(bypass_csp=True)
        page = context.new_page()
        page.goto(address)
        problem = page.locator(".ex-words.problem")
        expect(problem).to_contain_text("cannot be shown")
        expect(problem).to_contain_text("<img class=evil")
        assert page.evaluate(EVIL) == [0, 0]
        assert str(tmp_path) not in page.content() + problem.inner_text()
        context.close()
