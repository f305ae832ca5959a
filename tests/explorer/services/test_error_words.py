"""An error that a visitor reads names the collection, and never its path on the server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from explorer.composition import OpenCollections
from explorer.services.error_words import with_remedy, without_places
from pipeline.errors import AuditError, CollectionError, ErrorKind, RoundError
from tests.helpers.visitors import Visitor, on_a_loop

MESSAGES = (
    ("LabelTab", {"type": "join", "name": "Ann"}),
    ("AttributesTab", {"type": "open", "name": "content_cat"}),
    ("AttributesTab", {"type": "close"}),
    ("RoundsTab", {"type": "choose", "attribute": "content_cat"}),
    ("RoundsTab", {"type": "train"}),
    ("AuditTab", {"type": "choose", "attribute": "content_cat"}),
)


@pytest.mark.parametrize("place", ["/srv/maps/birds", "/srv/a b/Vögel (2)"])
def test_every_way_of_writing_a_place_is_taken_out(place: str) -> None:
    for written in (place, place.lstrip("/"), f"{place}/labels.sqlite"):
        assert "srv" not in without_places(f"The file {written} is damaged.", [place])
    assert without_places(f"The file {place}/x is damaged.", [place]) == f"The file {Path(place).name}/x is damaged."


@pytest.mark.parametrize("file", ["labels.sqlite", "rounds/content_cat/1.json", "audits/content_cat/1/audit.json"])
def test_no_message_tells_where_a_damaged_file_lies(
    collection_path: Path, tmp_path: Path, opened: OpenCollections, file: str
) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    (path / file).parent.mkdir(parents=True, exist_ok=True)
    (path / file).write_bytes(b"nothing that this program wrote")

    async def story() -> str:
        visitor = Visitor(path, opened)
        for component, message in MESSAGES:
            await visitor.say(component, dict(message))
        shown = [part.param.values() for parts in visitor.components.values() for part in parts]
        return str([visitor.sent, [{key: value for key, value in each.items() if key[0] != "_"} for each in shown]])

    told = on_a_loop(story)
    assert "labels.sqlite" in told or ".json" in told, "it is said that something is wrong"
    assert str(tmp_path) not in told
    assert str(tmp_path).lstrip("/") not in told


def test_the_screen_says_where_on_it_an_error_is_put_right() -> None:
    assert "in the Label tab" in with_remedy(RoundError("None.", kind=ErrorKind.NO_POSITIVES, attribute="cat"))
    assert "in the Rounds tab" in with_remedy(AuditError("None.", kind=ErrorKind.NO_RELEASE, attribute="cat"))
    assert with_remedy(CollectionError("Taken.", kind=ErrorKind.PLACE_TAKEN)) == "Taken."
    assert with_remedy(ValueError("Odd.")) == "Odd."
